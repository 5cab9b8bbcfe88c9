from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heed.adapters.aws import client_factory
from heed.adapters.dynamodb.change_feed import ChangeFeedIndex
from heed.adapters.dynamodb.feed_index import feed_shard, format_feed_position
from heed.adapters.dynamodb.preferences import PreferencesTable
from heed.domain.errors import StoreUnavailable
from heed.domain.preferences.register import Change, Entry, Source
from heed.domain.recipients.recipient import recipient_from_bytes
from heed.use_cases.ports.preferences import FeedPosition
from tests.support.full import examples
from tests.support.registers import in_, out
from tests.support.template import table_definition

TABLE = "Preferences"
PEOPLE = [recipient_from_bytes(bytes([n]) + b"\0" * 15) for n in range(40)]
START, END = FeedPosition(0, ""), 10**13


class Index:
    """The index on moto, and what was asked of it."""

    def __init__(self) -> None:
        self.client = client_factory()("dynamodb")
        self.client.create_table(TableName=TABLE, **table_definition("PreferencesTable"))
        self.feed = ChangeFeedIndex(self.client, TABLE)
        self.asked: list[dict[str, Any]] = []
        self.client.meta.events.register(
            "before-parameter-build.dynamodb.Query",
            lambda params, **_: self.asked.append(dict(params)),
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

    def changed(self, after: FeedPosition = START, until: int = END, limit: int = 100) -> Any:
        return self.feed.changes_after(after, until, limit)


@pytest.fixture
def index(aws: None) -> Index:
    return Index()


_instants = st.one_of(st.integers(0, 3), st.sampled_from([9, 10, 99, 100, END - 1, END]))
_rows = st.dictionaries(st.sampled_from(PEOPLE), st.tuples(_instants, st.integers(0, 15)), max_size=25)
_afters = st.builds(FeedPosition, _instants, st.sampled_from(["", *PEOPLE]))


def test_the_merged_shards_are_one_feed_in_order_however_people_are_spread(index: Index) -> None:
    @examples(60)
    @given(_rows, _afters, _instants, st.integers(1, 30), st.booleans())
    def check(
        rows: dict[str, tuple[int, int]],
        after: FeedPosition,
        until: int,
        limit: int,
        one_shard: bool,
    ) -> None:
        index.clear()
        for recipient, (at, number) in rows.items():
            index.put(FeedPosition(at, recipient), "7" if one_shard else str(number))
        expected = sorted(
            position
            for recipient, (at, _) in rows.items()
            if (position := FeedPosition(at, recipient)) > after and at <= until
        )
        assert index.changed(after, until, limit) == expected[:limit]

    check()


def test_page_after_page_gives_everybody_once(index: Index) -> None:
    rows = sorted(FeedPosition(1 + n % 3, one) for n, one in enumerate(PEOPLE))
    for row in rows:
        index.put(row)
    found: list[FeedPosition] = []
    while page := index.changed(after=found[-1] if found else START, limit=7):
        found += page
    assert found == rows


def test_a_page_is_one_query_a_shard_of_keys_alone(index: Index) -> None:
    for one in PEOPLE:
        index.put(FeedPosition(1, one))
    index.changed(limit=10)
    assert sorted(query["ExpressionAttributeValues"][":shard"]["S"] for query in index.asked) == (
        sorted(str(number) for number in range(16))
    )
    assert {query["Limit"] for query in index.asked} == {10}


def test_a_shard_that_answers_in_pieces_is_read_to_its_end(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [FeedPosition(n, one) for n, one in enumerate(PEOPLE)]
    for row in rows:
        index.put(row, "3")
    query = index.client.query
    monkeypatch.setattr(index.client, "query", lambda **asked: query(**{**asked, "Limit": 2}))
    assert index.changed(limit=9) == rows[:9]


def test_whoever_never_stopped_is_not_in_it_and_whoever_changes_moves_to_the_end(
    index: Index,
) -> None:
    table = PreferencesTable(index.client, TABLE)
    entry = Entry(5, Source.LINK, "{}")
    table.apply(PEOPLE[0], [Change(out(2), entry)], now=10)
    table.apply(PEOPLE[1], [Change(in_(2), entry)], now=11)
    table.apply(PEOPLE[2], [Change(out(2), entry)], now=12)
    assert index.changed() == [FeedPosition(10, PEOPLE[0]), FeedPosition(12, PEOPLE[2])]
    table.apply(PEOPLE[0], [Change(in_(2), Entry(6, Source.LINK, "{}"))], now=13)
    assert index.changed() == [FeedPosition(12, PEOPLE[2]), FeedPosition(13, PEOPLE[0])]


def test_a_range_that_ends_before_it_begins_is_empty(index: Index) -> None:
    index.put(FeedPosition(5, PEOPLE[0]))
    assert index.changed(after=FeedPosition(6, ""), until=5) == []
    assert index.changed(after=FeedPosition(5, ""), until=5) == [FeedPosition(5, PEOPLE[0])]


def test_a_table_that_does_not_answer_is_unavailable(index: Index) -> None:
    index.client.delete_table(TableName=TABLE)
    with pytest.raises(StoreUnavailable):
        index.changed()
