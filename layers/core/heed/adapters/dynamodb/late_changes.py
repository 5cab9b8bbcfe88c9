"""Limits how many late changes may wait in an item for the ledger. DynamoDB limits an item to 400 kB."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

MAX_LATE_CHANGES = 200
_MAX_BYTES = 60_000
"""The most bytes of late changes of equal length.

Where n late changes wait, none is added that is longer than an n-th of this. If all are at most 10,000 bytes
long, late changes of mixed lengths therefore take less than 270 kB of the 400 kB of an item.
"""


def split_late_changes(changes: Iterable[str]) -> Iterator[tuple[list[str], int]]:
    """Splits encoded late changes into parts that fit into one item.

    DynamoDB conditions can count the members of a set but cannot measure their size. So the longer a late
    change is, the fewer may wait.

    Yields:
        A part, and how many late changes may be in the item before the part is added.
    """
    unique = sorted({*changes})  # DynamoDB rejects a set with duplicates
    if not unique:
        return
    longest = max(len(change.encode()) for change in unique)
    most = max(1, min(MAX_LATE_CHANGES, _MAX_BYTES // longest))
    for start in range(0, len(unique), most):
        part = unique[start : start + most]
        yield part, most - len(part)
