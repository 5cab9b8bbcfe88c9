"""The days that are over are sealed, each on the root before it."""

from __future__ import annotations

from heed.domain.errors import UnreadableRecord
from heed.domain.ledger.seal import FIRST_PREVIOUS_ROOT, LATE_DAYS, Seal, make_seal
from heed.use_cases.ports.ledger import AlteredObject, LeafHashes, Seals


def seal_days(seals: Seals, today: int) -> list[Seal]:
    """Seal every day before today that is not sealed, also those without an entry; the new seals.

    Doing it again seals nothing. A day's hashes are held in memory: 32 bytes an entry.

    Raises:
        StoreUnavailable: not all is sealed; the next run goes on.
        UnreadableRecord: not all is sealed; or all is, and hashes of these days were altered, which are
            under no seal unless their first version was whole.
    """
    done = seals.seals()
    first = done[-1].day + 1 if done else seals.first_day()
    made: list[Seal] = []
    altered: set[AlteredObject] = set()
    for day in range(today if first is None else first, today):
        previous = done[-1].root if done else FIRST_PREVIOUS_ROOT
        found = unsealed_leaves(seals, done, day)
        altered.update(found.altered)
        leaves = seals.gather(day, sorted(found.leaves))
        new = make_seal(day, previous, leaves)
        seals.seal(new)
        done.append(new)
        made.append(new)
    if altered:
        raise UnreadableRecord(f"all is sealed, but {len(altered)} objects of hashes were altered")
    return made


def unsealed_leaves(seals: Seals, done: list[Seal], day: int) -> LeafHashes:
    """The hashes up to a day that are under no seal."""
    sealed = {one.day for one in done}
    span = range(day - LATE_DAYS, day + 1)
    found = LeafHashes(set(), [])
    for one in span:
        kept = seals.hashes(one)
        found.leaves.update(kept.leaves)
        found.altered.extend(kept.altered)
    for one in sealed.intersection(span):
        found.leaves.difference_update(seals.sealed(one))
    return found
