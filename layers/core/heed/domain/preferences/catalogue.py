"""The catalogue: the brands and topics that a person may choose, by stable number and by name.

Records and tokens contain numbers. Names appear only at the entry points. A number is never reused and
never changes its meaning (layers/brand/catalogue.lock).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from itertools import islice
from typing import Any

from heed.domain.errors import ScopeNotAllowed, UnknownScope
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import ALL_SCOPES, ScopeNumber

ALL_NAME = "*"
_MAX_LENGTH_DIFFERENCE = 3  # characters between an unknown name and a suggestion
_MAX_COMPARED_NAMES = 200


class TopicKind(StrEnum):
    """The legal kind of a topic. A person may choose only marketing and signal topics."""

    MARKETING = "marketing"
    SERVICE = "service"
    SIGNAL = "signal"  # targeted advertising, not part of `*`; for privacy signals and the preference centre


@dataclass(frozen=True, slots=True)
class Brand:
    """A brand: its stable number, its name in paths, and its title and domain for people."""

    number: ScopeNumber
    name: str
    title: str
    domain: str


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic of mail, or of advertising.

    Attributes:
        number: the scope number, which never changes.
        name: unique within the brand.
        brand: the number of the brand; 0 for a signal topic.
        kind: marketing, service or signal.
        default_in: whether mail may be sent before the person makes a choice.
        retired: whether the topic is no longer in use. Its number is never used again.
        path: the scopes whose choices decide the topic, from the widest to the topic itself.
        followed: topics whose opt-out also stops this topic, the nearest first.
        names: titles by language.
        descriptions: texts by language.
    """

    number: ScopeNumber
    name: str
    brand: ScopeNumber
    kind: TopicKind
    default_in: bool
    retired: bool
    path: tuple[ScopeNumber, ...]
    followed: tuple[ScopeNumber, ...]
    names: Mapping[str, str]
    descriptions: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """A version of the brand's privacy policy.

    Attributes:
        version: the name of the version.
        effective: the date from which it is in force, `2026-07-01`.
        material: whether the change is material. People must get a prominent notice of a material change.
        summary: a summary of the changes, by language.
    """

    version: str
    effective: str
    material: bool
    summary: Mapping[str, str]


class Catalogue:
    """The brands and topics of a deployment.

    Attributes:
        brands: by number.
        topics: by number, including retired topics.
        default_brand: the number of the brand that a topic name without a brand refers to.
        languages: of pages and names.
        default_language: one of them.
        policies: versions of the privacy policy, the oldest first.
        mailbox: the address to which people write.
        whole: the whole catalogue, if this is a part of it (heed.domain.preferences.brand_access).
    """

    def __init__(
        self,
        brands: list[Brand],
        topics: list[Topic],
        default_brand: ScopeNumber,
        languages: tuple[str, ...],
        default_language: str,
        policies: tuple[PolicyVersion, ...] = (),
        mailbox: str = "",
        whole: Catalogue | None = None,
    ) -> None:
        self.brands = {brand.number: brand for brand in brands}
        self.topics: dict[int, Topic] = {topic.number: topic for topic in topics}
        self.default_brand = default_brand
        self.languages = languages
        self.default_language = default_language
        self.policies = policies
        self.mailbox = mailbox
        self.whole = whole
        self._numbers = {ALL_NAME: ALL_SCOPES} if whole is None else {}
        for brand in brands:
            self._numbers[brand.name] = brand.number
        for topic in topics:
            self._numbers[self.scope_name(topic.number)] = topic.number
            if topic.brand:
                self._numbers[f"{self.brands[topic.brand].name}/{topic.name}"] = topic.number

    @classmethod
    def from_document(cls, data: Mapping[str, Any]) -> Catalogue:
        """Returns the catalogue of the compiled file, which brand_compiler.build has checked."""
        follows = {t["number"]: t["follows"] for t in data["topics"]}
        return cls(
            [Brand(b["number"], b["name"], b["title"], b["domain"]) for b in data["brands"]],
            [_topic_from_document(t, follows) for t in data["topics"]],
            data["default_brand"],
            tuple(data["languages"]),
            data["default_language"],
            tuple(
                PolicyVersion(p["version"], p["effective"], p["material"], p["summary"])
                for p in sorted(data["policies"], key=lambda p: p["effective"])
            ),
            data["contact"]["mailbox"],
        )

    def scope_number(self, name: str) -> ScopeNumber:
        """Returns the number of a scope: `*`, `brand`, `topic` of the default brand, or `brand/topic`.

        Raises:
            UnknownScope: no scope has this name.
            ScopeNotAllowed: the scope is not in this part of the catalogue.
        """
        if name in self._numbers:
            return self._numbers[name]
        if self.whole is None:
            raise UnknownScope("not in the catalogue")
        self.whole.scope_number(name)
        raise ScopeNotAllowed("not of a brand that is allowed")

    def similar_name(self, name: str, *, topics_only: bool = False) -> str | None:
        """Suggests the name in use that is most similar to an unknown name, or None.

        It compares at most 200 names of similar length, because a request may contain many faults.
        """
        from difflib import get_close_matches

        retired = {number for number, topic in self.topics.items() if topic.retired}
        usable = self.topics.keys() - retired if topics_only else {*self._numbers.values()} - retired
        candidates = (
            candidate
            for candidate, number in self._numbers.items()
            if number in usable and abs(len(candidate) - len(name)) <= _MAX_LENGTH_DIFFERENCE
        )
        matches = get_close_matches(name.lower(), list(islice(candidates, _MAX_COMPARED_NAMES)), 1)
        return matches[0] if matches else None

    def topic_by_name(self, name: str) -> Topic:
        """Returns the topic with this name.

        Raises:
            UnknownScope: no scope has this name, or it is a brand or `*`.
        """
        try:
            return self.topics[self.scope_number(name)]
        except KeyError:
            raise UnknownScope("not a topic") from None

    def scope_name(self, number: int) -> str:
        """Returns the name of a scope in requests and responses; `#number` for an unknown number."""
        if number == ALL_SCOPES:
            return ALL_NAME
        if number in self.brands:
            return self.brands[ScopeNumber(number)].name
        topic = self.topics.get(number)
        if topic is None:
            return f"#{number}"
        if topic.brand in (self.default_brand, 0):
            return topic.name
        return f"{self.brands[topic.brand].name}/{topic.name}"

    def may_show(self, scope: ScopeNumber) -> bool:
        """Whether the catalogue is whole, or a scope is in this part of it."""
        return self.whole is None or scope in self.brands or scope in self.topics

    def policy_version_at(self, at: Millis) -> str:
        """Returns the policy version in force at an instant (milliseconds); "" if there is none."""
        day = datetime.fromtimestamp(at / 1000, UTC).date().isoformat()
        return next((p.version for p in reversed(self.policies) if p.effective <= day), "")

    def unacknowledged_notice(self, acknowledged: Iterable[str], at: Millis) -> PolicyVersion | None:
        """Returns the newest material policy version that the person has not acknowledged, or None.

        The version is in force, and it is newer than every acknowledged version.
        """
        versions = self._unacknowledged(acknowledged, at)
        return next((p for p in reversed(versions) if p.material), None)

    def unacknowledged_update(self, acknowledged: Iterable[str], at: Millis) -> PolicyVersion | None:
        """Returns the newest policy version that is not material and not acknowledged, or None.

        The version is in force, and it is newer than every acknowledged version. The first version of all
        never counts, because it changes nothing.
        """
        versions = self._unacknowledged(acknowledged, at)
        return next((p for p in reversed(versions) if not p.material and p != self.policies[0]), None)

    def _unacknowledged(self, acknowledged: Iterable[str], at: Millis) -> tuple[PolicyVersion, ...]:
        order = [p.version for p in self.policies]
        newest = max((order.index(v) for v in acknowledged if v in order), default=-1)
        in_force = order.index(self.policy_version_at(at)) if self.policy_version_at(at) else -1
        return self.policies[newest + 1 : in_force + 1]

    def signal_topics(self) -> list[Topic]:
        """Returns the topics that a browser's privacy signal stops."""
        return [t for t in self.topics.values() if t.kind is TopicKind.SIGNAL and not t.retired]

    def marketing_topics(self, scope: ScopeNumber) -> list[Topic]:
        """Returns the marketing topics that a suppression at a scope stops, including retired topics."""
        return [t for t in self.topics.values() if t.kind is TopicKind.MARKETING and scope in t.path]

    def offered_topics(self, scope: ScopeNumber) -> list[Topic]:
        """Returns the marketing topics at a scope that are in use."""
        return [topic for topic in self.marketing_topics(scope) if not topic.retired]

    def governed_topics(self, scope: ScopeNumber) -> list[Topic]:
        """Returns the topics that a choice at a scope decides: its marketing topics, or the signal topic."""
        topic = self.topics.get(scope)
        if topic is not None and topic.kind is TopicKind.SIGNAL:
            return [topic]
        return self.marketing_topics(scope)

    def brand_of(self, scope: ScopeNumber) -> ScopeNumber:
        """Returns the brand of a scope.

        For `*`, a signal topic or an unknown number it is the default brand.
        """
        if scope in self.brands:
            return scope
        topic = self.topics.get(scope)
        return topic.brand or self.default_brand if topic else self.default_brand

    def opt_out_scopes(self, scope: ScopeNumber) -> tuple[ScopeNumber, ...]:
        """Returns the scopes at which an opt-out by a link of this scope is recorded.

        A link lives longer than a topic. A link of a retired topic or of an unknown number opts out of that
        number and of its brand. A link of a service topic opts out of the brand's marketing.
        """
        if scope == ALL_SCOPES or scope in self.brands:
            return (scope,)
        topic = self.topics.get(scope)
        if topic is None:
            return (scope, self.brand_of(scope))
        if topic.kind is TopicKind.SIGNAL:  # the topic is not mail, so no brand's marketing is stopped
            return (scope,)
        if topic.kind is TopicKind.SERVICE:
            return (topic.brand,)
        return (scope, topic.brand) if topic.retired else (scope,)


def _topic_from_document(data: Mapping[str, Any], follows: Mapping[ScopeNumber, ScopeNumber | None]) -> Topic:
    kind = TopicKind(data["kind"])
    number, brand = ScopeNumber(data["number"]), ScopeNumber(data["brand"] or 0)
    followed: list[ScopeNumber] = []
    nearest = follows.get(number)
    while nearest is not None and nearest not in followed:
        followed.append(nearest)
        nearest = follows.get(nearest)
    return Topic(
        number=number,
        name=data["name"],
        brand=brand,
        kind=kind,
        default_in=data["default"] == "in",
        retired=data["retired"],
        path=(number,) if kind is TopicKind.SIGNAL else (ALL_SCOPES, brand, number),
        followed=tuple(followed),
        names=data["names"],
        descriptions=data["descriptions"],
    )
