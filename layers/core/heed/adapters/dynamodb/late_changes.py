"""How many wishes may wait at an item for the ledger: the item must never grow beyond what a table holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

MAX_LATE_CHANGES = 200  # wishes
_BYTES = 60_000
"""What so many of the longest may come to. Mixed, with none above 10,000 bytes, they come to less than
270 kB of the 400 kB of an item: where n wait, none is put that is longer than an n-th of this."""


def split_late_changes(wishes: Iterable[str]) -> Iterator[tuple[list[str], int]]:
    """The wishes in parts, and to each how many may wait already where it is put beside them.

    The longer a wish, the fewer may wait: a table counts the members of a set, and not their size.
    """
    ordered = sorted({*wishes})  # a set: the table refuses a member that is named twice
    if not ordered:
        return
    longest = max(len(wish.encode()) for wish in ordered)
    most = max(1, min(MAX_LATE_CHANGES, _BYTES // longest))
    for start in range(0, len(ordered), most):
        part = ordered[start : start + most]
        yield part, most - len(part)
