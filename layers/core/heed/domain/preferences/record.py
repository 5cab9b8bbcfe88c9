"""All that is on record of one recipient, and the write rule."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import assert_never

from heed.domain.links.entry_rate import LinkTally
from heed.domain.preferences.register import (
    DAY_MS,
    MINOR,
    SOFT_BOUNCE,
    Change,
    ChoiceKind,
    Entry,
    Register,
    ScopeNumber,
    Source,
    opted_out,
    paused,
    sort_by_code,
    undoable,
    undone,
)


@dataclass(frozen=True, slots=True)
class Record:
    """The registers of one recipient.

    Attributes:
        registers: entry by register.
        soft: days (from the epoch) on which a soft bounce happened.
        floor: start of the epoch after an erasure or a minor, milliseconds; an event at or before it
            changes nothing.
        n: how often the stored item changed; 0 means that there is none.
        tally: how far the person's links have come, as it was read; no part of what is said.
        salt: what links the ledger's entries to the recipient, and dies with the item; no part of what
            is said, and never shown.
    """

    registers: Mapping[Register, Entry] = field(default_factory=dict)
    soft_bounce_days: frozenset[int] = frozenset()
    erased_at: int | None = None
    revision: int = 0
    salt: bytes = field(default=b"", compare=False, repr=False)
    tally: LinkTally = field(default=LinkTally(), compare=False, repr=False)

    def get(self, register: Register) -> Entry | None:
        """The entry of a register, or None."""
        return self.registers.get(register)

    def at(self, register: Register) -> int:
        """When a register was last set; before all time if never."""
        entry = self.registers.get(register)
        return BEFORE_ALL_TIME if entry is None else entry.at

    @property
    def changed(self) -> int:
        """The latest instant of anything that is said; what was asked for before may count no more."""
        floor = BEFORE_ALL_TIME if self.erased_at is None else self.erased_at + 1
        return max([floor, *(entry.at for entry in self.registers.values())])

    @property
    def told(self) -> int:
        """The number of the latest change that the ledger is told of: those behind it were spared."""
        return self.revision if self.tally.spared is None else self.tally.spared

    def outs(self, scope: ScopeNumber) -> tuple[Entry, ...]:
        """What counts as an *out* at a scope: the latest one, and a press that was not taken back."""
        plain, pressed = self.registers.get(opted_out(scope)), self.pressed(scope)
        if pressed is None or pressed.until is not None:
            return () if plain is None else (plain,)
        return (pressed,) if plain is None else (plain, pressed)

    def pause(self, scope: ScopeNumber) -> Entry | None:
        """What counts as the pause at a scope: the later of the latest one and such a press that ends."""
        plain, pressed = self.registers.get(paused(scope)), self.pressed(scope)
        if pressed is None or pressed.until is None:
            return plain
        return pressed if plain is None or plain.rank < pressed.rank else plain

    def pressed(self, scope: ScopeNumber) -> Entry | None:
        """The latest stop at a scope for which an Undo was offered, unless it was taken back."""
        entry = self.registers.get(undoable(scope))
        if entry is None:
            return None
        taken_back = self.registers.get(undone(scope))
        return None if taken_back is not None and taken_back == entry.undo else entry

    def latest_choice(self) -> Change | None:
        """The newest choice at any scope that was not taken back; feedback and agents' stops are none."""
        choices = [
            Change(register, entry)
            for register, held in self.registers.items()
            if isinstance(register.kind, ChoiceKind)
            if (entry := self._chosen(register.kind, register.scope, held)) is not None
        ]
        return max(choices, key=lambda change: change.entry.rank, default=None)

    def _chosen(self, kind: ChoiceKind, scope: ScopeNumber, held: Entry) -> Entry | None:
        match kind:
            case ChoiceKind.OUT | ChoiceKind.IN | ChoiceKind.PAUSE | ChoiceKind.CONFIRMED:
                return held
            case ChoiceKind.UNDOABLE:
                return self.pressed(scope)
            case ChoiceKind.UNDONE:
                return None
            case _:
                assert_never(kind)

    def accepts(self, change: Change) -> bool:
        """Whether a change would change anything: the write rule."""
        if MINOR in self.registers or (self.erased_at is not None and change.entry.at <= self.erased_at):
            return False
        if change.register == SOFT_BOUNCE:
            return change.entry.day not in self.soft_bounce_days
        held = self.registers.get(change.register)
        return held is None or held.rank < change.entry.rank


BEFORE_ALL_TIME = -(1 << 62)
"""An instant before every other."""

EMPTY_RECORD = Record()
"""Nobody with that id is on record."""


def merge_changes(record: Record, changes: Iterable[Change]) -> Record:
    """The record after the changes: each register becomes the greater of old and new.

    Commutative, associative and idempotent over any set of events of one epoch. A minor is never
    reported through here: that is one replacing write, a new epoch.
    """
    for change in changes:
        if not record.accepts(change):
            continue
        if change.register == SOFT_BOUNCE:
            record = replace(record, soft_bounce_days=record.soft_bounce_days | {change.entry.day})
        else:
            held = {**record.registers, change.register: change.entry}
            record = replace(record, registers=held)
    return record


def changes_between(before: Record, after: Record) -> list[Change]:
    """What the one record has that the other has not; of a day of soft bounces the day alone is known."""
    registers = sorted(after.registers.items(), key=sort_by_code)
    days = sorted(after.soft_bounce_days - before.soft_bounce_days)
    return [
        *(Change(r, entry) for r, entry in registers if before.get(r) != entry),
        *(Change(SOFT_BOUNCE, Entry(day * DAY_MS, Source.BOUNCE, "{}")) for day in days),
    ]


def superseded_changes(record: Record, changes: Iterable[Change]) -> list[Change]:
    """The wishes among the changes that came late: a greater entry of their own register is on record.

    What the epoch refuses is none of them, and neither is what is on record as it stands.
    """
    if MINOR in record.registers:
        return []
    return [
        change
        for change in changes
        if change.register.is_choice
        and change.kind is not ChoiceKind.UNDONE  # an Undo of a press that is over says nothing
        and (record.erased_at is None or change.entry.at > record.erased_at)
        and (held := record.get(change.register)) is not None
        and held.rank > change.entry.rank
    ]
