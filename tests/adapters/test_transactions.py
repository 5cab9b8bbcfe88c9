"""Transactions: one that is cancelled, one that is in progress, and the size of one that counts an event."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ReadTimeoutError
from moto import mock_aws

from heed.adapters.aws import CLIENT_CONFIG
from heed.adapters.dynamodb.numbers import NumbersTable
from heed.adapters.dynamodb.table import DynamoDBTable, TransactionRefused
from heed.domain.errors import StoreUnavailable
from heed.domain.numbers.numbers import COUNTED_GROUPINGS, CountedKey, NumberColumn
from heed.domain.preferences.register import DAY_MS
from tests.adapters.test_preferences_faults import committed_then, dynamodb_response, failing_requests
from tests.support.deployment import NOW
from tests.support.template import table_definition

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NEW = "attribute_not_exists(pk)"
CONFLICT, REFUSED = "TransactionConflict", "ConditionalCheckFailed"


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[DynamoDBClient]:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    with mock_aws():
        dynamodb = boto3.client("dynamodb", config=CLIENT_CONFIG)
        dynamodb.create_table(TableName="Control", **table_definition("ControlTable"))
        yield dynamodb


@pytest.fixture
def table(client: DynamoDBClient) -> DynamoDBTable:
    return DynamoDBTable(client, "Control", pause=lambda _: None)


def put(key: str) -> dict[str, Any]:
    return {"Put": {"Item": {"pk": {"S": key}}, "ConditionExpression": NEW}}


def keys(client: DynamoDBClient) -> set[str]:
    return {item["pk"]["S"] for item in client.scan(TableName="Control")["Items"]}


def cancelled(*reasons: str) -> Callable[[str, Any], Any]:
    """Answers that a transaction was cancelled for these reasons, one for each write."""
    return _error("TransactionCanceledException", {"CancellationReasons": [{"Code": why} for why in reasons]})


def _error(code: str, members: Mapping[str, object] | None = None) -> Callable[[str, Any], Any]:
    body = json.dumps({"__type": f"com.amazonaws.dynamodb.v20120810#{code}", **(members or {})}).encode()
    return lambda _event, _request: dynamodb_response(400, body)


def test_a_condition_that_does_not_hold_cancels_all_writes(
    client: DynamoDBClient, table: DynamoDBTable
) -> None:
    table.transact([put("a")])
    with pytest.raises(TransactionRefused) as refusal:
        table.transact([put("b"), put("a"), put("c")])
    assert refusal.value.refused == {1}
    assert keys(client) == {"a"}


@pytest.mark.parametrize(
    ("reasons", "refused"),
    [((CONFLICT, REFUSED), {1}), ((REFUSED, CONFLICT), {0}), ((REFUSED, "None"), {0})],
)
def test_of_several_reasons_a_condition_that_does_not_hold_counts_most(
    client: DynamoDBClient, table: DynamoDBTable, reasons: tuple[str, ...], refused: set[int]
) -> None:
    with failing_requests(client, cancelled(*reasons)), pytest.raises(TransactionRefused) as refusal:
        table.transact([put("a"), put("b")])
    assert refusal.value.refused == refused


def test_a_conflict_beside_other_reasons_is_repeated(client: DynamoDBClient, table: DynamoDBTable) -> None:
    with failing_requests(client, cancelled("ThrottlingError", CONFLICT), times=2) as requests:
        table.transact([put("a"), put("b")])
    assert len(requests) == 3
    assert keys(client) == {"a", "b"}


def test_a_conflict_that_does_not_end_is_unavailable(client: DynamoDBClient, table: DynamoDBTable) -> None:
    with failing_requests(client, cancelled("None", CONFLICT)), pytest.raises(StoreUnavailable):
        table.transact([put("a"), put("b")])
    assert keys(client) == set()


@pytest.mark.parametrize("reasons", [("ThrottlingError", "None"), ("ItemCollectionSizeLimitExceeded",), ()])
def test_a_transaction_that_is_cancelled_for_another_reason_is_unavailable(
    client: DynamoDBClient, table: DynamoDBTable, reasons: tuple[str, ...]
) -> None:
    with failing_requests(client, cancelled(*reasons)), pytest.raises(StoreUnavailable) as failure:
        table.transact([put("a")])
    assert not isinstance(failure.value, TransactionRefused)


@pytest.mark.parametrize("code", ["TransactionInProgressException", "IdempotentParameterMismatchException"])
def test_a_token_that_is_in_use_is_unavailable(
    client: DynamoDBClient, table: DynamoDBTable, code: str
) -> None:
    with failing_requests(client, _error(code)), pytest.raises(StoreUnavailable):
        table.transact([put("a")])


def test_botocore_repeats_a_transaction_with_its_token_and_the_next_one_has_another(
    client: DynamoDBClient, table: DynamoDBTable
) -> None:
    tokens: list[str] = []

    def fault(event: str, request: Any) -> Any:
        tokens.append(json.loads(request.body)["ClientRequestToken"])
        return committed_then(ReadTimeoutError(endpoint_url="https://dynamodb"))(event, request)

    for key in ("a", "b"):
        with failing_requests(client, fault), pytest.raises(StoreUnavailable):
            table.transact([put(key)])
    first, second = tokens[0], tokens[-1]
    assert first != second
    assert tokens == [first] * tokens.count(first) + [second] * tokens.count(second)
    assert tokens.count(first) > 1


def test_the_transaction_of_an_event_is_far_below_the_limit_of_100_items(client: DynamoDBClient) -> None:
    sizes: list[int] = []

    def note(_event: str, request: Any) -> None:
        if b"TransactItems" in request.body:
            sizes.append(len(json.loads(request.body)["TransactItems"]))

    counted = {CountedKey(grouping, "new"): {NumberColumn.PAUSED: 1} for grouping in COUNTED_GROUPINGS}
    with failing_requests(client, note):
        assert NumbersTable(client, "Control").count("id", NOW // DAY_MS, counted, NOW)
    assert 0 < max(sizes) <= 7
