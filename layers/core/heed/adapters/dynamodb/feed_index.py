"""Where a recipient stands in the feed of changes: the attributes `chg_at` and `chg_shard`."""

from __future__ import annotations

from heed.codec.attributes import strict_reader
from heed.domain.recipients import recipient as recipients

FEED_SHARDS = 16  # of the index Changes: one key would cap the whole table at 1,000 writes a second
_DIGITS = 15  # of a time in the feed


def format_feed_position(at: int, recipient: str) -> str:
    """Where a change stands in the feed: sorts by time, and is unique."""
    return f"{at:0{_DIGITS}d}{recipient}"


@strict_reader
def parse_feed_position(written: str) -> tuple[int, str]:
    """The time and the recipient of a position in the feed.

    Raises:
        UnreadableRecord: it is not of our form.
    """
    at, recipient = int(written[:_DIGITS]), written[_DIGITS:]
    if format_feed_position(at, recipients.parse_recipient(recipient)) != written:
        raise ValueError("no position of ours")
    return at, recipient


def feed_shard(recipient: str) -> str:
    """The shard of the index Changes that a recipient is in."""
    return str(recipients.recipient_to_bytes(recipient)[0] % FEED_SHARDS)
