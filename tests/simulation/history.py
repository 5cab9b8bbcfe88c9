"""The history of a run: everything that the checker may know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from heed.domain.milliseconds import Millis


class Fact(NamedTuple):
    """A statement by a person or a mail server, as the model's document reads it.

    Attributes:
        who: the index of the person.
        register: o:S, i:S, p:S, k:S, x:…, l:…, soft; or `erasure:adult`, `erasure:minor`.
        at: when it happened, milliseconds.
        source: the source.
        until: the end of a pause.
        is_promised: whether an acknowledgement promises it; otherwise it may be left out for a reason.
        press_id: the id of a press in a browser, which may also be stored in `c:S`. For an Undo (`u:S`), the
            id of the press that it takes back.
    """

    who: int
    register: str
    at: Millis
    source: str
    until: Millis | None = None
    is_promised: bool = True
    press_id: str = ""


class RegisterValue(NamedTuple):
    """What an observer reads in a register; `tie_breaker` decides between two entries of one instant."""

    at: Millis
    source: str
    until: Millis | None
    tie_breaker: str
    policy: str = ""

    @property
    def evidence(self) -> str:
        """The part of the tie-breaker between the source and the other parts."""
        end = "" if self.until is None else f" {self.until:015d}"
        rest = f" {self.policy}{end}" if self.policy else end
        return self.tie_breaker[len(self.source) + 1 : len(self.tie_breaker) - len(rest)]


class PersonState(NamedTuple):
    """What an observer reads in the table about one person, without faults.

    Attributes:
        registers: what each register holds, by name.
        soft_bounce_days: days of soft bounces.
        erased_at: time of the erasure, or None.
        revision: the revision.
        has_unknown_register: whether it contains a register of a later version.
    """

    registers: Mapping[str, RegisterValue]
    soft_bounce_days: frozenset[int]
    erased_at: Millis | None
    revision: int
    has_unknown_register: bool


NO_RECORD = PersonState({}, frozenset(), None, 0, False)


class InvocationStart(NamedTuple):
    """An invocation begins; from now on these facts may be on record."""

    step: int
    facts: tuple[Fact, ...]


class Acknowledgement(NamedTuple):
    """These facts were acknowledged: by a 2xx answer, or because their message was deleted."""

    step: int
    facts: tuple[Fact, ...]


class QueuedPromise(NamedTuple):
    """The answer was no success, but it promised that these facts are in a queue and will be stored."""

    step: int
    facts: tuple[Fact, ...]


class CheckAnswer(NamedTuple):
    """The answer of a check about one person and topic."""

    step: int
    who: int
    topic: int
    now: Millis
    sendable: bool
    reason: str


class Observation(NamedTuple):
    """What the observer saw after an invocation.

    Attributes:
        changes_nothing: whether it must have changed nothing.
        link_used_at: when a request by a link, or by a key without an agent's rights, was made.
    """

    step: int
    people: tuple[PersonState, ...]
    changes_nothing: bool = False
    link_used_at: int | None = None


class Anomaly(NamedTuple):
    """Something that must never happen: an unexpected exception, or an answer in an unknown form."""

    step: int
    description: str


class End(NamedTuple):
    """The end of a run: faults have stopped, and the queues were emptied.

    Attributes:
        messages_left: the number of messages that are still in a queue.
        rounds: deliveries that were needed.
        dead_letters: the bodies in the dead-letter queue, sorted.
        unprocessable: the bodies that had to go there, sorted.
    """

    messages_left: int
    rounds: int
    dead_letters: tuple[str, ...]
    unprocessable: tuple[str, ...]


HistoryLine = InvocationStart | Acknowledgement | QueuedPromise | CheckAnswer | Observation | Anomaly | End


@dataclass
class History:
    """The lines, in the order in which things happened."""

    lines: list[HistoryLine] = field(default_factory=list)

    def add(self, line: HistoryLine) -> None:
        """Adds a line."""
        self.lines.append(line)
