"""Signatures of webhooks by Standard Webhooks, and when a webhook is tried again."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from heed.domain.milliseconds import Millis
from heed.domain.webhooks.webhook_errors import InvalidWebhookSecret
from heed.domain.webhooks.webhook_retries import WebhookAttempt
from heed.domain.webhooks.webhook_signature import parse_webhook_secret, sign_webhook

DAY = 86_400_000


def test_the_published_vector_of_standard_webhooks_passes() -> None:
    key = parse_webhook_secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    headers = sign_webhook("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, b'{"test": 2432232314}', [key])
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


@given(key=st.binary(min_size=24, max_size=64), body=st.text().map(str.encode), seconds=st.integers(0, 2**33))
def test_the_library_makes_the_same_signature(key: bytes, body: bytes, seconds: int) -> None:
    secret = base64.b64encode(key).decode()
    assert parse_webhook_secret(secret) == parse_webhook_secret(f"whsec_{secret}") == key
    signed = sign_webhook("a1", seconds, body, [key])["webhook-signature"]
    assert signed == Webhook(secret).sign("a1", datetime.fromtimestamp(seconds, UTC), body.decode())


def test_each_key_makes_a_signature_in_its_order() -> None:
    keys = [b"a" * 24, b"b" * 24]
    both = sign_webhook("a1", 1, b"{}", keys)["webhook-signature"]
    assert both.split(" ") == [sign_webhook("a1", 1, b"{}", [key])["webhook-signature"] for key in keys]


@pytest.mark.parametrize("size", [24, 48, 64])
def test_a_secret_has_24_to_64_bytes(size: int) -> None:
    assert len(parse_webhook_secret(base64.b64encode(bytes(size)).decode())) == size


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "whsec_",
        base64.b64encode(bytes(23)).decode(),
        base64.b64encode(bytes(65)).decode(),
        "A" * 33,
        "A" * 31 + "-",
        "A" * 31 + " ",
        "whsec_whsec_" + "A" * 32,
        "é" * 32,
    ],
)
def test_any_other_secret_is_refused_and_not_repeated(secret: str) -> None:
    with pytest.raises(InvalidWebhookSecret) as refused:
        parse_webhook_secret(secret)
    assert not secret or secret not in str(refused.value)
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


def test_an_attempt_is_the_last_one_a_day_after_the_event() -> None:
    attempts = [WebhookAttempt(1, Millis(5), Millis(5 + waited)) for waited in (0, DAY - 1, DAY, 9 * DAY)]
    assert [attempt.is_last for attempt in attempts] == [False, False, True, True]


def test_all_attempts_of_a_day_are_about_thirty() -> None:
    waited, number = 0, 1
    while waited < DAY // 1000:
        waited += WebhookAttempt(number, Millis(0), Millis(0)).seconds_to_next
        number += 1
    assert number == 32
