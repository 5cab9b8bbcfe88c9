"""Looks up all data about a person and the decisions that follow from it, for a data-subject request."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import nlargest
from itertools import islice
from typing import NamedTuple

from heed.domain.ledger.entry import ledger_subject
from heed.domain.milliseconds import Millis
from heed.domain.preferences.catalogue import Catalogue
from heed.domain.preferences.decision import Decision, decide_each
from heed.domain.preferences.record import Record
from heed.use_cases.ports.ledger import Ledger, StoredEntry
from heed.use_cases.ports.preferences import Preferences

MAX_HISTORY = 5_000
"""The most entries in an answer. They take a third of the 6 MB that a Lambda response may have."""
MAX_HISTORY_READ = 50_000
"""The most entries that are read for an answer. More would take longer than an answer may take."""


class LookupResult(NamedTuple):
    """All data about a recipient.

    Attributes:
        record: the record.
        decisions: the decisions, by the name of each topic in use.
        history: the latest ledger entries, the oldest first, without those from before an erasure.
        left_out: how many older entries the history omits.
        is_cut: whether there are even more entries, which were not counted.
    """

    record: Record
    decisions: dict[str, Decision]
    history: list[StoredEntry]
    left_out: int = 0
    is_cut: bool = False


def look_up(
    recipient: str, now: Millis, preferences: Preferences, ledger: Ledger, catalogue: Catalogue
) -> LookupResult:
    """Returns all data about a recipient. The record is empty for an unknown recipient.

    Of the history it returns only entries that the catalogue may show.

    Raises:
        StoreUnavailable: The store did not answer.
        UnreadableRecord: The record or an entry is not readable.
    """
    record = preferences.read(recipient)
    decisions = decide_each(record, catalogue, now)
    if not record.salt:  # without a salt no entry can be linked to this person
        return LookupResult(record, decisions, [])
    entries = ledger.entries_of(ledger_subject(record.salt, recipient))
    return LookupResult(record, decisions, *_history(entries, catalogue))


def _history(entries: Iterator[StoredEntry], catalogue: Catalogue) -> tuple[list[StoredEntry], int, bool]:
    """Returns the latest entries in order, the number of older ones, and whether some were not read.

    The entries arrive in no particular order. A person can create any number of them, so the use of memory is
    limited. Entries that the catalogue may not show count as read, because they take as long.
    """
    shown = 0

    def counted() -> Iterator[StoredEntry]:
        nonlocal shown
        for item in islice(entries, MAX_HISTORY_READ):
            if catalogue.may_show(item.entry.scope):
                shown += 1
                yield item

    latest = nlargest(MAX_HISTORY, counted(), key=lambda item: item.entry.sort_key)
    return latest[::-1], shown - len(latest), next(entries, None) is not None
