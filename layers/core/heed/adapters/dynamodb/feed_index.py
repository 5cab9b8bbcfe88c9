"""Where a recipient stands in the feed of changes: the attributes `chg_at` and `chg_shard`."""

from __future__ import annotations

from heed.codec.attributes import of_our_form
from heed.domain.recipients import recipient as recipients

SHARDS = 16  # of the index Changes: one key would cap the whole table at 1,000 writes a second
_DIGITS = 15  # of a time in the feed


def feed_position(at: int, recipient: str) -> str:
    """Where a change stands in the feed: sorts by time, and is unique."""
    return f"{at:0{_DIGITS}d}{recipient}"


@of_our_form
def feed_place(written: str) -> tuple[int, str]:
    """The time and the recipient of a position in the feed.

    Raises:
        UnreadableRecord: it is not of our form.
    """
    at, recipient = int(written[:_DIGITS]), written[_DIGITS:]
    if feed_position(at, recipients.parse(recipient)) != written:
        raise ValueError("no position of ours")
    return at, recipient


def shard(recipient: str) -> str:
    """The shard of the index Changes that a recipient is in."""
    return str(recipients.to_bytes(recipient)[0] % SHARDS)
