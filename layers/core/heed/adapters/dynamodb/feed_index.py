"""The position of a recipient in the change feed: the attributes `chg_at` and `chg_shard`."""

from __future__ import annotations

from heed.codec.attributes import strict_reader
from heed.domain.milliseconds import Millis
from heed.domain.recipients import recipient as recipients

FEED_SHARDS = 16  # shards of the index Changes; one shard would limit the table to 1,000 writes per second
_TIME_DIGITS = 15


def format_feed_position(at: Millis, recipient: str) -> str:
    """Returns the position of a change in the feed. Positions sort by time and are unique."""
    return f"{at:0{_TIME_DIGITS}d}{recipient}"


@strict_reader
def parse_feed_position(text: str) -> tuple[Millis, str]:
    """Returns the time (milliseconds) and the recipient id of a position in the feed.

    Raises:
        UnreadableRecord: The text is not a position.
    """
    at, recipient = Millis(int(text[:_TIME_DIGITS])), text[_TIME_DIGITS:]
    if format_feed_position(at, recipients.parse_recipient(recipient)) != text:
        raise ValueError("not a feed position")
    return at, recipient


def feed_shard(recipient: str) -> str:
    """Returns the shard of the index Changes that contains a recipient."""
    return str(recipients.recipient_to_bytes(recipient)[0] % FEED_SHARDS)
