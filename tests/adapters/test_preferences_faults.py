"""The table under faults: throttling, time-outs, truncated responses and unprocessed keys."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import (
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)
from moto import mock_aws
from moto.core.models import botocore_stubber

from heed.adapters.aws import CLIENT_CONFIG
from heed.adapters.dynamodb.preferences import PreferencesTable
from heed.domain.errors import HeedError, StoreUnavailable
from heed.domain.milliseconds import Millis
from heed.domain.preferences.record import EMPTY_RECORD
from heed.domain.preferences.register import SOFT_BOUNCE, Change, Entry, Register, Source
from tests.adapters.conftest import TABLE, new_recipient
from tests.support.registers import in_, out
from tests.support.template import table_definition

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NOW = Millis(1_772_701_964_390)
ATTEMPTS = 3  # attempts that botocore makes with Heed's configuration
Fault = Callable[[str, Any], Any]


def change(register: Register, at: Millis = NOW) -> Change:
    return Change(register, Entry(at, Source.LINK, "{}"))


ONE = [change(out(2))]
SOFT_DAY = [change(SOFT_BOUNCE)]
FORM = [change(out(2)), change(in_(3))]


class Body:
    """The body of a response, as botocore reads it."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self._content


def dynamodb_response(status: int, body: bytes) -> AWSResponse:
    headers = {"x-amzn-RequestId": "made-up", "Content-Type": "application/x-amz-json-1.0"}
    return AWSResponse("https://dynamodb", status, headers, Body(body))  # type: ignore[arg-type]


def error_response(code: str, status: int = 400) -> Fault:
    body = json.dumps({"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "made up"})
    return lambda _event, _request: dynamodb_response(status, body.encode())


def committed_then(fault: Exception) -> Fault:
    """The request takes effect, but its response is lost."""

    def hook(event: str, request: Any) -> None:
        botocore_stubber(event, request)
        raise fault

    return hook


def never_sent(fault: Exception) -> Fault:
    def hook(event: str, request: Any) -> None:
        raise fault

    return hook


def truncated_response(event: str, request: Any) -> AWSResponse:
    """The request takes effect, but only half of its response arrives."""
    response = botocore_stubber(event, request)
    assert response is not None
    return dynamodb_response(response.status_code, response.content[: len(response.content) // 2] or b"{")


READ_TIMEOUT = ReadTimeoutError(endpoint_url="https://dynamodb")
CONNECT_TIMEOUT = ConnectTimeoutError(endpoint_url="https://dynamodb")

TRANSIENT = {
    "ProvisionedThroughputExceeded": error_response("ProvisionedThroughputExceededException"),
    "Throttling": error_response("ThrottlingException"),
    "RequestLimitExceeded": error_response("RequestLimitExceeded"),
    "InternalServerError": error_response("InternalServerError", 500),
    "ServiceUnavailable": error_response("ServiceUnavailable", 503),
    "time-out before the commit": never_sent(CONNECT_TIMEOUT),
    "time-out after the commit": committed_then(READ_TIMEOUT),
    "no connection": never_sent(EndpointConnectionError(endpoint_url="https://dynamodb")),
}
LASTING = {
    "TransactionConflict": error_response("TransactionConflictException"),
    "AccessDenied": error_response("AccessDeniedException"),
    "a bug in Heed, or an item that is full": error_response("ValidationException"),
    "no such table": error_response("ResourceNotFoundException"),
    "the key of the table is disabled": error_response("KMSDisabledException"),
    "ReplicatedWriteConflict": error_response("ReplicatedWriteConflictException"),
    "an error page": lambda _event, _request: dynamodb_response(502, b"<html>Bad Gateway</html>"),
    "a truncated response": truncated_response,
}


@pytest.fixture
def client() -> Iterator[DynamoDBClient]:
    """A new client for each test. The number of botocore's retries depends on earlier failures."""
    with mock_aws():
        dynamodb = boto3.client("dynamodb", config=CLIENT_CONFIG)
        dynamodb.create_table(TableName=TABLE, **table_definition("PreferencesTable"))
        yield dynamodb


@pytest.fixture
def table(client: DynamoDBClient, monkeypatch: pytest.MonkeyPatch) -> PreferencesTable:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    return PreferencesTable(client, TABLE, pause=lambda _: None)


@contextmanager
def failing_requests(client: DynamoDBClient, fault: Fault, times: int = 1000) -> Iterator[list[str]]:
    """Makes the first requests fail with a fault. Yields the operations of all requests."""
    requests: list[str] = []

    def nemesis(event_name: str, request: Any, **_: Any) -> Any:
        requests.append(event_name.rpartition(".")[2])
        botocore_stubber.enabled = True
        response = fault(event_name, request) if len(requests) <= times else None
        # botocore calls every handler of the event. moto must not answer a request that has a response.
        botocore_stubber.enabled = response is None
        return response

    client.meta.events.register_first("before-send.dynamodb.*", nemesis)
    try:
        yield requests
    finally:
        client.meta.events.unregister("before-send.dynamodb.*", nemesis)
        botocore_stubber.enabled = True


@pytest.mark.parametrize("changes", [ONE, SOFT_DAY, FORM], ids=["one", "soft", "form"])
@pytest.mark.parametrize("fault", TRANSIENT.values(), ids=TRANSIENT.keys())
def test_a_transient_fault_is_retried_and_the_write_takes_effect_once(
    table: PreferencesTable, client: DynamoDBClient, fault: Fault, changes: list[Change]
) -> None:
    plain = new_recipient()
    expected = table.apply(plain, changes, NOW).after
    for times in range(1, ATTEMPTS):
        recipient = new_recipient()
        with failing_requests(client, fault, times):
            applied = table.apply(recipient, changes, NOW)
        assert applied.after == table.read(recipient) == expected


@pytest.mark.parametrize("changes", [ONE, SOFT_DAY, FORM], ids=["one", "soft", "form"])
@pytest.mark.parametrize("fault", (TRANSIENT | LASTING).values(), ids=(TRANSIENT | LASTING).keys())
def test_a_lasting_fault_is_unavailable_and_a_later_retry_succeeds(
    table: PreferencesTable, client: DynamoDBClient, fault: Fault, changes: list[Change]
) -> None:
    recipient = new_recipient()
    with failing_requests(client, fault), pytest.raises(StoreUnavailable):
        table.apply(recipient, changes, NOW)
    applied = table.apply(recipient, changes, NOW)
    assert applied.after == table.read(recipient)
    assert applied.after.revision == 1


@pytest.mark.parametrize("fault", (TRANSIENT | LASTING).values(), ids=(TRANSIENT | LASTING).keys())
def test_a_failed_read_is_never_an_empty_record(
    table: PreferencesTable, client: DynamoDBClient, fault: Fault
) -> None:
    recipient = new_recipient()
    table.apply(recipient, ONE, NOW)
    with failing_requests(client, fault):
        with pytest.raises(StoreUnavailable):
            table.read(recipient)
        with pytest.raises(StoreUnavailable):
            table.read_many([recipient])
        with pytest.raises(StoreUnavailable):
            table.read_many([recipient, *(new_recipient() for _ in range(250))])


def test_a_retry_succeeds_after_a_crash_behind_the_commit(
    table: PreferencesTable, client: DynamoDBClient
) -> None:
    def crash(event: str, request: Any) -> None:
        botocore_stubber(event, request)
        raise KeyboardInterrupt

    for changes in (ONE, FORM):
        recipient = new_recipient()
        with failing_requests(client, crash), pytest.raises(KeyboardInterrupt):
            table.apply(recipient, changes, NOW)
        assert table.apply(recipient, changes, NOW).after == table.read(recipient)


def test_a_failed_condition_without_the_current_item_is_an_error(
    table: PreferencesTable, client: DynamoDBClient
) -> None:
    with (
        failing_requests(client, error_response("ConditionalCheckFailedException")),
        pytest.raises(HeedError),
    ):
        table.apply(new_recipient(), ONE, NOW)


def test_the_message_of_a_failure_names_no_recipient(table: PreferencesTable, client: DynamoDBClient) -> None:
    recipient = new_recipient()
    with failing_requests(client, error_response("ThrottlingException")):
        for call in (lambda: table.read(recipient), lambda: table.apply(recipient, ONE, NOW)):
            with pytest.raises(StoreUnavailable) as error:
                call()
            assert str(error.value) == "ThrottlingException"


def leave_unprocessed(keep: int) -> tuple[Fault, list[int]]:
    """Answers only the first `keep` keys of each batch. The rest is unprocessed."""
    sizes: list[int] = []

    def hook(event: str, request: Any) -> AWSResponse:
        request_items = json.loads(request.body)["RequestItems"][TABLE]
        assert request_items["ConsistentRead"] is True
        keys = request_items["Keys"]
        sizes.append(len(keys))
        served = [{"id": key["id"], "n": {"N": "1"}, "salt": {"B": "AAAA"}} for key in keys[:keep]]
        unprocessed = {TABLE: {**request_items, "Keys": keys[keep:]}} if keys[keep:] else {}
        body = {"Responses": {TABLE: served}, "UnprocessedKeys": unprocessed}
        return dynamodb_response(200, json.dumps(body).encode())

    return hook, sizes


def test_unprocessed_keys_are_retried(table: PreferencesTable, client: DynamoDBClient) -> None:
    people = [new_recipient() for _ in range(100)]
    hook, sizes = leave_unprocessed(40)
    with failing_requests(client, hook):
        records = table.read_many(people)
    assert sizes == [100, 60, 20]
    assert all(records[recipient] != EMPTY_RECORD for recipient in people)


@pytest.mark.parametrize("keep", [0, 1])
@pytest.mark.parametrize("count", [10, 150])
def test_keys_that_stay_unprocessed_are_unavailable_and_never_empty_records(
    table: PreferencesTable, client: DynamoDBClient, keep: int, count: int
) -> None:
    hook, sizes = leave_unprocessed(keep)
    with failing_requests(client, hook), pytest.raises(StoreUnavailable):
        table.read_many([new_recipient() for _ in range(count)])
    assert len(sizes) > 1
