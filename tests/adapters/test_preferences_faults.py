"""The table under faults: throttled, silent after or before the commit, answers cut, keys left unread."""

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
from heed.domain.preferences.record import EMPTY_RECORD
from heed.domain.preferences.register import SOFT_BOUNCE, Change, Entry, Register, Source
from tests.adapters.conftest import TABLE, somebody
from tests.support.registers import in_, out
from tests.support.template import table_definition

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NOW = 1_772_701_964_390
ATTEMPTS = 3  # botocore's own, as configured
Fault = Callable[[str, Any], Any]


def change(register: Register, at: int = NOW) -> Change:
    return Change(register, Entry(at, Source.LINK, "{}"))


ONE = [change(out(2))]
SOFT_DAY = [change(SOFT_BOUNCE)]
FORM = [change(out(2)), change(in_(3))]


class Body:
    """What botocore reads an answer from."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self._content


def answer(status: int, body: bytes) -> AWSResponse:
    headers = {"x-amzn-RequestId": "made-up", "Content-Type": "application/x-amz-json-1.0"}
    return AWSResponse("https://dynamodb", status, headers, Body(body))  # type: ignore[arg-type]


def refusal(code: str, status: int = 400) -> Fault:
    body = json.dumps({"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "made up"})
    return lambda _event, _request: answer(status, body.encode())


def committed_then(fault: Exception) -> Fault:
    """The request does its work; the answer never arrives."""

    def hook(event: str, request: Any) -> None:
        botocore_stubber(event, request)
        raise fault

    return hook


def never_sent(fault: Exception) -> Fault:
    def hook(event: str, request: Any) -> None:
        raise fault

    return hook


def cut(event: str, request: Any) -> AWSResponse:
    """The request does its work; of its answer half arrives."""
    whole = botocore_stubber(event, request)
    assert whole is not None
    return answer(whole.status_code, whole.content[: len(whole.content) // 2] or b"{")


READ_TIMEOUT = ReadTimeoutError(endpoint_url="https://dynamodb")
CONNECT_TIMEOUT = ConnectTimeoutError(endpoint_url="https://dynamodb")

TRANSIENT = {
    "ProvisionedThroughputExceeded": refusal("ProvisionedThroughputExceededException"),
    "Throttling": refusal("ThrottlingException"),
    "RequestLimitExceeded": refusal("RequestLimitExceeded"),
    "InternalServerError": refusal("InternalServerError", 500),
    "ServiceUnavailable": refusal("ServiceUnavailable", 503),
    "time-out before the commit": never_sent(CONNECT_TIMEOUT),
    "time-out after the commit": committed_then(READ_TIMEOUT),
    "no connection": never_sent(EndpointConnectionError(endpoint_url="https://dynamodb")),
}
LASTING = {
    "TransactionConflict": refusal("TransactionConflictException"),
    "AccessDenied": refusal("AccessDeniedException"),
    "a bug of ours, or an item that is full": refusal("ValidationException"),
    "no such table": refusal("ResourceNotFoundException"),
    "the key of the table is disabled": refusal("KMSDisabledException"),
    "ReplicatedWriteConflict": refusal("ReplicatedWriteConflictException"),
    "an error page": lambda _event, _request: answer(502, b"<html>Bad Gateway</html>"),
    "an answer cut on the way": cut,
}


@pytest.fixture
def client() -> Iterator[DynamoDBClient]:
    """Of a fresh process: how often botocore tries again depends on what failed before."""
    with mock_aws():
        made = boto3.client("dynamodb", config=CLIENT_CONFIG)
        made.create_table(TableName=TABLE, **table_definition("PreferencesTable"))
        yield made


@pytest.fixture
def table(client: DynamoDBClient, monkeypatch: pytest.MonkeyPatch) -> PreferencesTable:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    return PreferencesTable(client, TABLE, pause=lambda _: None)


@contextmanager
def failing(client: DynamoDBClient, fault: Fault, times: int = 1000) -> Iterator[list[str]]:
    """The first so many requests meet a fault; which operations were tried in all."""
    tried: list[str] = []

    def nemesis(event_name: str, request: Any, **_: Any) -> Any:
        tried.append(event_name.rpartition(".")[2])
        botocore_stubber.enabled = True
        answered = fault(event_name, request) if len(tried) <= times else None
        # Every handler of the event is called, whoever answered: moto must not do it all the same.
        botocore_stubber.enabled = answered is None
        return answered

    client.meta.events.register_first("before-send.dynamodb.*", nemesis)
    try:
        yield tried
    finally:
        client.meta.events.unregister("before-send.dynamodb.*", nemesis)
        botocore_stubber.enabled = True


@pytest.mark.parametrize("changes", [ONE, SOFT_DAY, FORM], ids=["one", "soft", "form"])
@pytest.mark.parametrize("fault", TRANSIENT.values(), ids=TRANSIENT.keys())
def test_what_passes_is_tried_again_and_leaves_what_one_write_leaves(
    table: PreferencesTable, client: DynamoDBClient, fault: Fault, changes: list[Change]
) -> None:
    plain = somebody()
    wanted = table.apply(plain, changes, NOW).after
    for times in range(1, ATTEMPTS):
        who = somebody()
        with failing(client, fault, times):
            applied = table.apply(who, changes, NOW)
        assert applied.after == table.read(who) == wanted


@pytest.mark.parametrize("changes", [ONE, SOFT_DAY, FORM], ids=["one", "soft", "form"])
@pytest.mark.parametrize("fault", (TRANSIENT | LASTING).values(), ids=(TRANSIENT | LASTING).keys())
def test_what_lasts_is_unavailable_never_a_success_and_heals_by_repeating(
    table: PreferencesTable, client: DynamoDBClient, fault: Fault, changes: list[Change]
) -> None:
    who = somebody()
    with failing(client, fault), pytest.raises(StoreUnavailable):
        table.apply(who, changes, NOW)
    applied = table.apply(who, changes, NOW)
    assert applied.after == table.read(who)
    assert applied.after.revision == 1


@pytest.mark.parametrize("fault", (TRANSIENT | LASTING).values(), ids=(TRANSIENT | LASTING).keys())
def test_a_read_that_fails_is_never_nobody(
    table: PreferencesTable, client: DynamoDBClient, fault: Fault
) -> None:
    who = somebody()
    table.apply(who, ONE, NOW)
    with failing(client, fault):
        with pytest.raises(StoreUnavailable):
            table.read(who)
        with pytest.raises(StoreUnavailable):
            table.read_many([who])
        with pytest.raises(StoreUnavailable):
            table.read_many([who, *(somebody() for _ in range(250))])


def test_a_process_that_dies_after_the_commit_heals_on_redelivery(
    table: PreferencesTable, client: DynamoDBClient
) -> None:
    def dies(event: str, request: Any) -> None:
        botocore_stubber(event, request)
        raise KeyboardInterrupt

    for changes in (ONE, FORM):
        who = somebody()
        with failing(client, dies), pytest.raises(KeyboardInterrupt):
            table.apply(who, changes, NOW)
        assert table.apply(who, changes, NOW).after == table.read(who)


def test_a_refusal_that_does_not_say_what_stands_is_never_a_success(
    table: PreferencesTable, client: DynamoDBClient
) -> None:
    with (
        failing(client, refusal("ConditionalCheckFailedException")),
        pytest.raises(HeedError),
    ):
        table.apply(somebody(), ONE, NOW)


def test_the_words_of_a_failure_name_nobody(table: PreferencesTable, client: DynamoDBClient) -> None:
    who = somebody()
    with failing(client, refusal("ThrottlingException")):
        for call in (lambda: table.read(who), lambda: table.apply(who, ONE, NOW)):
            with pytest.raises(StoreUnavailable) as caught:
                call()
            assert str(caught.value) == "ThrottlingException"


def leaving_unread(keep: int) -> tuple[Fault, list[int]]:
    """Of each batch only the first few keys are served, the rest comes back as unprocessed."""
    sizes: list[int] = []

    def hook(event: str, request: Any) -> AWSResponse:
        asked = json.loads(request.body)["RequestItems"][TABLE]
        assert asked["ConsistentRead"] is True
        keys = asked["Keys"]
        sizes.append(len(keys))
        served = [{"id": key["id"], "n": {"N": "1"}, "salt": {"B": "AAAA"}} for key in keys[:keep]]
        left = {TABLE: {**asked, "Keys": keys[keep:]}} if keys[keep:] else {}
        body = {"Responses": {TABLE: served}, "UnprocessedKeys": left}
        return answer(200, json.dumps(body).encode())

    return hook, sizes


def test_keys_left_unread_are_asked_for_again(table: PreferencesTable, client: DynamoDBClient) -> None:
    people = [somebody() for _ in range(100)]
    hook, sizes = leaving_unread(40)
    with failing(client, hook):
        found = table.read_many(people)
    assert sizes == [100, 60, 20]
    assert all(found[who] != EMPTY_RECORD for who in people)


@pytest.mark.parametrize("keep", [0, 1])
@pytest.mark.parametrize("count", [10, 150])
def test_keys_left_unread_to_the_end_are_unavailable_and_never_nobody(
    table: PreferencesTable, client: DynamoDBClient, keep: int, count: int
) -> None:
    hook, sizes = leaving_unread(keep)
    with failing(client, hook), pytest.raises(StoreUnavailable):
        table.read_many([somebody() for _ in range(count)])
    assert len(sizes) > 1
