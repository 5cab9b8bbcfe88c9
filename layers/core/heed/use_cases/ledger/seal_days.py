"""Seals each past day. Each seal includes the root of the previous seal."""

from __future__ import annotations

from heed.domain.errors import UnreadableRecord
from heed.domain.ledger.seal import FIRST_PREVIOUS_ROOT, LATE_DAYS, Seal, make_seal
from heed.use_cases.ports.ledger import AlteredObject, Seals, StoredLeaves


def seal_days(seals: Seals, today: int) -> list[Seal]:
    """Seals each day before today that has no seal, also days without entries.

    A second call seals nothing. The hashes of a day are held in memory: 32 bytes for each entry.

    Args:
        seals: the hashes and the seals.
        today: days since 1970-01-01, UTC.

    Returns:
        The new seals.

    Raises:
        StoreUnavailable: Not all days are sealed. The next run continues.
        UnreadableRecord: A stored object is altered or unreadable. If only objects of hashes are altered, all
            days are sealed; otherwise some days are not. A seal covers an altered object only if the first
            version of the object was intact.
    """
    stored_seals = seals.seals()
    first = stored_seals[-1].day + 1 if stored_seals else seals.first_day()
    new_seals: list[Seal] = []
    altered: set[AlteredObject] = set()
    for day in range(today if first is None else first, today):
        previous = stored_seals[-1].root if stored_seals else FIRST_PREVIOUS_ROOT
        unsealed = unsealed_leaves(seals, stored_seals, day)
        altered.update(unsealed.altered)
        leaves = seals.freeze_leaves(day, sorted(unsealed.leaves))
        seal = make_seal(day, previous, leaves)
        seals.add_seal(seal)
        stored_seals.append(seal)
        new_seals.append(seal)
    if altered:
        raise UnreadableRecord(f"all days are sealed, but {len(altered)} objects of hashes were altered")
    return new_seals


def unsealed_leaves(seals: Seals, stored_seals: list[Seal], day: int) -> StoredLeaves:
    """Returns the hashes of a day, and of the `LATE_DAYS` days before it, that are under no seal."""
    sealed_days = {seal.day for seal in stored_seals}
    days = range(day - LATE_DAYS, day + 1)
    unsealed = StoredLeaves(set(), [])
    for recent_day in days:
        stored = seals.stored_leaves(recent_day)
        unsealed.leaves.update(stored.leaves)
        unsealed.altered.extend(stored.altered)
    for sealed_day in sealed_days.intersection(days):
        unsealed.leaves.difference_update(seals.sealed_leaves(sealed_day))
    return unsealed
