"""The work that is due on an item of the table `Preferences`."""

from __future__ import annotations

from heed.codec.attributes import Item, read_number, read_optional_instant, read_text, strict_reader
from heed.codec.record import decode_soft_bounce_days
from heed.domain.preferences.register import HOLD, LIFT_HOLD, MINOR
from heed.domain.privacy.erasure import ErasureCause
from heed.domain.privacy.purge import DueWork, is_purge_id


@strict_reader
def decode_due_work(item: Item) -> DueWork:
    """What is due on an item; also on the image of one that the table's stream has.

    Raises:
        UnreadableRecord: it is not of our form.
    """
    purges = tuple(read_text(item, "purge").split()) if "purge" in item else ()
    if not all(map(is_purge_id, purges)):
        raise ValueError("no purges of ours")
    return DueWork(
        purges=purges,
        floor=read_optional_instant(item, "f") or 0,
        cause=ErasureCause.MINOR if MINOR.code in item else ErasureCause.ERASURE,
        soft=decode_soft_bounce_days(item),
        is_held=_is_held(item),
    )


def _is_held(item: Item) -> bool:
    """As the record's own rule has it, from the two registers alone: an old image may hold others."""
    said = {r: read_number(item[r.code]["M"], "t") for r in (HOLD, LIFT_HOLD) if r.code in item}
    return HOLD in said and said[HOLD] >= said.get(LIFT_HOLD, said[HOLD])
