"""How long a stop may take, by law and by the rules of mailbox providers, and how long each took."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from heed.domain.ledger.entry import EntryOutcome, LedgerEntry
from heed.domain.preferences.register import DAY_MS, ChoiceKind, OtherKind, StopKind

_HOUR = DAY_MS // 24
_STOPS = frozenset({ChoiceKind.OUT, OtherKind.COMPLAINT, *StopKind})


@dataclass(frozen=True, slots=True)
class Deadline:
    """A limit.

    Attributes:
        rule: whose.
        says: what it says.
        source: where.
        milliseconds: the limit in calendar time; business days are counted as if no day were free, so
            that who is within it is within the law's.
    """

    rule: str
    period: str
    source: str
    milliseconds: int


DEADLINES = (
    Deadline("Gmail, bulk senders", "48 hours", "support.google.com/a/answer/15263077", 48 * _HOUR),
    Deadline("Yahoo, bulk senders", "2 days", "senders.yahooinc.com/best-practices", 2 * DAY_MS),
    Deadline("CAN-SPAM", "10 business days", "15 U.S.C. 7704(a)(4)(A)(i)", 10 * DAY_MS),
    Deadline("CASL", "10 business days", "S.C. 2010, c. 23, s. 11(3)", 10 * DAY_MS),
    Deadline("CCPA, opt-out of sale", "15 business days", "11 CCR 7026(f)", 15 * DAY_MS),
    Deadline("GDPR, answer to a request", "1 month", "Regulation (EU) 2016/679, art. 12(3)", 28 * DAY_MS),
)
"""The strictest first."""

HISTOGRAM_STEPS = (60_000, _HOUR, *sorted({limit.milliseconds for limit in DEADLINES}))
"""Bounds between which stops are counted, milliseconds."""


def delays_by_source(entries: Iterable[LedgerEntry]) -> Iterator[tuple[str, int]]:
    """Of each stop that was applied: by which way it came, and the milliseconds from event to record.

    From that write on every check is answered with no. The record is exact to the second; a clock of
    whoever reported the event may be wrong by more, and no stop takes less than no time. What stands for
    several numbers was on record before it was entered, and tells no time.
    """
    for entry in entries:
        if entry.first_seq is not None:
            continue
        if entry.register in _STOPS and entry.outcome is EntryOutcome.APPLIED:
            yield entry.source, max(0, entry.recorded_at - entry.at)


@dataclass(slots=True)
class DelayStatistics:
    """The stops of one source.

    Attributes:
        count: how many.
        longest: milliseconds.
        within: how many took at most each of STEPS.
    """

    count: int = 0
    longest: int = 0
    within: list[int] = field(default_factory=lambda: [0] * len(HISTOGRAM_STEPS))

    def add(self, milliseconds: int) -> None:
        """Count one."""
        self.count += 1
        self.longest = max(self.longest, milliseconds)
        for place, step in enumerate(HISTOGRAM_STEPS):
            self.within[place] += milliseconds <= step

    def count_over(self, limit: Deadline) -> int:
        """How many took longer than a limit."""
        return self.count - self.within[HISTOGRAM_STEPS.index(limit.milliseconds)]


def delay_statistics(entries: Iterable[LedgerEntry]) -> dict[str, DelayStatistics]:
    """The stops by source, in the order of their names."""
    found: dict[str, DelayStatistics] = {}
    for source, milliseconds in delays_by_source(entries):
        found.setdefault(source, DelayStatistics()).add(milliseconds)
    return dict(sorted(found.items()))
