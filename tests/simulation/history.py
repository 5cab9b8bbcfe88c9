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
        job: the id of the import that states a stop (`o:S`, `x:…`), or is taken back (`v:…`).
        claim: the same for two imports of one file with one meaning.
    """

    who: int
    register: str
    at: Millis
    source: str
    until: Millis | None = None
    is_promised: bool = True
    press_id: str = ""
    job: str = ""
    claim: str = ""


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


class SnapshotAnswer(NamedTuple):
    """What a snapshot says about one person and topic.

    Attributes:
        step: the first invocation that worked on it.
        as_of: every change that was stored before is in it.
        is_stopped: whether the topic is stopped. Otherwise a sender may send.
    """

    step: int
    who: int
    topic: int
    as_of: Millis
    is_stopped: bool


class TakenBack(NamedTuple):
    """An import was taken back to its end. The step is the first invocation that worked on it."""

    step: int
    job: str


class Observation(NamedTuple):
    """What the observer saw after an invocation.

    Attributes:
        changes_nothing: whether it must have changed nothing.
        link_used_at: when a request was made, or work on a job, that must make nobody sendable.
        right_time: the time on a clock that is right.
    """

    step: int
    people: tuple[PersonState, ...]
    changes_nothing: bool = False
    link_used_at: int | None = None
    right_time: Millis = Millis(0)


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


HistoryLine = (
    InvocationStart
    | Acknowledgement
    | QueuedPromise
    | CheckAnswer
    | SnapshotAnswer
    | TakenBack
    | Observation
    | Anomaly
    | End
)


@dataclass
class History:
    """The lines, in the order in which things happened."""

    lines: list[HistoryLine] = field(default_factory=list)

    def add(self, line: HistoryLine) -> None:
        """Adds a line."""
        self.lines.append(line)
