"""The change feed, in the index `Changes` of the table `Preferences`.

The index has 16 shards. Each is sorted by `chg_at`, and this module merges them. Usually each shard needs one
query. Each query asks for a whole page, since the whole page may be in one shard. The keys are small: a page
of 100 reads at most 160 kB, which is 20 read units. The shards are read in parallel.
"""

from __future__ import annotations

import heapq
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice

from heed.adapters.dynamodb.feed_index import FEED_SHARDS, format_feed_position, parse_feed_position
from heed.adapters.dynamodb.table import TableAdapter
from heed.domain.errors import UnreadableRecord
from heed.domain.milliseconds import Millis
from heed.override import override
from heed.use_cases.ports.preferences import ChangeFeed, FeedPosition

CHANGES_INDEX = "Changes"
_MAX_THREADS = 4
# `chg_at` is 15 digits and a recipient id. "!" sorts before each character of an id, and "~" sorts after it.
_BEFORE_ANY_ID, _AFTER_ANY_ID = "!", "~"


class ChangeFeedIndex(TableAdapter, ChangeFeed):
    """Implements the port ChangeFeed with DynamoDB."""

    @override
    def changes_after(self, after: FeedPosition, until: Millis, limit: int) -> list[FeedPosition]:
        if after.changed_at > until:
            return []  # DynamoDB rejects a range whose end is before its start
        first = format_feed_position(*after) + _BEFORE_ANY_ID
        read = partial(self._read_shard, first, format_feed_position(until, _AFTER_ANY_ID), limit)
        with ThreadPoolExecutor(_MAX_THREADS) as pool:
            shards = list(pool.map(read, map(str, range(FEED_SHARDS))))
        return [FeedPosition(*parse_feed_position(text)) for text in islice(heapq.merge(*shards), limit)]

    def _read_shard(self, first: str, last: str, limit: int, shard: str) -> list[str]:
        """Returns the first `limit` positions of a shard, in order."""
        items = self._table.query(
            "chg_shard = :shard AND chg_at BETWEEN :first AND :last",
            values={":shard": {"S": shard}, ":first": {"S": first}, ":last": {"S": last}},
            index=CHANGES_INDEX,
            projection="chg_at",
            page_size=limit,
        )
        return list(islice(filter(_is_position, (item["chg_at"]["S"] for item in items)), limit))


def _is_position(text: str) -> bool:
    """Returns whether a text is a feed position.

    A recipient with any other text is not in the feed. The reconciler reports that recipient as unreadable.
    """
    try:
        parse_feed_position(text)
    except UnreadableRecord:
        return False
    return True
