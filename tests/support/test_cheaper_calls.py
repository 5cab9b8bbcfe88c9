"""A call has the same request and the same error with the faster botocore as with the published one."""

from __future__ import annotations

import re
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import BotoCoreError, ParamValidationError
from moto.core.botocore_stubber import MockRawResponse

from tests.support.deployment import client
from tests.support.test_cheaper_moto import both

_SCOPE = re.compile("Credential=([^/]+)/[^/]+/([^/]+)/([^/]+)/aws4_request")


@pytest.mark.parametrize(
    "value", [{"S": 1}, {"N": 1}, {"BOOL": "x"}, {"X": "x"}, {"M": {"a": {"S": b"x"}}}, "x"]
)
def test_a_wrong_value_has_the_same_error(cheaper_moto: pytest.MonkeyPatch, value: Any) -> None:
    cheaper, published = both(cheaper_moto, lambda: _refusal(value))
    assert cheaper == published


def _refusal(value: Any) -> str:
    with pytest.raises(ParamValidationError) as error:
        client("dynamodb").get_item(TableName="Preferences", Key={"id": value})
    return str(error.value)


_CALLS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("dynamodb", "get_item", {"TableName": "Preferences", "Key": {"id": {"S": "one"}}}),
    ("dynamodb", "get_item", {"TableName": "arn:aws:dynamodb:us-east-1:123456789012:table/t", "Key": {}}),
    ("dynamodb", "transact_write_items", {"TransactItems": []}),
    ("dynamodb", "list_tables", {}),
    ("kms", "list_keys", {}),
    ("sqs", "send_message", {"QueueUrl": "https://queue.amazonaws.com/1/q", "MessageBody": "a"}),
    ("sesv2", "get_account", {}),
    ("sesv2", "send_email", {"Content": {}, "EndpointId": "a.b"}),
    ("events", "put_events", {"Entries": []}),
    ("events", "put_events", {"Entries": [], "EndpointId": "a.b"}),
    ("s3", "get_object", {"Bucket": "ledger", "Key": "a b"}),
    ("stepfunctions", "list_state_machines", {}),
)


@pytest.mark.parametrize(("service", "operation", "parameters"), _CALLS)
def test_a_call_is_the_same_request_with_the_same_key(
    cheaper_moto: pytest.MonkeyPatch, service: str, operation: str, parameters: dict[str, Any]
) -> None:
    cheaper, published = both(cheaper_moto, lambda: _requests(service, operation, parameters))
    assert cheaper == published


def _requests(service: str, operation: str, parameters: dict[str, Any]) -> list[Any]:
    """Returns what moto reads of each of two requests, or the error before them."""
    sent: list[Any] = []

    def keep(request: Any, **_: Any) -> AWSResponse:
        headers = {
            name: value for name, value in request.headers.items() if name in ("X-Amz-Target", "Content-Type")
        }
        scope = _SCOPE.search(str(request.headers["Authorization"]))
        sent.append(
            (request.method, request.url, headers, bytes(request.body or b""), scope and scope.groups())
        )
        return AWSResponse(request.url, 200, HTTPHeaders(), MockRawResponse("{}"))

    events = client(service).meta.events
    events.register_first("before-send", keep)
    try:
        for _ in range(2):
            getattr(client(service), operation)(**parameters)
    except (BotoCoreError, ValueError) as error:
        return [repr(error)]
    finally:
        events.unregister("before-send", keep)
    return sent
