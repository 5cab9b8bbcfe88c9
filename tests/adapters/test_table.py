"""The class DynamoDBTable, on moto and on the AWS of the simulation."""

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
from tests.adapters.test_preferences_faults import dynamodb_response, failing_requests, truncated_response
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
        dynamodb = boto3.client("dynamodb", config=CLIENT_CONFIG)
        dynamodb.create_table(TableName=CONTROL, **table_definition("ControlTable"))
        yield dynamodb


@pytest.fixture(params=["moto", "in memory"])
def table(request: pytest.FixtureRequest) -> DynamoDBTable:
    if request.param == "moto":
        return DynamoDBTable(request.getfixturevalue("client"), CONTROL)
    dynamodb: Any = Dynamo(Nemesis())
    return DynamoDBTable(dynamodb, CONTROL)


def test_an_item_that_was_put_is_read_and_another_key_has_none(table: DynamoDBTable) -> None:
    table.put(item(1))
    assert table.get(key(1)) == item(1)
    assert table.get(key(2)) is None
    assert table.get(key(2), consistent=False) is None


def test_a_failed_condition_changes_nothing_and_returns_the_current_item_on_request(
    table: DynamoDBTable,
) -> None:
    table.put(item(1))
    with pytest.raises(ConditionFailed) as failure:
        table.put(item(1, 2), condition="attribute_not_exists(pk)", returns_if_refused="ALL_OLD")
    assert failure.value.current == item(1)
    with pytest.raises(ConditionFailed) as failure:
        table.put(item(1, 2), condition="attribute_not_exists(pk)")
    assert failure.value.current == {}
    with pytest.raises(ConditionFailed) as failure:
        table.update(
            key(2),
            "SET n = :n",
            condition="attribute_exists(pk)",
            values={":n": {"N": "1"}},
            returns_if_refused="ALL_OLD",
        )
    assert failure.value.current == {}
    with pytest.raises(ConditionFailed):
        table.delete(key(1), condition="n = :n", values={":n": {"N": "7"}})
    assert table.get(key(1)) == item(1)
    assert table.get(key(2)) is None


def test_an_unexpected_failed_condition_is_an_unavailable_store(
    table: DynamoDBTable,
) -> None:
    with pytest.raises(StoreUnavailable):
        table.put(item(1), condition="attribute_exists(pk)")


def test_an_update_returns_the_requested_attributes(table: DynamoDBTable) -> None:
    increment = {":one": {"N": "1"}}
    assert table.update(key(1), "ADD n :one", values=increment) == {}
    assert table.update(key(1), "ADD n :one", values=increment, returns="ALL_OLD") == item(1, 1)
    assert table.update(key(1), "ADD n :one", values=increment, returns="ALL_NEW") == item(1, 3)
    assert table.update(key(1), "ADD n :one", values=increment, returns="UPDATED_NEW")["n"] == {"N": "4"}
    assert table.update(key(2), "ADD n :one", values=increment, returns="ALL_OLD") == {}


def test_a_deletion_returns_the_old_item_on_request(table: DynamoDBTable) -> None:
    table.put(item(1))
    assert table.delete(key(1), returns="ALL_OLD") == item(1)
    assert table.delete(key(1), returns="ALL_OLD") == {}
    table.put(item(1))
    assert table.delete(key(1)) == {}
    assert table.get(key(1)) is None


def test_an_expression_may_have_no_placeholders(table: DynamoDBTable) -> None:
    table.put(item(1), condition="attribute_not_exists(pk)", names={}, values={})
    table.update(key(1), "REMOVE n", names={}, values={})
    assert table.get(key(1)) == key(1)


def test_get_many_returns_the_existing_items(table: DynamoDBTable) -> None:
    for number in range(0, MAX_BATCH_KEYS, 2):
        table.put(item(number))
    items_read = table.get_many([key(number) for number in range(MAX_BATCH_KEYS)])
    assert sorted(item["pk"]["S"] for item in items_read) == [
        key(number)["pk"]["S"] for number in range(0, MAX_BATCH_KEYS, 2)
    ]


def test_unprocessed_keys_are_retried_with_growing_pauses_and_never_count_as_missing(
    client: DynamoDBClient,
) -> None:
    pauses: list[float] = []
    table = DynamoDBTable(client, CONTROL, pauses.append)
    unprocessed = b'{"Responses": {}, "UnprocessedKeys": {"Control": {"Keys": [{"pk": {"S": "key 001"}}]}}}'

    def leave_unprocessed(_event: str, _request: Any) -> AWSResponse:
        return dynamodb_response(200, unprocessed)

    table.put(item(1))
    with failing_requests(client, leave_unprocessed, 2):
        assert list(table.get_many([key(1)])) == [item(1)]
    assert pauses == sorted(pauses)
    assert len(pauses) == 2
    with failing_requests(client, leave_unprocessed) as requests, pytest.raises(StoreUnavailable):
        list(table.get_many([key(1)]))
    assert len(requests) == 8


def test_each_page_is_read_only_when_it_is_needed(
    client: DynamoDBClient,
) -> None:
    table = DynamoDBTable(client, CONTROL)
    for number in range(5):
        table.put(item(number))
    with failing_requests(client, lambda *_: None) as requests:
        assert len(list(table.scan(page_size=2))) == 5
        assert len(requests) == 3
        del requests[:]
        assert len(list(islice(table.scan(page_size=2), 2))) == 2
        assert len(requests) == 1
        del requests[:]
        first = {":first": key(0)["pk"]}
        assert list(table.query("pk = :first", values=first, consistent=True)) == [item(0)]
        assert len(requests) == 1


def test_a_scan_continues_after_the_last_key_of_the_page_before(client: DynamoDBClient) -> None:
    table = DynamoDBTable(client, CONTROL)
    for number in range(5):
        table.put(item(number))
    items_read: list[Item] = []
    last = None
    for size in (2, 2):
        items, last = table.scan_page(after=last or {}, page_size=size)
        assert len(items) == size
        items_read += items
    items, last = table.scan_page(after=last or {}, page_size=2)
    assert last is None
    assert sorted(item["pk"]["S"] for item in [*items_read, *items]) == [
        key(number)["pk"]["S"] for number in range(5)
    ]


def test_a_truncated_page_is_unavailable_and_not_the_end(client: DynamoDBClient) -> None:
    table = DynamoDBTable(client, CONTROL)
    for number in range(4):
        table.put(item(number))
    first = {":first": key(0)["pk"]}
    with failing_requests(client, truncated_response):
        for read in (
            lambda: list(table.scan()),
            lambda: list(table.query("pk = :first", values=first)),
            lambda: list(table.get_many([key(0)])),
            lambda: table.scan_page(page_size=2),
        ):
            with pytest.raises(StoreUnavailable):
                read()
    pages = table.scan(page_size=2)
    assert len(list(islice(pages, 2))) == 2
    with failing_requests(client, truncated_response), pytest.raises(StoreUnavailable):
        next(pages)


def test_a_missing_table_has_its_own_message(client: DynamoDBClient) -> None:
    with pytest.raises(StoreUnavailable, match=f"^{TABLE_NOT_FOUND}$"):
        list(DynamoDBTable(client, "Nowhere").scan())
