"""The numbers, and the names of campaigns, in the table `Control`. Each item expires.

    `numbers#<grouping>#<day>#<key>`  a topic, source or campaign on a day; `<column>`: a count
    `numbers#<grouping>#<day>`        `keys`: the keys that have such an item
    `seen#<id>`                       what was counted
    `campaign#<name>`                 a campaign that an API key named
    `campaigns#<day>#new`             `n`: the number of new campaigns of a day

One transaction counts an event in all its rows, and marks the event as seen. So an event that arrives twice,
or a function that is killed, neither loses nor doubles a count. The list of keys can be long, so it is
stored only with the first count of a key. No item and no key names a person.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from heed.adapters.dynamodb.table import (
    MAX_BATCH_KEYS,
    DynamoDBTable,
    TableAdapter,
    TransactionRefused,
)
from heed.codec.attributes import MAX_COUNT, Item, read_number, read_text, read_texts, strict_reader
from heed.domain.milliseconds import Millis
from heed.domain.numbers.numbers import (
    MAX_KEYS_A_DAY,
    OTHER_KEY,
    ColumnCounts,
    CountedKey,
    DayCount,
    DayKey,
    NumberColumn,
    NumberGrouping,
)
from heed.domain.preferences.register import DAY_MS
from heed.domain.privacy.retention import CAMPAIGN_DAYS, NUMBER_DAYS, SEEN_DAYS
from heed.domain.rfc3339 import format_day, parse_day
from heed.override import override
from heed.use_cases.ports.daily_counts import DailyCounts
from heed.use_cases.ports.numbers import CampaignNames, Numbers

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NUMBERS_PREFIX = "numbers#"
SEEN_PREFIX = "seen#"
CAMPAIGN_PREFIX = "campaign#"

_NEW_CAMPAIGNS = "new"
_MAX_THREADS = 8  # botocore's connection pool has ten


class NumbersTable(TableAdapter, Numbers):
    """Implements the port Numbers with DynamoDB.

    A process remembers which lists of keys are full: a refused write costs as much as the list is long.
    """

    @cached_property
    def _full(self) -> set[tuple[NumberGrouping, int]]:
        return set()

    @override
    def count(self, id_: str, day: int, counted: Mapping[CountedKey, ColumnCounts], now: Millis) -> bool:
        rows = [_Row(*key, counts) for key, counts in counted.items()]
        while True:
            writes = [(row, write) for row in rows for write in _to_writes(day, row)]
            try:
                self._table.transact([_to_seen(id_, now), *(write for _, write in writes)])
            except TransactionRefused as refusal:
                if 0 in refusal.refused:
                    return False
                refused = {writes[place - 1][0].grouping for place in refusal.refused}
                rows = [self._after_refusal(row, day) if row.grouping in refused else row for row in rows]
            else:
                return True

    def _after_refusal(self, row: _Row, day: int) -> _Row:
        """Returns the row as a new one, or as OTHER_KEY if the day has no room for its key."""
        if row.is_new:
            self._full.add((row.grouping, day))
        if row.key != OTHER_KEY and (row.grouping, day) in self._full:
            return row._replace(key=OTHER_KEY, is_new=False)
        return row._replace(is_new=True)

    @override
    def find_keys(self, grouping: NumberGrouping, days: Iterable[int]) -> Sequence[DayKey]:
        items = self._read_many(_to_list_key(grouping, day) for day in days)
        return list(chain.from_iterable(map(_to_day_keys, items)))

    @override
    def read(self, grouping: NumberGrouping, keys: Iterable[DayKey]) -> Iterator[DayCount]:
        items = self._read_many(_to_key(grouping, day, key) for day, key in keys)
        return chain.from_iterable(map(_to_counts, items))

    def _read_many(self, keys: Iterable[Item]) -> Iterator[Item]:
        wanted = list(keys)
        batches = [wanted[start : start + MAX_BATCH_KEYS] for start in range(0, len(wanted), MAX_BATCH_KEYS)]
        if len(batches) == 1:
            yield from self._table.get_many(batches[0])
        elif batches:
            with ThreadPoolExecutor(_MAX_THREADS) as pool:
                for items in pool.map(lambda batch: list(self._table.get_many(batch)), batches):
                    yield from items


class _Row(NamedTuple):
    """A row that is counted.

    Attributes:
        grouping: what the row is about.
        key: the name of the topic, source or campaign.
        counts: what is added.
        is_new: whether the day may have no such row yet, so that the list of keys has to be stored.
    """

    grouping: NumberGrouping
    key: str
    counts: ColumnCounts
    is_new: bool = False


class CampaignsTable(CampaignNames):
    """Implements the port CampaignNames with DynamoDB.

    A process writes each name once a day, however often a key names it.

    Args:
        client: DynamoDB client.
        table: Name of the table `Control`.
        new: Limits the new campaigns of a day.
    """

    def __init__(self, client: DynamoDBClient, table: str, new: DailyCounts) -> None:
        self._table = DynamoDBTable(client, table)
        self._new = new
        self._added: dict[str, int] = {}

    @override
    def add(self, campaign: str, now: Millis) -> bool:
        day = now // DAY_MS
        if self._added.get(campaign) == day:
            return True
        expires = {":expires": {"N": str((now + CAMPAIGN_DAYS * DAY_MS) // 1000)}}
        change = "SET expires = :expires"
        is_kept = self._table.try_update(
            _to_campaign_key(campaign), change, condition="attribute_exists(pk)", values=expires
        )
        if not is_kept:
            if not self._new.count(_NEW_CAMPAIGNS, now):
                return False
            self._table.update(_to_campaign_key(campaign), change, values=expires)
        if len(self._added) >= MAX_KEYS_A_DAY:
            self._added.clear()
        self._added[campaign] = day
        return True

    @override
    def is_known(self, campaign: str, now: Millis) -> bool:
        item = self._table.get(_to_campaign_key(campaign))
        return item is not None and _read_expiry(item) > now // 1000


def _to_list_key(grouping: NumberGrouping, day: int) -> Item:
    return {"pk": {"S": f"{NUMBERS_PREFIX}{grouping}#{format_day(day)}"}}


def _to_key(grouping: NumberGrouping, day: int, key: str) -> Item:
    return {"pk": {"S": f"{NUMBERS_PREFIX}{grouping}#{format_day(day)}#{key}"}}


def _to_campaign_key(campaign: str) -> Item:
    return {"pk": {"S": f"{CAMPAIGN_PREFIX}{campaign}"}}


def _to_seen(id_: str, now: Millis) -> Item:
    expires = (now + SEEN_DAYS * DAY_MS) // 1000
    return {
        "Put": {
            "Item": {"pk": {"S": f"{SEEN_PREFIX}{id_}"}, "expires": {"N": str(expires)}},
            "ConditionExpression": "attribute_not_exists(pk)",
        }
    }


def _to_writes(day: int, row: _Row) -> list[Item]:
    """Returns the writes of a row. If it is not new, its only write is refused if the day has no such row."""
    return [_to_update(day, row), _to_listing(day, row)] if row.is_new else [_to_update(day, row)]


def _to_update(day: int, row: _Row) -> Item:
    numbers = {f":n{place}": {"N": str(count)} for place, count in enumerate(row.counts.values())}
    added = ", ".join(f"{column} :n{place}" for place, column in enumerate(row.counts))
    update = {
        "Key": _to_key(row.grouping, day, row.key),
        "UpdateExpression": f"SET expires = :expires ADD {added}",
        "ExpressionAttributeValues": {":expires": _to_expiry(day), **numbers},
    }
    return {"Update": update if row.is_new else {**update, "ConditionExpression": "attribute_exists(pk)"}}


def _to_listing(day: int, row: _Row) -> Item:
    """Returns the write of a key into the list of its day. It is refused if the list is full."""
    update: dict[str, Any] = {
        "Key": _to_list_key(row.grouping, day),
        "UpdateExpression": "SET expires = :expires ADD #keys :keys",
        "ExpressionAttributeNames": {"#keys": "keys"},
        "ExpressionAttributeValues": {":expires": _to_expiry(day), ":keys": {"SS": [row.key]}},
    }
    if row.key != OTHER_KEY:
        update["ConditionExpression"] = (
            "attribute_not_exists(#keys) OR contains(#keys, :key) OR size(#keys) < :limit"
        )
        update["ExpressionAttributeValues"] |= {
            ":key": {"S": row.key},
            ":limit": {"N": str(MAX_KEYS_A_DAY)},
        }
    return {"Update": update}


def _to_expiry(day: int) -> Item:
    return {"N": str((day + NUMBER_DAYS + 1) * DAY_MS // 1000)}


@strict_reader
def _to_day_keys(item: Item) -> Sequence[DayKey]:
    _, _, day = read_text(item, "pk").split("#")
    return [DayKey(parse_day(day), key) for key in read_texts(item, "keys")]


@strict_reader
def _to_counts(item: Item) -> Sequence[DayCount]:
    _, _, day, key = read_text(item, "pk").split("#", 3)
    return [
        DayCount(parse_day(day), key, NumberColumn(name), read_number(item, name, MAX_COUNT))
        for name in item.keys() - {"pk", "expires"}
    ]


@strict_reader
def _read_expiry(item: Item) -> int:
    return read_number(item, "expires")
