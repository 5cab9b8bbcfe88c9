from __future__ import annotations

from typing import Any

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heed.adapters.aws import client_factory
from heed.adapters.dynamodb.change_feed import ChangeFeedIndex
from heed.adapters.dynamodb.feed_index import feed_shard, format_feed_position
from heed.adapters.dynamodb.preferences import PreferencesTable
from heed.domain.errors import StoreUnavailable
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import Change, Entry, Source
from heed.domain.recipients.recipient import recipient_from_bytes
from heed.use_cases.ports.preferences import FeedPosition
from tests.support.clients import service_models
from tests.support.full import examples
from tests.support.registers import in_, out
from tests.support.template import table_definition

TABLE = "Preferences"
PEOPLE = [recipient_from_bytes(bytes([n]) + b"\0" * 15) for n in range(40)]
START, END = FeedPosition(Millis(0), ""), 10**13


class Index:
    """The index on moto, and the queries that it received."""

    def __init__(self) -> None:
        self.client = client_factory(service_models())("dynamodb")
        boto3.client("dynamodb").create_table(TableName=TABLE, **table_definition("PreferencesTable"))
        self.feed = ChangeFeedIndex(self.client, TABLE)
        self.queries: list[dict[str, Any]] = []
        self.client.meta.events.register(
            "before-parameter-build.dynamodb.Query",
            lambda params, **_: self.queries.append(dict(params)),
        )

    def put(self, position: FeedPosition, in_shard: str | None = None) -> None:
        item = {
            "id": {"S": position.recipient},
            "chg_at": {"S": format_feed_position(*position)},
            "chg_shard": {"S": in_shard or feed_shard(position.recipient)},
        }
        self.client.put_item(TableName=TABLE, Item=item)

    def clear(self) -> None:
        for item in self.client.scan(TableName=TABLE)["Items"]:
            self.client.delete_item(TableName=TABLE, Key={"id": item["id"]})

    def read(self, after: FeedPosition = START, until: Millis = Millis(END), limit: int = 100) -> Any:
        return self.feed.changes_after(after, until, limit)


@pytest.fixture
def index(aws: None) -> Index:
    return Index()


_instants = st.one_of(st.integers(0, 3), st.sampled_from([9, 10, 99, 100, END - 1, END]))
_rows = st.dictionaries(st.sampled_from(PEOPLE), st.tuples(_instants, st.integers(0, 15)), max_size=25)
_afters = st.builds(FeedPosition, _instants, st.sampled_from(["", *PEOPLE]))


def test_the_merged_shards_form_one_ordered_feed(index: Index) -> None:
    @examples(60)
    @given(_rows, _afters, _instants, st.integers(1, 30), st.booleans())
    def check(
        rows: dict[str, tuple[int, int]],
        after: FeedPosition,
        until: Millis,
        limit: int,
        is_one_shard: bool,
    ) -> None:
        index.clear()
        for recipient, (at, number) in rows.items():
            index.put(FeedPosition(Millis(at), recipient), "7" if is_one_shard else str(number))
        expected = sorted(
            position
            for recipient, (at, _) in rows.items()
            if (position := FeedPosition(Millis(at), recipient)) > after and at <= until
        )
        assert index.read(after, until, limit) == expected[:limit]

    check()


def test_the_pages_together_contain_each_recipient_once(index: Index) -> None:
    rows = sorted(FeedPosition(Millis(1 + n % 3), recipient) for n, recipient in enumerate(PEOPLE))
    for row in rows:
        index.put(row)
    positions: list[FeedPosition] = []
    while page := index.read(after=positions[-1] if positions else START, limit=7):
        positions += page
    assert positions == rows


def test_a_page_needs_one_query_of_keys_per_shard(index: Index) -> None:
    for recipient in PEOPLE:
        index.put(FeedPosition(Millis(1), recipient))
    index.read(limit=10)
    assert sorted(query["ExpressionAttributeValues"][":shard"]["S"] for query in index.queries) == (
        sorted(str(number) for number in range(16))
    )
    assert {query["Limit"] for query in index.queries} == {10}


def test_a_shard_with_several_pages_is_read_completely(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [FeedPosition(Millis(n), recipient) for n, recipient in enumerate(PEOPLE)]
    for row in rows:
        index.put(row, "3")
    query = index.client.query
    monkeypatch.setattr(index.client, "query", lambda **request: query(**{**request, "Limit": 2}))
    assert index.read(limit=9) == rows[:9]


def test_the_feed_contains_only_suppressed_recipients_and_a_change_moves_one_to_the_end(
    index: Index,
) -> None:
    table = PreferencesTable(index.client, TABLE)
    entry = Entry(Millis(5), Source.LINK, "{}")
    table.apply(PEOPLE[0], [Change(out(2), entry)], now=Millis(10))
    table.apply(PEOPLE[1], [Change(in_(2), entry)], now=Millis(11))
    table.apply(PEOPLE[2], [Change(out(2), entry)], now=Millis(12))
    assert index.read() == [FeedPosition(Millis(10), PEOPLE[0]), FeedPosition(Millis(12), PEOPLE[2])]
    table.apply(PEOPLE[0], [Change(in_(2), Entry(Millis(6), Source.LINK, "{}"))], now=Millis(13))
    assert index.read() == [FeedPosition(Millis(12), PEOPLE[2]), FeedPosition(Millis(13), PEOPLE[0])]


def test_a_range_whose_end_is_before_its_start_is_empty(index: Index) -> None:
    index.put(FeedPosition(Millis(5), PEOPLE[0]))
    assert index.read(after=FeedPosition(Millis(6), ""), until=Millis(5)) == []
    assert index.read(after=FeedPosition(Millis(5), ""), until=Millis(5)) == [
        FeedPosition(Millis(5), PEOPLE[0])
    ]


def test_a_missing_table_is_unavailable(index: Index) -> None:
    boto3.client("dynamodb").delete_table(TableName=TABLE)
    with pytest.raises(StoreUnavailable):
        index.read()
