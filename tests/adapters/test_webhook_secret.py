"""The secret of webhooks: read every five minutes, with the version before it for a day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from heed.adapters.webhook_secret import WebhookSecret
from heed.domain.milliseconds import Millis
from heed.domain.webhooks.webhook_errors import WebhookSecretUnavailable
from heed.domain.webhooks.webhook_signature import parse_webhook_secret

FIRST, SECOND, THIRD = ("A" * 64, "B" * 64, "C" * 64)
DAY = 86_400_000


@pytest.fixture
def client() -> Iterator[Any]:
    with mock_aws():
        made = boto3.client("secretsmanager", region_name="us-east-1")
        made.create_secret(Name="webhook", SecretString=FIRST)
        yield made


def created(client: Any) -> int:
    at: dt.datetime = client.get_secret_value(SecretId="webhook")["CreatedDate"]
    return round(at.timestamp() * 1000)


def keys(*secrets: str) -> tuple[bytes, ...]:
    return tuple(map(parse_webhook_secret, secrets))


def test_the_first_secret_has_none_before_it(client: Any) -> None:
    secret = WebhookSecret(client, "webhook")
    assert secret.read(Millis(created(client))) == keys(FIRST)


def test_the_secret_before_a_change_signs_for_a_day(client: Any) -> None:
    for text in (SECOND, THIRD):
        client.put_secret_value(SecretId="webhook", SecretString=text)
    at = created(client)
    assert WebhookSecret(client, "webhook").read(Millis(at + DAY - 1_000)) == keys(THIRD, SECOND)
    assert WebhookSecret(client, "webhook").read(Millis(at + DAY)) == keys(THIRD)


def test_a_secret_is_read_again_after_five_minutes(client: Any) -> None:
    seconds = [0.0]
    secret, at = WebhookSecret(client, "webhook", lambda: seconds[0]), Millis(created(client) + 2 * DAY)
    secret.read(at)
    client.put_secret_value(SecretId="webhook", SecretString=SECOND)
    seconds[0] = 299.0
    assert secret.read(at) == keys(FIRST)
    seconds[0] = 300.0
    assert secret.read(at) == keys(SECOND)


@pytest.mark.parametrize("responses", [[{}], [{"SecretString": FIRST}, {}]])
def test_a_truncated_response_is_unavailable(client: Any, responses: list[dict[str, Any]]) -> None:
    now = dt.datetime.now(dt.UTC)
    with Stubber(client) as stub:
        for response in responses:
            whole = {**response, "CreatedDate": now} if response else {}
            stub.add_response("get_secret_value", whole)
        with pytest.raises(WebhookSecretUnavailable):
            WebhookSecret(client, "webhook").read(Millis(int(now.timestamp() * 1000)))


@pytest.mark.parametrize("code", ["AccessDeniedException", "ResourceNotFoundException"])
def test_a_refused_read_is_unavailable(client: Any, code: str) -> None:
    with Stubber(client) as stub:
        stub.add_client_error("get_secret_value", code)
        with pytest.raises(WebhookSecretUnavailable, match=code):
            WebhookSecret(client, "webhook").read(Millis(0))


def test_a_refused_read_of_the_version_before_is_unavailable(client: Any) -> None:
    with Stubber(client) as stub:
        now = dt.datetime.now(dt.UTC)
        stub.add_response("get_secret_value", {"SecretString": FIRST, "CreatedDate": now})
        stub.add_client_error("get_secret_value", "ThrottlingException")
        with pytest.raises(WebhookSecretUnavailable, match="ThrottlingException"):
            WebhookSecret(client, "webhook").read(Millis(int(now.timestamp() * 1000)))
