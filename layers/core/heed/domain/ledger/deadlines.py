"""The legal and contractual deadlines of a suppression, and the time that each suppression took."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby

from heed.domain.ledger.entry import FLOOR_REGISTER, EntryOutcome, LedgerEntry
from heed.domain.preferences.kinds import ChoiceKind, OtherKind, SuppressionKind
from heed.domain.preferences.register import DAY_MS, Source

_HOUR = DAY_MS // 24
_SUPPRESSION_KINDS = frozenset({ChoiceKind.OUT, OtherKind.COMPLAINT, *SuppressionKind})


@dataclass(frozen=True, slots=True)
class Deadline:
    """A limit for the time from a request to its effect.

    Attributes:
        rule: the law, or the provider that sets the rule.
        period: the limit in its own words.
        source: where the rule is published.
        milliseconds: the limit in calendar time. A business day counts as one day, as if there were no days
            off. So this limit is never longer than the legal one.
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
"""Sorted: the shortest first."""

HISTOGRAM_STEPS = (60_000, _HOUR, *sorted({limit.milliseconds for limit in DEADLINES}))
"""Upper limits of the histogram of delays, milliseconds."""


def delays_by_source(entries: Iterable[LedgerEntry]) -> Iterator[tuple[str, int]]:
    """Returns the source and the delay of each applied suppression: the time from the event to the record.

    From the time of the write on, each check answers that the mail must not be sent. The time of the record
    is exact to the second. The clock of a reporting system may differ by more, so a negative delay counts as
    zero. An entry for several revisions has no meaningful delay: its suppression was already recorded. The
    same is true of what an erasure kept, which the first write after it enters with the opening of a new
    subject. That of an import has none either: another system suppressed the mail until then.

    Args:
        entries: the entries. Those of one subject follow each other, as in the table and in an export.

    Yields:
        Source and milliseconds.
    """
    for _, of_subject in groupby(entries, key=lambda entry: entry.subject):
        known = list(of_subject)
        openings = {entry.seq for entry in known if entry.register == FLOOR_REGISTER}
        for entry in known:
            if entry.first_seq is not None or entry.seq in openings or entry.source == Source.IMPORT:
                continue
            if entry.register in _SUPPRESSION_KINDS and entry.outcome is EntryOutcome.APPLIED:
                yield entry.source, max(0, entry.recorded_at - entry.at)


@dataclass(slots=True)
class DelayStatistics:
    """The delays of the suppressions from one source.

    Attributes:
        count: the number of suppressions.
        longest: the longest delay, milliseconds.
        within: for each of HISTOGRAM_STEPS, the number of suppressions that took at most that long.
    """

    count: int = 0
    longest: int = 0
    within: list[int] = field(default_factory=lambda: [0] * len(HISTOGRAM_STEPS))

    def add(self, milliseconds: int) -> None:
        """Adds the delay of one suppression."""
        self.count += 1
        self.longest = max(self.longest, milliseconds)
        for index, step in enumerate(HISTOGRAM_STEPS):
            self.within[index] += milliseconds <= step

    def count_over(self, limit: Deadline) -> int:
        """Returns the number of suppressions that took longer than a limit."""
        return self.count - self.within[HISTOGRAM_STEPS.index(limit.milliseconds)]


def delay_statistics(entries: Iterable[LedgerEntry]) -> dict[str, DelayStatistics]:
    """Returns the statistics by source, sorted by the name of the source."""
    statistics: dict[str, DelayStatistics] = {}
    for source, milliseconds in delays_by_source(entries):
        statistics.setdefault(source, DelayStatistics()).add(milliseconds)
    return dict(sorted(statistics.items()))
