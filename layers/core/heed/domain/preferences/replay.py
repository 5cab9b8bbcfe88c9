"""An old copy of a record, merged into the live one: nobody comes back, and no newer opt-out is lost."""

from __future__ import annotations

from heed.domain.preferences.record import (
    BEFORE_ALL_TIME,
    EMPTY_RECORD,
    Record,
    changes_between,
    merge_changes,
)
from heed.domain.preferences.register import MINOR, Change, ChoiceKind, opted_out, paused, undoable


def lost_erasure(old: Record, live: Record) -> bool:
    """Whether the copy knows of an erasure or a minor that the live record does not."""
    if MINOR in live.registers or old.erased_at is None:
        return False
    return live.erased_at is None or old.erased_at > live.erased_at


def lost_minor(old: Record, live: Record) -> Change | None:
    """The report of a minor beside a hold, which the copy knows of and the live record does not."""
    minor = old.get(MINOR)
    if minor is None or MINOR in live.registers or minor.at <= (live.erased_at or BEFORE_ALL_TIME):
        return None
    return Change(MINOR, minor)


def restore_erasure(old: Record, live: Record) -> Record:
    """The copy's epoch, with whatever of the live record is newer; its counter goes on."""
    after = merge_changes(old, [*lost_presses(old, live), *changes_between(EMPTY_RECORD, live)])
    return Record(after.registers, after.soft_bounce_days, after.erased_at, live.revision + 1)


def lost_presses(old: Record, live: Record) -> list[Change]:
    """The copy's presses that could be taken back and were not, where the live record has a newer one.

    The newer one may be taken back yet; what the older one stopped, or pauses still, must not come back
    by that. They keep their places as `heed.domain.links.undo.stop_changes` has them.
    """
    scopes = [r.scope for r in old.registers if r.kind is ChoiceKind.UNDOABLE]
    presses = ((scope, old.pressed(scope)) for scope in scopes)
    return [
        Change((opted_out if press.until is None else paused)(scope), press)
        for scope, press in presses
        if press is not None and live.get(undoable(scope)) not in (None, press)
    ]
