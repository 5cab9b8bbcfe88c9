"""What is held about a person, and what follows from it: the answer to a data-subject request."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import nlargest
from itertools import islice
from typing import NamedTuple

from heed.domain.ledger.entry import ledger_subject
from heed.domain.preferences.catalogue import Catalogue
from heed.domain.preferences.decision import Decision, decide_each
from heed.domain.preferences.record import Record
from heed.use_cases.ports.ledger import Ledger, StoredEntry
from heed.use_cases.ports.preferences import Preferences

MAX_HISTORY = 5_000
"""Entries in an answer at most: a third of the 6 MB that Lambda lets through."""
MAX_HISTORY_READ = 50_000
"""Entries that are read for one at most: as many as fit into the time that an answer may take."""


class LookupResult(NamedTuple):
    """All that is on record of a recipient.

    Attributes:
        record: the registers.
        decisions: by the name of each topic in use.
        history: the latest entries of the ledger, the oldest first; none of before an erasure.
        left_out: how many older ones are not among them.
        is_cut: whether there are more than were counted.
    """

    record: Record
    decisions: dict[str, Decision]
    history: list[StoredEntry]
    left_out: int = 0
    is_cut: bool = False


def look_up(
    recipient: str, now: int, preferences: Preferences, ledger: Ledger, catalogue: Catalogue
) -> LookupResult:
    """What is held of a recipient; an empty record for nobody.

    Raises:
        StoreUnavailable, UnreadableRecord: it cannot be told.
    """
    record = preferences.read(recipient)
    decisions = decide_each(record, catalogue, now)
    if not record.salt:  # there is nobody to whom an entry could be linked
        return LookupResult(record, decisions, [])
    return LookupResult(
        record, decisions, *_history(ledger.entries_of(ledger_subject(record.salt, recipient)))
    )


def _history(entries: Iterator[StoredEntry]) -> tuple[list[StoredEntry], int, bool]:
    """The latest entries in their order, how many older ones there are, and whether not all were read.

    They come in no order, and nobody's memory may depend on how many somebody has made.
    """
    read = 0

    def counted() -> Iterator[StoredEntry]:
        nonlocal read
        for read, kept in enumerate(islice(entries, MAX_HISTORY_READ), 1):  # noqa: B007 - the last is the count
            yield kept

    latest = nlargest(MAX_HISTORY, counted(), key=lambda kept: kept.entry.chain)
    return latest[::-1], read - len(latest), next(entries, None) is not None
