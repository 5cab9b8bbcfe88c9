"""Makes the rows of the registers' pages."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from heed.domain.ledger.deadlines import DEADLINES, DelayStatistics, delay_statistics
from heed.domain.ledger.entry import LedgerEntry
from heed.domain.preferences.register import DAY_MS, Source
from heed.domain.privacy.disclosure import DisclosureEntry
from heed.domain.privacy.purge import Purge
from heed.entrypoints.http.desk.register_views import (
    CertificateRow,
    ClearedStore,
    DeadlinePeriod,
    DeadlineRow,
    DeadlinesView,
    DelayRow,
    DisclosedData,
    DisclosureRow,
    DurationUnit,
)

if TYPE_CHECKING:
    from heed.entrypoints.http.desk.views import DeskFrame
    from heed.use_cases.ports.preferences import UnreadableItem

MAX_READ_ENTRIES = 20_000
"""The entries of the ledger that one request reads. A page of the table has about 2,000."""
_SECOND, _MINUTE, _HOUR = 1_000, 60_000, 3_600_000
_UNITS = (
    (DAY_MS, DurationUnit.DAYS),
    (_HOUR, DurationUnit.HOURS),
    (_MINUTE, DurationUnit.MINUTES),
    (_SECOND, DurationUnit.SECONDS),
)
_SOURCES = {source.value: source for source in Source}
_DISCLOSED = {each.value: each for each in DisclosedData}


def certificate_row(purge: Purge) -> CertificateRow:
    """Returns a purge as the list shows it."""
    return CertificateRow(
        id=purge.id,
        cause=purge.cause,
        state=purge.state,
        requested_at=purge.requested_at,
        completed_at=purge.completed_at,
    )


def stores_of(purge: Purge) -> Iterator[ClearedStore]:
    """Yields what a purge found in each store, in order of the names."""
    for name, count in sorted(purge.stores.items()):
        yield ClearedStore(name=name, count=str(count))


def disclosure_row(entry: DisclosureEntry) -> DisclosureRow:
    """Returns an entry of the register of disclosures as the page shows it."""
    details = entry.details
    return DisclosureRow(
        number=str(entry.number),
        at=details.at,
        what=_DISCLOSED.get(details.what, DisclosedData.OTHER),
        purpose=details.purpose,
        people=str(details.people),
        key=details.key,
    )


def deadlines_view(frame: DeskFrame, ledger: Iterator[LedgerEntry | UnreadableItem]) -> DeadlinesView:
    """Returns how soon opt-outs took effect, from the first MAX_READ_ENTRIES of the ledger."""
    items = list(islice(ledger, MAX_READ_ENTRIES))
    entries = [item for item in items if isinstance(item, LedgerEntry)]
    by_source = delay_statistics(entries)
    unreadable = len(items) - len(entries)
    return DeadlinesView(
        frame=frame,
        delays=tuple(_delay_row(source, delays) for source, delays in by_source.items()),
        deadlines=tuple(_deadline_rows(list(by_source.values()))),
        entries=str(len(items)),
        is_part=next(ledger, None) is not None,
        unreadable=str(unreadable) if unreadable else "",
    )


def _delay_row(source: str, delays: DelayStatistics) -> DelayRow:
    longest, unit = _round_up(delays.longest)
    return DelayRow(
        source=_SOURCES.get(source),
        count=str(delays.count),
        in_a_minute=str(delays.within[0]),
        in_an_hour=str(delays.within[1]),
        longest=str(longest),
        unit=unit,
    )


def _deadline_rows(sources: list[DelayStatistics]) -> Iterator[DeadlineRow]:
    for limit in DEADLINES:
        over = sum(delays.count_over(limit) for delays in sources)
        yield DeadlineRow(
            rule=limit.rule,
            period=DeadlinePeriod(limit.period.replace(" ", "-")),
            over=str(over),
            is_late=over > 0,
            published_in=limit.source,
        )


def _round_up(milliseconds: int) -> tuple[int, DurationUnit]:
    """Returns a duration in the largest unit of which it has at least two, rounded up."""
    for length, unit in _UNITS:
        if milliseconds >= 2 * length or unit is DurationUnit.SECONDS:
            return -(-milliseconds // length), unit
    raise AssertionError("seconds are the last unit")
