"""The numbers, and the names of campaigns, in the table `Control`. Each item expires.

    `numbers#<grouping>#<day>`   `keys`: the names of the topics, sources or campaigns of the day;
                                 `<column> <name>`: a count
    `seen#<id>`                  what was counted
    `campaign#<name>`            a campaign that an API key named
    `campaigns#<day>#new`        `n`: the number of new campaigns of a day

One transaction counts an event in all its rows, and marks the event as seen. So an event that arrives twice,
or a function that is killed, neither loses nor doubles a count. No item and no key names a person.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from heed.adapters.dynamodb.table import (
    MAX_BATCH_KEYS,
    DynamoDBTable,
    TableAdapter,
    TransactionRefused,
)
from heed.codec.attributes import MAX_COUNT, Item, read_number, read_text, strict_reader
from heed.domain.milliseconds import Millis
from heed.domain.numbers.numbers import (
    MAX_KEYS_A_DAY,
    OTHER_KEY,
    ColumnCounts,
    CountedKey,
    DayCount,
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


class NumbersTable(TableAdapter, Numbers):
    """Implements the port Numbers with DynamoDB."""

    @override
    def count(self, id_: str, day: int, counted: Mapping[CountedKey, ColumnCounts], now: Millis) -> bool:
        rows = list(counted.items())
        while True:
            updates = [_to_update(day, key, counts) for key, counts in rows]
            try:
                self._table.transact([_to_seen(id_, now), *updates])
            except TransactionRefused as refusal:
                if 0 in refusal.refused:
                    return False
                rows = [
                    (CountedKey(key.grouping, OTHER_KEY) if place in refusal.refused else key, counts)
                    for place, (key, counts) in enumerate(rows, 1)
                ]
            else:
                return True

    @override
    def read(self, grouping: NumberGrouping, days: Iterable[int]) -> Iterator[DayCount]:
        keys = (_to_key(grouping, day) for day in days)
        while batch := list(islice(keys, MAX_BATCH_KEYS)):
            for item in self._table.get_many(batch):
                yield from _to_counts(item)


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


def _to_key(grouping: NumberGrouping, day: int) -> Item:
    return {"pk": {"S": f"{NUMBERS_PREFIX}{grouping}#{format_day(day)}"}}


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


def _to_update(day: int, counted: CountedKey, counts: ColumnCounts) -> Item:
    """Returns the update of a row. A new key is refused if the day has MAX_KEYS_A_DAY of them."""
    names = {f"#n{place}": f"{column} {counted.key}" for place, column in enumerate(counts)}
    numbers = {f":n{place}": {"N": str(count)} for place, count in enumerate(counts.values())}
    added = ", ".join(f"#n{place} :n{place}" for place in range(len(counts)))
    update: dict[str, Any] = {
        "Key": _to_key(counted.grouping, day),
        "UpdateExpression": f"SET expires = :expires ADD #keys :keys, {added}",
        "ExpressionAttributeNames": {"#keys": "keys", **names},
        "ExpressionAttributeValues": {
            ":expires": {"N": str((day + NUMBER_DAYS + 1) * DAY_MS // 1000)},
            ":keys": {"SS": [counted.key]},
            **numbers,
        },
    }
    if counted.key != OTHER_KEY:
        update["ConditionExpression"] = (
            "attribute_not_exists(#keys) OR contains(#keys, :key) OR size(#keys) < :limit"
        )
        update["ExpressionAttributeValues"] |= {
            ":key": {"S": counted.key},
            ":limit": {"N": str(MAX_KEYS_A_DAY)},
        }
    return {"Update": update}


@strict_reader
def _to_counts(item: Item) -> Sequence[DayCount]:
    day = parse_day(read_text(item, "pk").rpartition("#")[2])
    counts = []
    for name in item.keys() - {"pk", "expires", "keys"}:
        column, _, key = name.partition(" ")
        counts.append(DayCount(day, key, NumberColumn(column), read_number(item, name, MAX_COUNT)))
    return counts


@strict_reader
def _read_expiry(item: Item) -> int:
    return read_number(item, "expires")
