"""Merges an old copy of a record into the live record after a restore.

The result revives no erased data and loses no newer opt-out.
"""

from __future__ import annotations

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
    ChoiceKind,
    opt_out_register,
    pause_register,
    undoable_register,
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
    after = merge_changes(old, [*find_lost_presses(old, live), *changes_between(EMPTY_RECORD, live)])
    return Record(after.registers, after.soft_bounce_days, after.erased_at, live.revision + 1)


def find_lost_presses(old: Record, live: Record) -> list[Change]:
    """Returns the copy's undoable presses at scopes where the live record has a newer press.

    The person may still take back the newer press. Then the older press, which was not taken back, must still
    stop or pause the mail. The presses keep their places, as in `heed.domain.links.undo.changes_for_press`.
    """
    scopes = [r.scope for r in old.registers if r.kind is ChoiceKind.UNDOABLE]
    presses = ((scope, old.undoable_press(scope)) for scope in scopes)
    return [
        Change((opt_out_register if press.until is None else pause_register)(scope), press)
        for scope, press in presses
        if press is not None and live.get(undoable_register(scope)) not in (None, press)
    ]
