"""The form in which an agent enters what a person requested, and its mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from heed.domain import rfc3339
from heed.domain.errors import InvalidTime, ScopeNotAllowed, UnknownScope
from heed.domain.milliseconds import Millis
from heed.domain.preferences.catalogue import Catalogue, Topic, TopicKind
from heed.domain.preferences.evidence import MAX_EVIDENCE_TEXT, make_evidence
from heed.domain.preferences.preference_request import PreferenceRequest, RequestedState
from heed.domain.preferences.register import ALL_SCOPES, ScopeNumber, Source
from heed.domain.rfc3339 import TimeSpan
from heed.entrypoints.http.desk.visit import DeskForm


class DeskChange(StrEnum):
    """What a person asks for."""

    ALL = "all"  # no more marketing
    BRANDS = "brands"  # no more marketing of the brands to which the agent is limited
    TOPICS = "topics"  # none of these topics
    PAUSE = "pause"  # no marketing until a day
    BRANDS_PAUSE = "brands-pause"  # the same for the brands to which the agent is limited
    BACK = "back"  # these topics again


class DeskChangeSource(StrEnum):
    """How the request reached the company. Each is a `Source`."""

    PHONE = "phone"
    LETTER = "letter"
    MAILBOX = "mailbox"
    AGENT = "agent"  # in person


class DeskChangeField(StrEnum):
    """The fields of the form, by their names."""

    CHANGE = "change"
    BRANDS = "brands"  # those of the page (`brands_value`), to which "everything of the brands" refers
    TOPIC = "topic"
    UNTIL = "until"
    SOURCE = "source"
    DAY = "day"
    TIME = "time"
    REFERENCE = "reference"


class DeskChangeMistake(StrEnum):
    """A mistake in a field."""

    CHOICE = "choice"  # none of the choices, or one of other brands than those of the session
    NO_TOPIC = "no-topic"
    DATE = "date"  # no such date
    CLOCK = "clock"  # no such time of day, or one without a date
    FUTURE = "future"
    PAST = "past"  # the end of a pause is not later than the request
    NO_REFERENCE = "no-reference"  # to bring mail back needs proof
    LONG = "long"


_STATES = {
    DeskChange.ALL: RequestedState.OUT,
    DeskChange.BRANDS: RequestedState.OUT,
    DeskChange.TOPICS: RequestedState.OUT,
    DeskChange.PAUSE: RequestedState.PAUSED,
    DeskChange.BRANDS_PAUSE: RequestedState.PAUSED,
    DeskChange.BACK: RequestedState.IN,
}


_OF_EVERYTHING = (DeskChange.ALL, DeskChange.PAUSE)
_OF_BRANDS = (DeskChange.BRANDS, DeskChange.BRANDS_PAUSE)


def changes_to_choose(catalogue: Catalogue) -> list[DeskChange]:
    """Returns what a person can ask for, the most common first.

    An agent who is limited to brands can stop and pause these, and not everything.
    """
    left_out = _OF_BRANDS if catalogue.may_show(ALL_SCOPES) else _OF_EVERYTHING
    return [change for change in DeskChange if change not in left_out]


def brands_value(catalogue: Catalogue) -> str:
    """Returns the numbers of the brands to which the agent is limited, such as `1 10`; "" if to none.

    Each form has them. The brands of a session can change between a page and the form that it sends.
    """
    if catalogue.may_show(ALL_SCOPES):
        return ""
    return " ".join(str(number) for number in sorted(catalogue.brands))


def topics_to_choose(catalogue: Catalogue) -> list[Topic]:
    """Returns the topics that a person can choose, in the order of the catalogue."""
    return [
        topic
        for topic in catalogue.topics.values()
        if not topic.retired and topic.kind is not TopicKind.SERVICE
    ]


@dataclass(frozen=True, slots=True)
class DeskChangeForm:
    """The fields as they were entered.

    Attributes:
        change: what the person asks for.
        topics: names of the chosen topics.
        source: how it reached the company.
        day: the date of receipt, `2026-03-05`; "": now.
        time: the time of receipt in UTC, `09:12`; "": the whole day.
        until: the last day of a pause, `2026-04-05`.
        reference: the reference, such as a call or a letter.
        mistakes: the mistakes, by field.
    """

    change: DeskChange = DeskChange.ALL
    topics: tuple[str, ...] = ()
    source: DeskChangeSource = DeskChangeSource.PHONE
    day: str = ""
    time: str = ""
    until: str = ""
    reference: str = ""
    mistakes: Mapping[DeskChangeField, DeskChangeMistake] = field(default_factory=dict)

    @classmethod
    def empty(cls, catalogue: Catalogue) -> DeskChangeForm:
        """Returns the form of a page that was just opened."""
        return cls(change=changes_to_choose(catalogue)[0])

    @classmethod
    def parse(cls, form: DeskForm, catalogue: Catalogue, now: Millis) -> DeskChangeForm:
        """Returns the form of a request with its mistakes. `now` is in milliseconds.

        Raises:
            ScopeNotAllowed: The form asks for more than the brands to which the agent is limited.
        """
        _refuse_other_brands(form, catalogue)
        mistakes: dict[DeskChangeField, DeskChangeMistake] = {}
        changes, sources = changes_to_choose(catalogue), set(DeskChangeSource)
        change_text, source_text = form.first(DeskChangeField.CHANGE), form.first(DeskChangeField.SOURCE)
        is_of_other_brands = change_text in _OF_BRANDS and form.first(DeskChangeField.BRANDS) != brands_value(
            catalogue
        )
        if change_text not in changes or is_of_other_brands:
            mistakes[DeskChangeField.CHANGE] = DeskChangeMistake.CHOICE
        if source_text not in sources:
            mistakes[DeskChangeField.SOURCE] = DeskChangeMistake.CHOICE
        known = {catalogue.scope_name(topic.number) for topic in topics_to_choose(catalogue)}
        parsed = cls(
            change=DeskChange(change_text) if change_text in changes else changes[0],
            topics=tuple(name for name in form.all(DeskChangeField.TOPIC) if name in known),
            source=DeskChangeSource(source_text) if source_text in sources else DeskChangeSource.PHONE,
            day=form.first(DeskChangeField.DAY),
            time=form.first(DeskChangeField.TIME),
            until=form.first(DeskChangeField.UNTIL),
            reference=form.first(DeskChangeField.REFERENCE),
        )
        mistakes |= parsed._find_mistakes(now)
        return replace(parsed, mistakes=mistakes)

    @property
    def is_pause(self) -> bool:
        """Whether the person asks for a pause, which has an end."""
        return _STATES[self.change] is RequestedState.PAUSED

    @property
    def has_proof(self) -> bool:
        """Whether the form has the reference that it needs: to bring mail back needs proof."""
        return self.change is not DeskChange.BACK or bool(self.reference)

    @property
    def lacks_only_a_reference(self) -> bool:
        """Whether everything else is entered without a mistake."""
        return self.mistakes == {DeskChangeField.REFERENCE: DeskChangeMistake.NO_REFERENCE}

    def scopes(self, catalogue: Catalogue) -> tuple[ScopeNumber, ...]:
        """Returns the numbers of the scopes of the change."""
        if self.change in _OF_EVERYTHING:
            return (ALL_SCOPES,)
        if self.change in _OF_BRANDS:
            return tuple(sorted(catalogue.brands))
        return tuple(catalogue.scope_number(name) for name in self.topics)

    def requests(self, catalogue: Catalogue, who: tuple[str, str], now: Millis) -> list[PreferenceRequest]:
        """Returns the request for each scope of a form without mistakes.

        For a date without a time, an opt-out counts from the last instant of the day and an opt-in from the
        first, as in `/v1/changes`.

        Args:
            catalogue: the brands and topics.
            who: the key and the name of the agent, for evidence.
            now: milliseconds.
        """
        key, agent = who
        state, received = _STATES[self.change], self._received(now)
        at = Millis(min(now, received.first if state is RequestedState.IN else received.last))
        until = rfc3339.parse_time(self.until).end if self.is_pause else None
        evidence = make_evidence(agent=agent, key=key, reference=self.reference or None)
        policy = catalogue.policy_version_at(at)
        return [
            PreferenceRequest(scope, state, at, Source(self.source.value), evidence, policy, until)
            for scope in self.scopes(catalogue)
        ]

    def _received(self, now: Millis) -> TimeSpan:
        """Returns the time of receipt.

        Raises:
            InvalidTime: The date or the time of day does not exist.
        """
        if not self.day:
            return TimeSpan(now, now)
        return rfc3339.parse_time(f"{self.day}T{self.time}:00Z" if self.time else self.day)

    def _find_mistakes(self, now: Millis) -> dict[DeskChangeField, DeskChangeMistake]:
        mistakes = self._find_time_mistakes(now)
        if self.change in (DeskChange.TOPICS, DeskChange.BACK) and not self.topics:
            mistakes[DeskChangeField.TOPIC] = DeskChangeMistake.NO_TOPIC
        if len(self.reference) > MAX_EVIDENCE_TEXT:
            mistakes[DeskChangeField.REFERENCE] = DeskChangeMistake.LONG
        elif not self.has_proof:
            mistakes[DeskChangeField.REFERENCE] = DeskChangeMistake.NO_REFERENCE
        return mistakes

    def _find_time_mistakes(self, now: Millis) -> dict[DeskChangeField, DeskChangeMistake]:
        mistakes: dict[DeskChangeField, DeskChangeMistake] = {}
        if self.day and not _is_date(self.day):
            mistakes[DeskChangeField.DAY] = DeskChangeMistake.DATE
        elif self.time and not self.day:
            mistakes[DeskChangeField.TIME] = DeskChangeMistake.CLOCK
        else:
            try:
                if self._received(now).first > now:
                    mistakes[DeskChangeField.DAY] = DeskChangeMistake.FUTURE
            except InvalidTime:
                mistakes[DeskChangeField.TIME] = DeskChangeMistake.CLOCK
        if self.is_pause:
            if not _is_date(self.until):
                mistakes[DeskChangeField.UNTIL] = DeskChangeMistake.DATE
            elif rfc3339.parse_time(self.until).end <= now:
                mistakes[DeskChangeField.UNTIL] = DeskChangeMistake.PAST
        return mistakes


def _refuse_other_brands(form: DeskForm, catalogue: Catalogue) -> None:
    """Refuses a form that the page of an agent who is limited to brands does not offer.

    Raises:
        ScopeNotAllowed: It asks for everything, or for a topic of another brand.
    """
    if form.first(DeskChangeField.CHANGE) in _OF_EVERYTHING and not catalogue.may_show(ALL_SCOPES):
        raise ScopeNotAllowed("everything is not of a brand that is allowed")
    for name in form.all(DeskChangeField.TOPIC):
        try:
            catalogue.scope_number(name)
        except ScopeNotAllowed:
            raise
        except UnknownScope:
            continue  # no topic at all, which the form does not choose


def _is_date(text: str) -> bool:
    try:
        span = rfc3339.parse_time(text)
    except InvalidTime:
        return False
    return span.first != span.last
