"""Exports the ledger as lines of text, so that anybody can verify it.

The lines are, in this order:

    {"format": "heed-ledger/1"}
    {"seal": {…}} for each seal, followed by its hashes: {"leaves": ["…", …]}, as many lines as needed
    {"open": {…}}, followed by hashes in the same way: an unsigned seal over all hashes without a seal
    {"altered": {…}} for each object of the storage that somebody rewrote, deleted or forged
    the entries, in no particular order, and {"entry": "unreadable"} for each unreadable item

Each line is canonical JSON and has only the members of its kind, so no byte can change without detection.
The export holds no personal data: no evidence, no salt, no recipient.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from heed.domain.ledger.entry import canonical_json
from heed.domain.ledger.seal import FIRST_PREVIOUS_ROOT, make_seal
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import DAY_MS
from heed.use_cases.ledger.seal_days import unsealed_leaves
from heed.use_cases.ports.ledger import Ledger, Seals
from heed.use_cases.ports.preferences import UnreadableItem

EXPORT_FORMAT = {"format": "heed-ledger/1"}
UNREADABLE_ENTRY = {"entry": "unreadable"}
"""Takes the place of an unreadable item of the ledger. A verification does not accept it as an entry."""

SETTLING_TIME = 3_600_000  # milliseconds; the hash of an entry is stored within this time
MAX_LEAVES_A_LINE = 1000


def export_ledger(ledger: Ledger, seals: Seals, now: Millis) -> Iterator[bytes]:
    """Yields the lines of the export, each with its line feed.

    The export omits a recent entry if the hash of the entry was not stored at the start of the export.

    Raises:
        StoreUnavailable: Not all could be read.
        UnreadableRecord: A seal is not readable.
    """
    yield _line(EXPORT_FORMAT)
    stored_seals = seals.seals()
    for seal in stored_seals:
        yield _line({"seal": seal.to_document()})
        yield from _leaf_lines(seals.sealed_leaves(seal.day))
    today = now // DAY_MS
    first = stored_seals[-1].day + 1 if stored_seals else seals.first_day()
    open_leaves: set[bytes] = set()
    altered = set(seals.altered_objects())
    for day in range(today if first is None else first, today + 1):
        unsealed = unsealed_leaves(seals, stored_seals, day)
        open_leaves |= unsealed.leaves
        altered.update(unsealed.altered)
    previous = stored_seals[-1].root if stored_seals else FIRST_PREVIOUS_ROOT
    yield _line({"open": make_seal(today, previous, sorted(open_leaves)).to_document()})
    yield from _leaf_lines(sorted(open_leaves))
    for name, how in sorted(altered):
        yield _line({"altered": {"object": _printable(name), "how": how.value}})
    for entry in ledger.all_entries():
        if isinstance(entry, UnreadableItem):
            yield _line(UNREADABLE_ENTRY)
        elif entry.recorded_at < now - SETTLING_TIME or entry.leaf in open_leaves:
            yield _line(entry.to_document())


def _leaf_lines(leaves: Iterable[bytes]) -> Iterator[bytes]:
    remaining = iter(leaves)
    while batch := [leaf.hex() for leaf in islice(remaining, MAX_LEAVES_A_LINE)]:
        yield _line({"leaves": batch})


def _printable(name: str) -> str:
    """Returns the name of an object, which an attacker may choose, with non-printable characters escaped."""
    return name if name.isprintable() else name.encode("unicode_escape").decode()


def _line(document: Mapping[str, object]) -> bytes:
    return canonical_json(document) + b"\n"
