"""An old copy of a record, merged into the live one: nobody comes back, and no newer opt-out is lost."""

from __future__ import annotations

from heed.domain.preferences.record import NEVER, NOTHING, Record, changes, merge
from heed.domain.preferences.register import MINOR, Change, ChoiceKind, out, pause, undoable


def lost_epoch(old: Record, live: Record) -> bool:
    """Whether the copy knows of an erasure or a minor that the live record does not."""
    if MINOR in live.registers or old.floor is None:
        return False
    return live.floor is None or old.floor > live.floor


def lost_minor(old: Record, live: Record) -> Change | None:
    """The report of a minor beside a hold, which the copy knows of and the live record does not."""
    minor = old.get(MINOR)
    if minor is None or MINOR in live.registers or minor.at <= (live.floor or NEVER):
        return None
    return Change(MINOR, minor)


def with_epoch(old: Record, live: Record) -> Record:
    """The copy's epoch, with whatever of the live record is newer; its counter goes on."""
    after = merge(old, [*lost_presses(old, live), *changes(NOTHING, live)])
    return Record(after.registers, after.soft, after.floor, live.n + 1)


def lost_presses(old: Record, live: Record) -> list[Change]:
    """The copy's presses that could be taken back and were not, where the live record has a newer one.

    The newer one may be taken back yet; what the older one stopped, or pauses still, must not come back
    by that. They keep their places as `heed.domain.links.undo.stops` has them.
    """
    scopes = [r.scope for r in old.registers if r.kind is ChoiceKind.UNDOABLE]
    presses = ((scope, old.pressed(scope)) for scope in scopes)
    return [
        Change((out if press.until is None else pause)(scope), press)
        for scope, press in presses
        if press is not None and live.get(undoable(scope)) not in (None, press)
    ]
