"""The days that are over are sealed, each on the root before it."""

from __future__ import annotations

from heed.actions.ports_ledger import Seals
from heed.domain.seal import NO_ROOT, Seal, seal

LATE = 2  # days; the table's stream keeps a write for one, and what is repaired is recorded anew


def seal_days(seals: Seals, today: int) -> list[Seal]:
    """Seal every day before today that is not sealed, also those without an entry; the new seals.

    Doing it again seals nothing. A day's hashes are held in memory: 32 bytes an entry.

    Raises:
        StoreUnavailable, UnreadableRecord: not all is sealed; the next run goes on.
    """
    done = seals.seals()
    first = done[-1].day + 1 if done else seals.first_day()
    made: list[Seal] = []
    for day in range(today if first is None else first, today):
        previous = done[-1].root if done else NO_ROOT
        leaves = sorted(unsealed(seals, done, day))
        new = seal(day, previous, leaves)
        seals.seal(new, leaves)
        done.append(new)
        made.append(new)
    return made


def unsealed(seals: Seals, done: list[Seal], day: int) -> set[bytes]:
    """The hashes up to a day that are under no seal."""
    sealed = {one.day for one in done}
    span = range(day - LATE, day + 1)
    found: set[bytes] = set()
    for one in span:
        found |= seals.leaves(one)
    for one in sealed.intersection(span):
        found.difference_update(seals.sealed(one))
    return found
