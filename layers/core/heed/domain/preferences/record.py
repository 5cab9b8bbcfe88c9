"""The record of one recipient, and the write rule."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import assert_never

from heed.domain.links.entry_mode import LinkTally
from heed.domain.milliseconds import Millis
from heed.domain.preferences.kinds import (
    IMPORT_KINDS,
    ChoiceKind,
    ImportKind,
    LiftKind,
    OtherKind,
    SuppressionKind,
    TakenBackKind,
)
from heed.domain.preferences.register import (
    DAY_MS,
    MINOR,
    SOFT_BOUNCE,
    Change,
    Entry,
    Register,
    ScopeNumber,
    Source,
    change_sort_key,
    import_register,
    opt_out_register,
    pause_register,
    taken_back_register,
    undoable_register,
    undone_register,
)


@dataclass(frozen=True, slots=True)
class Record:
    """All registers of one recipient.

    Attributes:
        registers: the entry of each register.
        soft_bounce_days: the days with a soft bounce, as numbers of days since the Unix epoch.
        erased_at: the time of the latest erasure, milliseconds, or None. An event at or before it is ignored.
        revision: the number of changes of the stored item; 0 if there is no item.
        salt: the key of the hashes that link ledger entries to the recipient. It is deleted with the item. It
            is not part of the content and is never shown.
        tally: the tally of changes by links, as it was read. It is not part of the content.
    """

    registers: Mapping[Register, Entry] = field(default_factory=dict)
    soft_bounce_days: frozenset[int] = frozenset()
    erased_at: Millis | None = None
    revision: int = 0
    salt: bytes = field(default=b"", compare=False, repr=False)
    tally: LinkTally = field(default=LinkTally(), compare=False, repr=False)

    def get(self, register: Register) -> Entry | None:
        """Returns the entry of a register, or None."""
        return self.registers.get(register)

    def time_of(self, register: Register) -> Millis:
        """Returns the time of a register's entry, milliseconds; BEFORE_ALL_TIME if there is no entry."""
        entry = self.registers.get(register)
        return Millis(BEFORE_ALL_TIME if entry is None else entry.at)

    @property
    def last_changed_at(self) -> Millis:
        """The time of the latest entry, milliseconds.

        A request from before this time may no longer be valid.
        """
        earliest = BEFORE_ALL_TIME if self.erased_at is None else self.erased_at + 1
        return Millis(max([earliest, *(entry.at for entry in self.registers.values())]))

    @property
    def last_ledger_revision(self) -> int:
        """The revision of the latest change that has a ledger entry of its own.

        Later changes, if any, were omitted (heed.domain.links.entry_mode).
        """
        return self.revision if self.tally.omitted_after is None else self.tally.omitted_after

    def opt_outs(self, scope: ScopeNumber) -> tuple[Entry, ...]:
        """Returns the valid opt-outs at a scope: the `stops`, and a press that was not taken back."""
        stops, press = self.stops(opt_out_register(scope)), self.undoable_press(scope)
        return stops if press is None or press.until is not None else (*stops, press)

    def stops(self, stop: Register) -> tuple[Entry, ...]:
        """Returns the valid entries of a stop: the latest one, and that of an import, if not taken back."""
        entry, imported = self.registers.get(stop), self.last_import(stop)
        if imported is None or self.is_taken_back(stop, imported):
            return () if entry is None else (entry,)
        return (imported,) if entry is None else (entry, imported)

    def last_import(self, stop: Register) -> Entry | None:
        """Returns the latest entry of a stop by an import, also if it was taken back, or None."""
        return self.registers.get(import_register(stop)) if stop.kind in IMPORT_KINDS else None

    def is_taken_back(self, stop: Register, imported: Entry) -> bool:
        """Whether an entry of a stop by an import was taken back."""
        taken_back = self.registers.get(taken_back_register(stop))
        return taken_back is not None and taken_back.takes_back(imported)

    def pause(self, scope: ScopeNumber) -> Entry | None:
        """Returns the valid pause at a scope, or None.

        It is the later of two: the latest pause, and a press with an end that was not taken back.
        """
        latest, press = self.registers.get(pause_register(scope)), self.undoable_press(scope)
        if press is None or press.until is None:
            return latest
        return press if latest is None or latest.rank < press.rank else latest

    def undoable_press(self, scope: ScopeNumber) -> Entry | None:
        """Returns the latest press with an offered Undo at a scope, unless it was taken back."""
        entry = self.registers.get(undoable_register(scope))
        if entry is None:
            return None
        taken_back = self.registers.get(undone_register(scope))
        return None if taken_back is not None and taken_back.undoes(entry) else entry

    def latest_choice(self, scopes: Collection[ScopeNumber]) -> Change | None:
        """Returns the newest choice at one of these scopes that was not taken back, or None.

        Bounces, complaints and suppressions by agents are not choices.
        """
        choices = [
            Change(register, choice)
            for register, entry in self.registers.items()
            if register.scope in scopes and (choice := self._valid_choice(register, entry)) is not None
        ]
        return max(choices, key=lambda change: change.entry.rank, default=None)

    def _valid_choice(self, register: Register, entry: Entry) -> Entry | None:
        match register.kind:
            case ChoiceKind.OUT | ChoiceKind.IN | ChoiceKind.PAUSE | ChoiceKind.CONFIRMED:
                return entry
            case ChoiceKind.UNDOABLE:
                return self.undoable_press(register.scope)
            case ImportKind.OUT:
                return None if self.is_taken_back(opt_out_register(register.scope), entry) else entry
            case ChoiceKind.UNDONE | TakenBackKind() | ImportKind():
                return None
            case SuppressionKind() | LiftKind() | OtherKind():
                return None
            case _:
                assert_never(register.kind)

    def accepts(self, change: Change) -> bool:
        """Whether the change would modify this record: the write rule."""
        if MINOR in self.registers or (self.erased_at is not None and change.entry.at <= self.erased_at):
            return False
        if change.register == SOFT_BOUNCE:
            return change.entry.day not in self.soft_bounce_days
        current = self.registers.get(change.register)
        return current is None or current.rank < change.entry.rank


BEFORE_ALL_TIME = -(1 << 62)
"""An instant before all others, milliseconds."""

EMPTY_RECORD = Record()
"""The record of a recipient without a stored item."""


def merge_changes(record: Record, changes: Iterable[Change]) -> Record:
    """Returns the record after the changes: each register keeps the greater of its old and new entry.

    The result does not depend on the order or repetition of changes since the same erasure: the operation is
    commutative, associative and idempotent. A report of a minor does not come through here, because it is an
    erasure: one write that replaces the record.
    """
    for change in changes:
        if not record.accepts(change):
            continue
        if change.register == SOFT_BOUNCE:
            record = replace(record, soft_bounce_days=record.soft_bounce_days | {change.entry.day})
        else:
            registers = {**record.registers, change.register: change.entry}
            record = replace(record, registers=registers)
    return record


def changes_between(before: Record, after: Record) -> list[Change]:
    """Returns the content of `after` that `before` does not have.

    Of a soft bounce only the day is known.
    """
    registers = sorted(after.registers.items(), key=change_sort_key)
    days = sorted(after.soft_bounce_days - before.soft_bounce_days)
    return [
        *(Change(r, entry) for r, entry in registers if before.get(r) != entry),
        *(Change(SOFT_BOUNCE, Entry(Millis(day * DAY_MS), Source.BOUNCE, "{}")) for day in days),
    ]


def superseded_changes(record: Record, changes: Iterable[Change]) -> list[Change]:
    """Returns the choices among the changes that are late: their register holds a greater entry.

    Changes from before an erasure, and exact duplicates, are not returned.
    """
    if MINOR in record.registers:
        return []
    return [
        change
        for change in changes
        if change.register.is_choice
        # What takes back an entry that no longer counts has no effect.
        and change.register.kind not in (ChoiceKind.UNDONE, TakenBackKind.OUT)
        and (record.erased_at is None or change.entry.at > record.erased_at)
        and (current := record.get(change.register)) is not None
        and current.rank > change.entry.rank
    ]
