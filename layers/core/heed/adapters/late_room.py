"""How many wishes may wait at an item for the ledger: the item must never grow beyond what a table holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

MOST_WAITING = 200  # wishes
_BYTES = 60_000
"""What so many of the longest may come to; an item of 400 kB is never half full of them, however mixed."""


def late_room(wishes: Iterable[str]) -> Iterator[tuple[list[str], int]]:
    """The wishes in parts, and to each how many may wait already where it is put beside them.

    The longer a wish, the fewer may wait: a table counts the members of a set, and not their size.
    """
    ordered = sorted(wishes)
    if not ordered:
        return
    longest = max(len(wish.encode()) for wish in ordered)
    most = max(1, min(MOST_WAITING, _BYTES // longest))
    for start in range(0, len(ordered), most):
        part = ordered[start : start + most]
        yield part, most - len(part)
