"""The feed of changes, in the index `Changes` of the table `Preferences`.

16 shards, each in the order of `chg_at`, merged here. One query a shard as a rule: each is asked for as
many as the whole page may hold, since all of them may be in one shard. The keys are small (a page of 100
reads at most 160 kB of them, 20 read units); the shards are read side by side.
"""

from __future__ import annotations

import heapq
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from heed.adapters.dynamodb.feed_index import FEED_SHARDS, format_feed_position, parse_feed_position
from heed.adapters.dynamodb.table import DynamoDBTable
from heed.domain.errors import UnreadableRecord
from heed.override import override
from heed.use_cases.ports.preferences import ChangeFeed, FeedPosition

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

CHANGES_INDEX = "Changes"
_PARALLEL = 4
# Of `chg_at`, 15 digits and a recipient id: the first sorts before whatever may follow, the other after.
_JUST_BEHIND, _LAST = "!", "~"


class ChangeFeedIndex(ChangeFeed):
    """Serves the port ChangeFeed from DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._table = DynamoDBTable(client, table)

    @override
    def changes_after(self, after: FeedPosition, until: int, limit: int) -> list[FeedPosition]:
        if after.at > until:
            return []  # DynamoDB refuses a range that ends before it begins
        first = format_feed_position(*after) + _JUST_BEHIND
        read = partial(self._shard, first, format_feed_position(until, _LAST), limit)
        with ThreadPoolExecutor(_PARALLEL) as pool:
            shards = list(pool.map(read, map(str, range(FEED_SHARDS))))
        return [_position(text) for text in islice(heapq.merge(*shards), limit)]

    def _shard(self, first: str, last: str, limit: int, shard: str) -> list[str]:
        """The first `limit` of a shard, in order."""
        items = self._table.query(
            "chg_shard = :shard AND chg_at BETWEEN :first AND :last",
            values={":shard": {"S": shard}, ":first": {"S": first}, ":last": {"S": last}},
            index=CHANGES_INDEX,
            projection="chg_at",
            page_size=limit,
        )
        return list(islice(filter(_is_place, (item["chg_at"]["S"] for item in items)), limit))


def _position(text: str) -> FeedPosition:
    return FeedPosition(*parse_feed_position(text))


def _is_place(text: str) -> bool:
    """Whether a mark is of our form. Whoever has another has no place in the feed; a walk tells of them."""
    try:
        parse_feed_position(text)
    except UnreadableRecord:
        return False
    return True
