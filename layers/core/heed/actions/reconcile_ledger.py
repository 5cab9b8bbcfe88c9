"""Records against their entries: a number without an entry, a register or a wish that was never entered.

The table's stream brings every write, and its reader enters every one; this finds what was lost all the
same: a record that nobody could read, a day on which nothing ran. As long as the stream may still bring
it, a gap is told; then it is mended, by what the record holds.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from heed.actions.ports_ledger import Held, Kept, Ledger, Records, Seals
from heed.domain.errors import UnreadableRecord
from heed.domain.ledger_entry import FLOOR, LEDGER, LOST, LedgerEntry, Outcome, keyed, subject_of
from heed.domain.record import NOTHING, Record
from heed.domain.register import ALL, DAY
from heed.domain.transition import Written, changes, entry_of

SETTLED = 3_600_000  # milliseconds after which a write has its entries
GONE = 25 * SETTLED  # after which no stream brings it any more


class Findings(NamedTuple):
    """What was found of one recipient.

    Attributes:
        missing: numbers without an entry.
        unentered: what is on record and has no entry.
        altered: entries whose evidence is not what was committed to, or that nobody can read.
        repaired: entries made now; of wishes that came late too, which wait where they are.
    """

    missing: int = 0
    unentered: int = 0
    altered: int = 0
    repaired: int = 0


class Reconcile:
    """Looks at one recipient after the other."""

    def __init__(self, ledger: Ledger, seals: Seals, records: Records) -> None:
        self._ledger = ledger
        self._seals = seals
        self._records = records

    def __call__(self, held: Held, now: int) -> Findings:
        """What is wrong with a recipient's entries; mended, once nothing else can mend it.

        Raises:
            Unavailable: it cannot be told, or not be mended now.
        """
        if not held.record.salt or held.changed_at > now - SETTLED:
            return Findings()
        try:
            kept = self._ledger.of(subject_of(held.record.salt, held.recipient))
        except UnreadableRecord:
            return Findings(altered=1)  # told of, for a person to look at; it holds up nobody else
        missing = _missing(held.record, [one.entry for one in kept])
        names = {one.entry.id for one in kept}
        unentered, waiting = _unentered(held, names, now), _waiting(held, names, now)
        altered = sum(_is_altered(one, held.record.salt) for one in kept)
        if held.changed_at > now - GONE:
            return Findings(len(missing), len(unentered), altered)
        made = list(_repairs(held, missing, [*unentered, *waiting], now))
        if made and not self._stands(held):
            return Findings()  # it changed since it was read: the next walk looks again
        self._seal([self._ledger.enter(*one) for one in made] + _unsure(held, kept, now))
        if made and not self._stands(held):
            # Erased in between, perhaps when the stream had told of it already: no evidence stays behind.
            self._ledger.erase(subject_of(held.record.salt, held.recipient))
        if held.late:
            self._records.settle(held.recipient, held.late)
        return Findings(len(missing), len(unentered), altered, len(made))

    def _stands(self, held: Held) -> bool:
        """Whether the record is still the one that was read; asked consistently, as a walk is not."""
        try:
            return self._records.read(held.recipient).salt == held.record.salt
        except UnreadableRecord:
            return False

    def _seal(self, entries: list[LedgerEntry]) -> None:
        leaves: dict[int, list[bytes]] = {}
        for entry in entries:
            leaves.setdefault(entry.recorded_at // DAY, []).append(entry.leaf)
        for day, hashed in leaves.items():
            self._seals.add(day, hashed)


def _unsure(held: Held, kept: list[Kept], now: int) -> list[LedgerEntry]:
    """Entries that a walk made a while ago, and that may have no hash: it may have died in between.

    The next walk begins where that one died. Keeping a hash again changes nothing.
    """
    made = (one.entry for one in kept if one.entry.recorded_at >= held.changed_at + GONE)
    return [entry for entry in made if entry.recorded_at > now - DAY]


def _missing(record: Record, entries: list[LedgerEntry]) -> list[int]:
    """The numbers of the record's subject that have no entry."""
    applied = {entry.seq for entry in entries if entry.outcome is Outcome.APPLIED}
    opened = [entry.seq for entry in entries if entry.register == FLOOR]
    if record.floor is not None and not opened:
        opened = [min(applied, default=record.n)]  # its first entry is what is missing
    return [seq for seq in range(min(opened, default=1), record.n + 1) if seq not in applied]


def _unentered(held: Held, names: set[str], now: int) -> list[Written]:
    """What the record holds and the ledger does not; the number is still to be found."""
    salt, recipient = held.record.salt, held.recipient
    said = [entry_of(salt, recipient, one, 0, now) for one in changes(NOTHING, held.record)]
    return [one for one in said if one.entry.id not in names]


def _waiting(held: Held, names: set[str], now: int) -> list[Written]:
    """Wishes that came late and have no entry: no gap, for nobody knows since when they wait."""
    salt, recipient = held.record.salt, held.recipient
    late = [entry_of(salt, recipient, one, 0, now, Outcome.SUPERSEDED) for one in held.late]
    return [one for one in late if one.entry.id not in names]


def _is_altered(kept: Kept, salt: bytes) -> bool:
    return kept.evidence is not None and keyed(salt, kept.evidence) != kept.entry.commitment


def _repairs(
    held: Held, missing: list[int], unentered: list[Written], now: int
) -> Iterable[Written]:
    """What was lost gets the numbers that are free, in order of time; a number too many is LOST."""
    free = list(missing)
    for entry, evidence in sorted(unentered, key=lambda one: one.entry.at):
        takes = entry.outcome is Outcome.APPLIED and free
        yield Written(_numbered(entry, free.pop(0) if takes else held.record.n), evidence)
    for seq in free:
        salt = held.record.salt
        subject, nothing = subject_of(salt, held.recipient), keyed(salt, "")
        yield Written(
            LedgerEntry(subject, seq, ALL, LOST, held.changed_at, now, LEDGER, "", nothing), ""
        )


def _numbered(entry: LedgerEntry, seq: int) -> LedgerEntry:
    return LedgerEntry.of({**entry.document(), "seq": seq})
