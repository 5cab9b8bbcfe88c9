"""Reads the due work from an item of the table `Preferences`."""

from __future__ import annotations

from heed.codec.attributes import Item, read_number, read_optional_instant, read_text, strict_reader
from heed.codec.record import decode_soft_bounce_days
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import HOLD, LIFT_HOLD, MINOR
from heed.domain.privacy.erasure import ErasureCause
from heed.domain.privacy.purge import DueWork, is_purge_id


@strict_reader
def decode_due_work(item: Item) -> DueWork:
    """Returns the work that is due on an item, or on an item's image in the stream of the table.

    Raises:
        UnreadableRecord: the item does not have Heed's format.
    """
    purges = tuple(read_text(item, "purge").split()) if "purge" in item else ()
    if not all(map(is_purge_id, purges)):
        raise ValueError("not the ids of purges")
    return DueWork(
        purges=purges,
        erased_at=Millis(read_optional_instant(item, "f") or 0),
        cause=ErasureCause.MINOR if MINOR.code in item else ErasureCause.ERASURE,
        soft_bounce_days=decode_soft_bounce_days(item),
        is_held=_is_held(item),
    )


def _is_held(item: Item) -> bool:
    """Whether a hold is active, by the rule of the record.

    It reads only the two registers that it needs, because an old image may contain unknown ones.
    """
    times = {r: read_number(item[r.code]["M"], "t") for r in (HOLD, LIFT_HOLD) if r.code in item}
    return HOLD in times and times[HOLD] >= times.get(LIFT_HOLD, times[HOLD])
