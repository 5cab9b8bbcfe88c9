"""The ledger as lines of text, for whoever wants to check it: the seals, what is under them, the entries.

    {"format": "heed-ledger/1"}
    {"seal": {…}} and, for each, {"leaves": ["…", …]} as often as needed
    {"open": {…}}: the same over what no seal is over yet, so that all of the file is covered
    {"altered": {…}} for each object of the storage that somebody wrote a second time, deleted or forged
    entries, in no order, and {"entry": "unreadable"} for each item that is none any more

Every line is in the canonical form and has the members of its kind alone, so that no byte of it can change
unseen. Nothing in it is about a person: no evidence, no salt, no recipient.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from heed.domain.ledger.entry import canonical_json
from heed.domain.ledger.seal import FIRST_PREVIOUS_ROOT, make_seal
from heed.domain.preferences.register import DAY_MS
from heed.use_cases.ledger.seal_days import unsealed_leaves
from heed.use_cases.ports.ledger import Ledger, Seals
from heed.use_cases.ports.preferences import UnreadableItem

EXPORT_FORMAT = {"format": "heed-ledger/1"}
UNREADABLE_ENTRY = {"entry": "unreadable"}
"""Stands for an item of the ledger that cannot be read: no verification takes it for an entry."""

SETTLING_TIME = 3_600_000  # milliseconds; within them a new entry may not have its hash beside it yet
MAX_LEAVES_A_LINE = 1000


def export_ledger(ledger: Ledger, seals: Seals, now: int) -> Iterator[bytes]:
    """The lines, each with its end.

    What is entered while this runs is left out, if its hash was not there at the start.

    Raises:
        StoreUnavailable: not all could be read.
        UnreadableRecord: a seal cannot be read.
    """
    yield _line(EXPORT_FORMAT)
    done = seals.seals()
    for one in done:
        yield _line({"seal": one.to_document()})
        yield from _leaves(seals.sealed(one.day))
    today = now // DAY_MS
    first = done[-1].day + 1 if done else seals.first_day()
    still: set[bytes] = set()
    altered = set(seals.altered())
    for day in range(today if first is None else first, today + 1):
        found = unsealed_leaves(seals, done, day)
        still |= found.leaves
        altered.update(found.altered)
    previous = done[-1].root if done else FIRST_PREVIOUS_ROOT
    yield _line({"open": make_seal(today, previous, sorted(still)).to_document()})
    yield from _leaves(sorted(still))
    for name, how in sorted(altered):
        yield _line({"altered": {"object": _printed(name), "how": how.value}})
    for entry in ledger.all():
        if isinstance(entry, UnreadableItem):
            yield _line(UNREADABLE_ENTRY)
        elif entry.recorded_at < now - SETTLING_TIME or entry.leaf in still:
            yield _line(entry.to_document())


def _leaves(leaves: Iterable[bytes]) -> Iterator[bytes]:
    rest = iter(leaves)
    while part := [leaf.hex() for leaf in islice(rest, MAX_LEAVES_A_LINE)]:
        yield _line({"leaves": part})


def _printed(name: str) -> str:
    """The name of an object, which may be anything that somebody chose, so that a line can hold it."""
    return name if name.isprintable() else name.encode("unicode_escape").decode()


def _line(document: Mapping[str, object]) -> bytes:
    return canonical_json(document) + b"\n"
