"""What a person may choose: brands and topics, by stable number and by name.

Records and tokens hold numbers, names stand only at the edge. A number is never reused and never
changes its meaning (layers/brand/catalogue.lock).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from itertools import islice
from typing import Any

from heed.domain.errors import UnknownScope
from heed.domain.preferences.register import ALL_SCOPES, ScopeNumber

ALL_NAME = "*"
_SLIPS = 3  # characters that a slip of a name may be longer or shorter
_COMPARED = 200  # names that one unknown is compared with


class TopicKind(StrEnum):
    """What a topic is to the law: only marketing is a person's to choose."""

    MARKETING = "marketing"
    SERVICE = "service"
    SIGNAL = "signal"  # targeted advertising: beside `*`, set by signals and the preference centre


@dataclass(frozen=True, slots=True)
class Brand:
    """A brand: its stable number, its name in paths, its title and domain for people."""

    number: ScopeNumber
    name: str
    title: str
    domain: str


@dataclass(frozen=True, slots=True)
class Topic:
    """Something a person may choose.

    Attributes:
        number: stable for ever.
        name: unique within its brand.
        brand: number of the brand; of a signal, 0.
        kind: marketing, service or signal.
        default_in: whether it may be sent where nobody ever chose.
        retired: no longer sent; its number stays taken for ever.
        path: the scopes that decide it, widest first, itself last.
        followed: the topics whose *out* stops this one too, nearest first.
        names, descriptions: by language.
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
        version: its name.
        effective: the date from which it holds, `2026-07-01`.
        material: whether the change was one that people are to be told of prominently.
        summary: what changed, by language.
    """

    version: str
    effective: str
    material: bool
    summary: Mapping[str, str]


class Catalogue:
    """The brands and topics of a deployment.

    Attributes:
        brands: by number.
        topics: by number, the retired ones too.
        default_brand: number of the brand that a bare topic name means.
        languages: of pages and names.
        default_language: one of them.
        policies: versions of the privacy policy, the oldest first.
    """

    def __init__(
        self,
        brands: list[Brand],
        topics: list[Topic],
        default_brand: ScopeNumber,
        languages: tuple[str, ...],
        default_language: str,
        policies: tuple[PolicyVersion, ...] = (),
    ) -> None:
        self.brands = {brand.number: brand for brand in brands}
        self.topics: dict[int, Topic] = {topic.number: topic for topic in topics}
        self.default_brand = default_brand
        self.languages = languages
        self.default_language = default_language
        self.policies = policies
        self._numbers = {ALL_NAME: ALL_SCOPES}
        for brand in brands:
            self._numbers[brand.name] = brand.number
        for topic in topics:
            self._numbers[self.name(topic.number)] = topic.number
            if topic.brand:
                self._numbers[f"{self.brands[topic.brand].name}/{topic.name}"] = topic.number

    @classmethod
    def from_document(cls, data: Mapping[str, Any]) -> Catalogue:
        """The catalogue of the compiled file (brand_compiler.build has checked it)."""
        follows = {t["number"]: t["follows"] for t in data["topics"]}
        return cls(
            [Brand(b["number"], b["name"], b["title"], b["domain"]) for b in data["brands"]],
            [_topic(t, follows) for t in data["topics"]],
            data["default_brand"],
            tuple(data["languages"]),
            data["default_language"],
            tuple(
                PolicyVersion(p["version"], p["effective"], p["material"], p["summary"])
                for p in sorted(data["policies"], key=lambda p: p["effective"])
            ),
        )

    def number(self, name: str) -> ScopeNumber:
        """The number of a scope: `*`, `brand`, `topic` of the default brand, or `brand/topic`.

        Raises:
            UnknownScope: there is none of that name.
        """
        try:
            return self._numbers[name]
        except KeyError:
            raise UnknownScope("not in the catalogue") from None

    def nearest(self, name: str, *, topics_only: bool = False) -> str | None:
        """The name in use that a name unknown may be a slip of, if there is one.

        Of names about as long as that one, and of 200 of them at most: a request may have many faults.
        """
        from difflib import get_close_matches

        retired = {number for number, topic in self.topics.items() if topic.retired}
        usable = self.topics.keys() - retired if topics_only else {*self._numbers.values()} - retired
        near = (
            known
            for known, number in self._numbers.items()
            if number in usable and abs(len(known) - len(name)) <= _SLIPS
        )
        found = get_close_matches(name.lower(), list(islice(near, _COMPARED)), 1)
        return found[0] if found else None

    def topic(self, name: str) -> Topic:
        """The topic of a name.

        Raises:
            UnknownScope: there is none of that name, or it is a brand or `*`.
        """
        try:
            return self.topics[self.number(name)]
        except KeyError:
            raise UnknownScope("not a topic") from None

    def name(self, number: int) -> str:
        """The name of a scope as callers write it; a number never heard of is `#number`."""
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

    def policy(self, at: int) -> str:
        """The version of the privacy policy in force at an instant, milliseconds; "" if none was."""
        day = datetime.fromtimestamp(at / 1000, UTC).date().isoformat()
        return next((p.version for p in reversed(self.policies) if p.effective <= day), "")

    def notice(self, acknowledged: Iterable[str], at: int) -> PolicyVersion | None:
        """The newest material change in force that none of these versions is, or is newer than."""
        unseen = self._unseen(acknowledged, at)
        return next((p for p in reversed(unseen) if p.material), None)

    def update(self, acknowledged: Iterable[str], at: int) -> PolicyVersion | None:
        """The newest of the other changes, likewise; the first version of all changes nothing."""
        unseen = self._unseen(acknowledged, at)
        return next((p for p in reversed(unseen) if not p.material and p != self.policies[0]), None)

    def _unseen(self, acknowledged: Iterable[str], at: int) -> tuple[PolicyVersion, ...]:
        order = [p.version for p in self.policies]
        newest = max((order.index(v) for v in acknowledged if v in order), default=-1)
        in_force = order.index(self.policy(at)) if self.policy(at) else -1
        return self.policies[newest + 1 : in_force + 1]

    def signals(self) -> list[Topic]:
        """The topics that a browser's privacy signal stops."""
        return [t for t in self.topics.values() if t.kind is TopicKind.SIGNAL and not t.retired]

    def marketing(self, scope: ScopeNumber) -> list[Topic]:
        """The marketing topics that a stop at a scope must stop, the retired ones too."""
        return [t for t in self.topics.values() if t.kind is TopicKind.MARKETING and scope in t.path]

    def offered(self, scope: ScopeNumber) -> list[Topic]:
        """The marketing topics at a scope that are still sent."""
        return [topic for topic in self.marketing(scope) if not topic.retired]

    def governed(self, scope: ScopeNumber) -> list[Topic]:
        """The topics that a choice at a scope decides: its marketing topics, or the signal itself."""
        topic = self.topics.get(scope)
        if topic is not None and topic.kind is TopicKind.SIGNAL:
            return [topic]
        return self.marketing(scope)

    def brand_of(self, scope: ScopeNumber) -> ScopeNumber:
        """The brand that a scope belongs to; the default one for `*`, a signal or an unknown number."""
        if scope in self.brands:
            return scope
        topic = self.topics.get(scope)
        return topic.brand or self.default_brand if topic else self.default_brand

    def opt_out_scopes(self, scope: ScopeNumber) -> tuple[ScopeNumber, ...]:
        """Where an opt-out by a link of this scope is written.

        A link lives longer than a topic: one that is retired, or a number never heard of, opts out of
        that number and of the brand; one of a service topic, of the brand's marketing.
        """
        if scope == ALL_SCOPES or scope in self.brands:
            return (scope,)
        topic = self.topics.get(scope)
        if topic is None:
            return (scope, self.brand_of(scope))
        if topic.kind is TopicKind.SIGNAL:  # never a mail: no brand's marketing
            return (scope,)
        if topic.kind is TopicKind.SERVICE:
            return (topic.brand,)
        return (scope, topic.brand) if topic.retired else (scope,)


def _topic(data: Mapping[str, Any], follows: Mapping[ScopeNumber, ScopeNumber | None]) -> Topic:
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
