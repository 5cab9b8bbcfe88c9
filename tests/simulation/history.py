"""What is written down while a machine runs: all that the checker may know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple


class Fact(NamedTuple):
    """Something that a person or a mail server said, as the model's page reads it.

    Attributes:
        who: the place of the person among the machine's.
        register: o:S, i:S, p:S, k:S, x:…, l:…, soft; or epoch:erasure, epoch:minor.
        at: when it happened, milliseconds.
        by: the source.
        until: of a pause.
        must: whether an acknowledgement promises it; otherwise it may be left out for a reason.
        press: of a stop by a browser, the id of its press, which may stand in `c:S` too; of an Undo
            (`u:S`), the id of the press that it takes back.
    """

    who: int
    register: str
    at: int
    by: str
    until: int | None = None
    must: bool = True
    press: str = ""


class Held(NamedTuple):
    """What an observer reads in a register; `tie` decides between two of one instant."""

    at: int
    by: str
    until: int | None
    tie: str
    policy: str = ""

    @property
    def evidence(self) -> str:
        """What the tie says beside source, policy and end."""
        end = "" if self.until is None else f" {self.until:015d}"
        around = f" {self.policy}{end}" if self.policy else end
        return self.tie[len(self.by) + 1 : len(self.tie) - len(around)]


class State(NamedTuple):
    """What an observer reads in the table of one person, past every fault.

    Attributes:
        registers: what each holds, by name.
        soft: days.
        floor: start of the epoch, or None.
        n: the counter.
        strange: whether it holds something of a later version.
    """

    registers: Mapping[str, Held]
    soft: frozenset[int]
    floor: int | None
    n: int
    strange: bool


NOBODY = State({}, frozenset(), None, 0, False)


class Start(NamedTuple):
    """An invocation begins; from now on these facts may be on record."""

    step: int
    facts: tuple[Fact, ...]


class Ack(NamedTuple):
    """These facts were acknowledged: 2xx, or their message deleted."""

    step: int
    facts: tuple[Fact, ...]


class Promise(NamedTuple):
    """The answer was no success, but said that these facts are kept and will be written."""

    step: int
    facts: tuple[Fact, ...]


class Said(NamedTuple):
    """A check's answer about one person and topic."""

    step: int
    who: int
    topic: int
    now: int
    sendable: bool
    reason: str


class Seen(NamedTuple):
    """What the observer saw after an invocation.

    Attributes:
        quiet: it may have changed nothing.
        by_link: when it was asked for, if it was by who holds a link, or a key that is none of an agent's.
    """

    step: int
    people: tuple[State, ...]
    quiet: bool = False
    by_link: int | None = None


class Odd(NamedTuple):
    """Something that must never be: a bug's exception, an answer of no known form."""

    step: int
    what: str


class End(NamedTuple):
    """The faults are over and the queues were driven: what is left, and what was put aside.

    Attributes:
        left: messages that are still in a queue.
        rounds: deliveries that it took.
        aside, hopeless: the bodies in the dead-letter queue, and those that had to go there, sorted.
    """

    left: int
    rounds: int
    aside: tuple[str, ...]
    hopeless: tuple[str, ...]


Line = Start | Ack | Promise | Said | Seen | Odd | End


@dataclass
class History:
    """The lines, in the order in which things happened."""

    lines: list[Line] = field(default_factory=list)

    def add(self, line: Line) -> None:
        """Write a line."""
        self.lines.append(line)
