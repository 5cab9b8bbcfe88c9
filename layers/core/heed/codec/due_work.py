"""The work that is due on an item of the table `Preferences`."""

from __future__ import annotations

from heed.codec.attributes import Item, instant_or_none, number, of_our_form, text
from heed.codec.record import soft_days
from heed.domain.preferences.register import HOLD, LIFT_HOLD, MINOR
from heed.domain.privacy.erasure import Cause
from heed.domain.privacy.purge import DueWork, is_id


@of_our_form
def work_of(item: Item) -> DueWork:
    """What is due on an item; also on the image of one that the table's stream has.

    Raises:
        UnreadableRecord: it is not of our form.
    """
    purges = tuple(text(item, "purge").split()) if "purge" in item else ()
    if not all(map(is_id, purges)):
        raise ValueError("no purges of ours")
    return DueWork(
        purges=purges,
        floor=instant_or_none(item, "f") or 0,
        cause=Cause.MINOR if MINOR.code in item else Cause.ERASURE,
        soft=soft_days(item),
        is_held=_is_held(item),
    )


def _is_held(item: Item) -> bool:
    """As the record's own rule has it, from the two registers alone: an old image may hold others."""
    said = {r: number(item[r.code]["M"], "t") for r in (HOLD, LIFT_HOLD) if r.code in item}
    return HOLD in said and said[HOLD] >= said.get(LIFT_HOLD, said[HOLD])
