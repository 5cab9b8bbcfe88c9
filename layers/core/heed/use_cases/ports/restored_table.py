"""The port of the use case that copies items from a restored table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, Protocol

from heed.domain.milliseconds import Millis
from heed.domain.preferences.record import Record


class RestoredItem(NamedTuple):
    """An item of a restored table.

    Attributes:
        recipient: recipient id.
        decode_record: decodes the record; raises UnreadableRecord.
        purges: ids of the purges that were due.
        expires_at: when the item expires, milliseconds, or None.
        item: the item in the format of the store, by attribute.
    """

    recipient: str
    decode_record: Callable[[], Record]
    purges: tuple[str, ...]
    expires_at: Millis | None
    item: Mapping[str, Any]


class RestoredTable(Protocol):
    """Copies items that the live table lost from a table that was restored from a backup."""

    def all_items(self) -> Iterator[RestoredItem]:
        """Yields all items of the restored table.

        Raises:
            StoreUnavailable: Not all items could be read.
        """
        ...

    def put_back(self, item: RestoredItem, now: Millis) -> bool:
        """Writes an item unchanged to the live table, unless the live table has an item with this key.

        The feed of changes lists the item at the time `now`, so that each reader of the feed gets it. Returns
        whether this call stored the item.

        Raises:
            StoreUnavailable: It is unknown whether the item was stored.
        """
        ...
