"""The brands and topics of a deployment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from heed.client.members import Members


@dataclass(frozen=True, slots=True)
class ListedBrand:
    """A brand of the deployment. A topic name without a brand means the default brand."""

    number: int
    name: str
    title: str
    domain: str
    is_default: bool


@dataclass(frozen=True, slots=True)
class ListedTopic:
    """A topic.

    Attributes:
        number: its number, which never changes.
        name: the name that all requests use.
        brand: the name of its brand; None if it is of no brand.
        kind: `marketing`, `service` or `signal`.
        default: the state of a person who never chose, `in` or `out`.
        is_retired: whether nothing is sent about it any more.
        titles: its titles by language.
    """

    number: int
    name: str
    brand: str | None
    kind: str
    default: str
    is_retired: bool
    titles: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class TopicsAnswer:
    """All brands and topics of the deployment that the key may see."""

    brands: tuple[ListedBrand, ...]
    topics: tuple[ListedTopic, ...]

    @classmethod
    def from_members(cls, members: Members) -> TopicsAnswer:
        """Reads an answer of `GET /v1/topics`.

        Raises:
            NotUnderstood: it is none.
        """
        brands = (
            ListedBrand(
                brand.number("number"),
                brand.text("name"),
                brand.text("title"),
                brand.text("domain"),
                brand.flag("default"),
            )
            for brand in members.objects("brands")
        )
        topics = (
            ListedTopic(
                topic.number("number"),
                topic.text("name"),
                topic.text_or_none("brand"),
                topic.text("kind"),
                topic.text("default"),
                topic.flag("retired"),
                topic.texts_by_name("names"),
            )
            for topic in members.objects("topics")
        )
        return cls(tuple(brands), tuple(topics))
