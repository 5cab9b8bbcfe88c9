"""The walk of all recipients, page by page, and its checkpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from heed.adapters.dynamodb.feed_index import parse_feed_position
from heed.adapters.dynamodb.table import DynamoDBTable, decode_or_unreadable
from heed.codec.attributes import Item, read_recipient, read_text, strict_reader
from heed.codec.record import decode_late_changes, decode_record
from heed.domain.errors import UnreadableRecord
from heed.override import override
from heed.use_cases.ports.ledger import RecipientPage, RecipientPages, StoredRecipient, WalkCheckpoint
from heed.use_cases.ports.preferences import UnreadableItem

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_CHECKPOINT_KEY = {"pk": {"S": "reconcile"}}  # in the table `Control`


class RecipientPagesTable(RecipientPages):
    """Implements the port RecipientPages with DynamoDB.

    Args:
        client: DynamoDB client.
        preferences: Name of the table `Preferences`.
        control: Name of the table `Control`.
    """

    def __init__(self, client: DynamoDBClient, preferences: str, control: str) -> None:
        self._preferences = DynamoDBTable(client, preferences)
        self._control = DynamoDBTable(client, control)

    @override
    def page(self, after: str | None, limit: int) -> RecipientPage:
        """Reads a page. The read is eventually consistent, which costs half the read units.

        The next walk reads the changes that this one missed.
        """
        items, last = self._preferences.scan_page(
            after={"id": {"S": after}} if after else {}, page_size=limit
        )
        decoded = (decode_or_unreadable(_decode, item) for item in items)
        recipients = [recipient for recipient in decoded if not isinstance(recipient, UnreadableItem)]
        return RecipientPage(recipients, len(items) - len(recipients), last["id"]["S"] if last else None)

    @override
    def load_checkpoint(self) -> WalkCheckpoint:
        """Returns the checkpoint. If it is unreadable, the walk starts from the beginning."""
        item = self._control.get(_CHECKPOINT_KEY, consistent=False)
        try:
            return _to_checkpoint(item or {})
        except UnreadableRecord:
            return WalkCheckpoint(None)

    @override
    def save_checkpoint(self, position: WalkCheckpoint) -> None:
        item: dict[str, Any] = dict(_CHECKPOINT_KEY)
        item |= {name: {"S": recipient} for name, recipient in position._asdict().items() if recipient}
        self._control.put(item)


@strict_reader
def _to_checkpoint(item: Item) -> WalkCheckpoint:
    return WalkCheckpoint(
        *(read_text(item, name) if name in item else None for name in WalkCheckpoint._fields)
    )


@strict_reader
def _decode(item: Item) -> StoredRecipient:
    changed_at, recipient = parse_feed_position(read_text(item, "chg_at"))
    if recipient != read_recipient(item):
        raise ValueError("the feed position of another recipient")
    return StoredRecipient(recipient, decode_record(item), decode_late_changes(item), changed_at)
