"""The table on which every adapter of DynamoDB stands, on moto and on the simulation's own AWS."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from moto import mock_aws

from heed.adapters.aws import CLIENT_CONFIG
from heed.adapters.dynamodb.table import (
    MAX_BATCH_KEYS,
    TABLE_NOT_FOUND,
    ConditionFailed,
    DynamoDBTable,
)
from heed.codec.attributes import Item
from heed.domain.errors import StoreUnavailable
from tests.adapters.test_preferences_faults import answer, cut, failing
from tests.simulation.aws_in_memory import Dynamo
from tests.simulation.nemesis import Nemesis
from tests.support.template import table_definition

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

CONTROL = "Control"


def key(number: int) -> dict[str, Any]:
    return {"pk": {"S": f"key {number:03d}"}}


def item(number: int, n: int = 0) -> dict[str, Any]:
    return {**key(number), "n": {"N": str(n)}}


@pytest.fixture
def client() -> Iterator[DynamoDBClient]:
    with mock_aws():
        made = boto3.client("dynamodb", config=CLIENT_CONFIG)
        made.create_table(TableName=CONTROL, **table_definition("ControlTable"))
        yield made


@pytest.fixture(params=["moto", "in memory"])
def table(request: pytest.FixtureRequest) -> DynamoDBTable:
    if request.param == "moto":
        return DynamoDBTable(request.getfixturevalue("client"), CONTROL)
    made: Any = Dynamo(Nemesis())
    return DynamoDBTable(made, CONTROL)


def test_what_was_put_is_read_and_nothing_else(table: DynamoDBTable) -> None:
    table.put(item(1))
    assert table.get(key(1)) == item(1)
    assert table.get(key(2)) is None
    assert table.get(key(2), consistent=False) is None


def test_a_refused_write_changes_nothing_and_carries_the_item_that_stands_if_asked_for(
    table: DynamoDBTable,
) -> None:
    table.put(item(1))
    with pytest.raises(ConditionFailed) as refused:
        table.put(item(1, 2), condition="attribute_not_exists(pk)", returns_if_refused="ALL_OLD")
    assert refused.value.current == item(1)
    with pytest.raises(ConditionFailed) as refused:
        table.put(item(1, 2), condition="attribute_not_exists(pk)")
    assert refused.value.current == {}
    with pytest.raises(ConditionFailed) as refused:
        table.update(
            key(2),
            "SET n = :n",
            condition="attribute_exists(pk)",
            values={":n": {"N": "1"}},
            returns_if_refused="ALL_OLD",
        )
    assert refused.value.current == {}
    with pytest.raises(ConditionFailed):
        table.delete(key(1), condition="n = :n", values={":n": {"N": "7"}})
    assert table.get(key(1)) == item(1)
    assert table.get(key(2)) is None


def test_a_refusal_that_nobody_expects_is_a_write_that_is_not_known_to_be_done(
    table: DynamoDBTable,
) -> None:
    with pytest.raises(StoreUnavailable):
        table.put(item(1), condition="attribute_exists(pk)")


def test_an_update_returns_what_it_is_asked_for(table: DynamoDBTable) -> None:
    one = {":one": {"N": "1"}}
    assert table.update(key(1), "ADD n :one", values=one) == {}
    assert table.update(key(1), "ADD n :one", values=one, returns="ALL_OLD") == item(1, 1)
    assert table.update(key(1), "ADD n :one", values=one, returns="ALL_NEW") == item(1, 3)
    assert table.update(key(1), "ADD n :one", values=one, returns="UPDATED_NEW")["n"] == {"N": "4"}
    assert table.update(key(2), "ADD n :one", values=one, returns="ALL_OLD") == {}


def test_a_deletion_says_whether_there_was_an_item_if_it_is_asked(table: DynamoDBTable) -> None:
    table.put(item(1))
    assert table.delete(key(1), returns="ALL_OLD") == item(1)
    assert table.delete(key(1), returns="ALL_OLD") == {}
    table.put(item(1))
    assert table.delete(key(1)) == {}
    assert table.get(key(1)) is None


def test_an_expression_without_placeholders_is_taken(table: DynamoDBTable) -> None:
    table.put(item(1), condition="attribute_not_exists(pk)", names={}, values={})
    table.update(key(1), "REMOVE n", names={}, values={})
    assert table.get(key(1)) == key(1)


def test_of_many_keys_those_with_an_item_are_read(table: DynamoDBTable) -> None:
    for number in range(0, MAX_BATCH_KEYS, 2):
        table.put(item(number))
    found = table.get_many([key(number) for number in range(MAX_BATCH_KEYS)])
    assert sorted(one["pk"]["S"] for one in found) == [
        key(number)["pk"]["S"] for number in range(0, MAX_BATCH_KEYS, 2)
    ]


def test_keys_left_unread_are_asked_for_ever_more_patiently_and_never_taken_for_missing(
    client: DynamoDBClient,
) -> None:
    pauses: list[float] = []
    table = DynamoDBTable(client, CONTROL, pauses.append)
    left = b'{"Responses": {}, "UnprocessedKeys": {"Control": {"Keys": [{"pk": {"S": "key 001"}}]}}}'

    def unread(_event: str, _request: Any) -> AWSResponse:
        return answer(200, left)

    table.put(item(1))
    with failing(client, unread, 2):
        assert list(table.get_many([key(1)])) == [item(1)]
    assert pauses == sorted(pauses)
    assert len(pauses) == 2
    with failing(client, unread) as tried, pytest.raises(StoreUnavailable):
        list(table.get_many([key(1)]))
    assert len(tried) == 8


def test_pages_are_read_to_the_end_and_no_further_than_they_are_needed(
    client: DynamoDBClient,
) -> None:
    table = DynamoDBTable(client, CONTROL)
    for number in range(5):
        table.put(item(number))
    with failing(client, lambda *_: None) as tried:
        assert len(list(table.scan(page_size=2))) == 5
        assert len(tried) == 3
        del tried[:]
        assert len(list(islice(table.scan(page_size=2), 2))) == 2
        assert len(tried) == 1
        del tried[:]
        first = {":first": key(0)["pk"]}
        assert list(table.query("pk = :first", values=first, consistent=True)) == [item(0)]
        assert len(tried) == 1


def test_a_scan_goes_on_page_by_page_from_where_it_stopped(client: DynamoDBClient) -> None:
    table = DynamoDBTable(client, CONTROL)
    for number in range(5):
        table.put(item(number))
    found: list[Item] = []
    last = None
    for size in (2, 2):
        items, last = table.scan_page(last, size)
        assert len(items) == size
        found += items
    items, last = table.scan_page(last, 2)
    assert last is None
    assert sorted(one["pk"]["S"] for one in [*found, *items]) == [
        key(number)["pk"]["S"] for number in range(5)
    ]


def test_a_page_that_was_cut_ends_no_reading(client: DynamoDBClient) -> None:
    table = DynamoDBTable(client, CONTROL)
    for number in range(4):
        table.put(item(number))
    first = {":first": key(0)["pk"]}
    with failing(client, cut):
        for reading in (
            lambda: list(table.scan()),
            lambda: list(table.query("pk = :first", values=first)),
            lambda: list(table.get_many([key(0)])),
            lambda: table.scan_page(None, 2),
        ):
            with pytest.raises(StoreUnavailable):
                reading()
    pages = table.scan(page_size=2)
    assert len(list(islice(pages, 2))) == 2
    with failing(client, cut), pytest.raises(StoreUnavailable):
        next(pages)


def test_a_table_that_is_not_there_is_told_apart(client: DynamoDBClient) -> None:
    with pytest.raises(StoreUnavailable, match=f"^{TABLE_NOT_FOUND}$"):
        list(DynamoDBTable(client, "Nowhere").scan())
