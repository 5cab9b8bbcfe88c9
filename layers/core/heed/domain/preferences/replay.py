"""Merges an old copy of a record into the live record after a restore.

The result revives no erased data and loses no newer opt-out.
"""

from __future__ import annotations

from collections.abc import Iterator

from heed.domain.preferences.imported_stops import changes_for_import
from heed.domain.preferences.kinds import STOP_KINDS, ChoiceKind, ImportKind
from heed.domain.preferences.record import (
    BEFORE_ALL_TIME,
    EMPTY_RECORD,
    Record,
    changes_between,
    merge_changes,
)
from heed.domain.preferences.register import (
    MINOR,
    Change,
    Register,
    opt_out_register,
    pause_register,
)


def is_erasure_lost(old: Record, live: Record) -> bool:
    """Whether the copy has an erasure, or a report of a minor, that the live record does not have."""
    if MINOR in live.registers or old.erased_at is None:
        return False
    return live.erased_at is None or old.erased_at > live.erased_at


def find_lost_minor(old: Record, live: Record) -> Change | None:
    """Returns the report of a minor beside a hold that only the copy has, or None."""
    minor = old.get(MINOR)
    if minor is None or MINOR in live.registers or minor.at <= (live.erased_at or BEFORE_ALL_TIME):
        return None
    return Change(MINOR, minor)


def restore_erasure(old: Record, live: Record) -> Record:
    """Returns the copy's record after its erasure, merged with the newer entries of the live record.

    The revision continues from the live record.
    """
    after = merge_changes(old, [*find_lost_stops(old, live), *changes_between(EMPTY_RECORD, live)])
    return Record(after.registers, after.soft_bounce_days, after.erased_at, live.revision + 1)


def find_lost_stops(old: Record, live: Record) -> list[Change]:
    """Returns the changes without which a merge of the copy and the live record would lose a stop.

    A register holds one entry. Where both records have a press, or an import, the greater one may be taken
    back, and the other one must then still stop or pause the mail.
    """
    return [*_lost_presses(old, live), *_lost_imports(old, live)]


def _lost_presses(old: Record, live: Record) -> Iterator[Change]:
    """Yields the copy's presses at scopes where the live record has a newer press.

    The presses keep their places, as in `heed.domain.links.undo.changes_for_press`.
    """
    for register in old.registers:
        if register.kind is not ChoiceKind.UNDOABLE:
            continue
        press = old.undoable_press(register.scope)
        if press is not None and live.get(register) not in (None, press):
            yield Change((opt_out_register if press.until is None else pause_register)(register.scope), press)


def _lost_imports(old: Record, live: Record) -> Iterator[Change]:
    """Yields what the copy's imports change in the live record."""
    for register, entry in old.registers.items():
        if isinstance(register.kind, ImportKind):
            stop = Register(STOP_KINDS[register.kind], register.scope)
            if not old.is_taken_back(stop, entry):
                yield from changes_for_import(live, stop, entry)
