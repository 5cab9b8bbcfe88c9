"""Webhooks that the client accepts, and those that it refuses."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.message import Message
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from heed import clock
from heed.client import (
    ImportWebhook,
    InvalidSetting,
    InvalidWebhook,
    NotUnderstood,
    RecipientWebhook,
    WebhookEvent,
    verify_webhook,
)
from heed.client import webhook as module
from heed.domain.milliseconds import Millis
from tests.support.webhook_receiver import WEBHOOK_SECRET

OTHER_SECRET = base64.b64encode(b"another secret of 32 bytes......").decode()
AT = "2026-03-05T09:12:44.390Z"
DETAIL = {
    "id": "a1",
    "recipient": "jz4wbmpruykluzhzykzinbwxle",
    "scope": "offers",
    "state": "out",
    "at": AT,
    "source": "one-click",
    "ref": "customer-4711",
}


def body_of(event_type: str = "recipient.opted_out", data: Any = None) -> bytes:
    return json.dumps({"type": event_type, "timestamp": AT, "data": data or DETAIL}).encode()


def signed(body: bytes, secret: str = WEBHOOK_SECRET, seconds: float = 0) -> dict[str, str]:
    """Returns headers that the library of Standard Webhooks makes, this many seconds from now."""
    moment = int(time.time() + seconds)
    signature = Webhook(f"whsec_{secret}").sign("a1", datetime.fromtimestamp(moment, UTC), body.decode())
    return {"webhook-id": "a1", "webhook-timestamp": str(moment), "webhook-signature": signature}


def test_the_published_vector_of_standard_webhooks_verifies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "now", lambda: Millis(1_614_265_330_000))
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    with pytest.raises(NotUnderstood):  # it is valid, and it is no event of Heed
        verify_webhook("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", headers, b'{"test": 2432232314}')


@given(key=st.binary(min_size=24, max_size=64), scope=st.text())
def test_what_the_library_signs_is_verified(key: bytes, scope: str) -> None:
    secret = base64.b64encode(key).decode()
    body = body_of(data={**DETAIL, "scope": scope})
    event = verify_webhook(secret, signed(body, secret), body)
    assert isinstance(event, RecipientWebhook)
    assert event.scope == scope


def test_a_change_of_a_person_is_typed() -> None:
    body = body_of(data={**DETAIL, "until": AT, "campaign": "spring", "new": 1})

    event = verify_webhook(WEBHOOK_SECRET, signed(body), body)

    at = datetime(2026, 3, 5, 9, 12, 44, 390_000, UTC)
    data = {**DETAIL, "until": AT, "campaign": "spring", "new": 1}
    assert event == RecipientWebhook(
        id="a1",
        type="recipient.opted_out",
        at=at,
        data=data,
        recipient=DETAIL["recipient"],
        scope="offers",
        state="out",
        source="one-click",
        until=at,
        ref="customer-4711",
        campaign="spring",
    )


def test_an_import_has_counts_and_no_recipient() -> None:
    body = body_of("import.done", {"id": "a1", "job": "j1", "state": "done", "at": AT, "applied": 3})

    event = verify_webhook(WEBHOOK_SECRET, signed(body), body)

    assert isinstance(event, ImportWebhook)
    assert (event.job, event.state, event.counts) == ("j1", "done", {"applied": 3})
    assert not hasattr(event, "recipient")


def test_a_type_of_a_later_version_has_its_data() -> None:
    body = body_of("other.thing", {"at": AT, "x": 1})

    event = verify_webhook(WEBHOOK_SECRET, signed(body), body)

    assert (type(event), event.type, event.data) == (WebhookEvent, "other.thing", {"at": AT, "x": 1})


def test_one_valid_signature_of_several_is_enough_and_so_is_one_of_several_secrets() -> None:
    body = body_of()
    headers, other = signed(body), signed(body, OTHER_SECRET)["webhook-signature"]
    both = {**headers, "webhook-signature": f"v1a,x {other} {headers['webhook-signature']}"}

    assert verify_webhook(WEBHOOK_SECRET, both, body)
    assert verify_webhook(f"whsec_{WEBHOOK_SECRET}", both, body)
    assert verify_webhook([OTHER_SECRET, WEBHOOK_SECRET], headers, body)


def test_names_of_headers_are_in_any_case() -> None:
    body = body_of()
    message = Message()  # what http.server has
    for name, value in signed(body).items():
        message[name.title()] = value

    assert verify_webhook(WEBHOOK_SECRET, message, body).id == "a1"


@pytest.mark.parametrize(
    "change",
    [
        {"webhook-id": "a2"},
        {"webhook-id": ""},
        {"webhook-timestamp": ""},
        {"webhook-timestamp": "now"},
        {"webhook-timestamp": "-1"},
        {"webhook-timestamp": "٣"},
        {"webhook-timestamp": "9" * 5_000},
        {"webhook-signature": ""},
        {"webhook-signature": "v1,"},
        {"webhook-signature": "v1,é\udce9"},
    ],
)
def test_another_request_is_refused(change: Mapping[str, str]) -> None:
    body = body_of()
    with pytest.raises(InvalidWebhook):
        verify_webhook(WEBHOOK_SECRET, {**signed(body), **change}, body)


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_request_without_one_of_the_headers_is_refused(name: str) -> None:
    body = body_of()
    headers = signed(body)
    del headers[name]
    with pytest.raises(InvalidWebhook):
        verify_webhook(WEBHOOK_SECRET, headers, body)


@pytest.mark.threat(
    "T56",
    "Somebody sends a made-up webhook, or an old one again, to the system of a sender.",
    "The client returns nothing of a request before its signature and its age are verified.",
)
def test_another_body_and_another_secret_are_refused() -> None:
    body = body_of()
    for secret, received in ((OTHER_SECRET, body), (WEBHOOK_SECRET, body + b" "), (WEBHOOK_SECRET, b"")):
        with pytest.raises(InvalidWebhook):
            verify_webhook(secret, signed(body), received)


@pytest.mark.parametrize("webhook_id", ["ü", "\udcff", None, 7])
def test_an_id_that_is_none_is_refused(webhook_id: Any) -> None:
    body = body_of()
    with pytest.raises(InvalidWebhook):
        verify_webhook(WEBHOOK_SECRET, {**signed(body), "webhook-id": webhook_id}, body)


@pytest.mark.parametrize(("seconds", "is_valid"), [(-301, False), (-299, True), (299, True), (302, False)])
def test_a_webhook_counts_for_five_minutes(
    seconds: int, *, is_valid: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = clock.now()
    monkeypatch.setattr(module, "now", lambda: at)
    body = body_of()
    headers = signed(body, seconds=seconds)
    if is_valid:
        assert verify_webhook(WEBHOOK_SECRET, headers, body)
    else:
        with pytest.raises(InvalidWebhook, match="five minutes"):
            verify_webhook(WEBHOOK_SECRET, headers, body)


@pytest.mark.parametrize("secrets", ["", [], "x", ["whsec_"], [WEBHOOK_SECRET, "A" * 33]])
def test_a_malformed_secret_is_refused_and_not_repeated(secrets: Any) -> None:
    body = body_of()
    with pytest.raises(InvalidSetting) as refused:
        verify_webhook(secrets, signed(body), body)
    assert WEBHOOK_SECRET not in str(refused.value) and "A" * 33 not in str(refused.value)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"x",
        b"[]",
        b"{}",
        b"\xff",
        json.dumps({"type": 3, "data": DETAIL}).encode(),
        body_of(data={"at": AT}),
        body_of(data={**DETAIL, "at": "today"}),
        body_of(data={**DETAIL, "ref": 7}),
        body_of("import.done", {"at": AT}),
    ],
)
def test_a_valid_webhook_that_cannot_be_read_is_not_understood(body: bytes) -> None:
    moment = int(time.time())
    text = body.decode("latin-1")
    if text.encode() != body:  # the library signs texts alone
        from heed.domain.webhooks.webhook_signature import parse_webhook_secret, sign_webhook

        headers = sign_webhook("a1", moment, body, [parse_webhook_secret(WEBHOOK_SECRET)])
    else:
        headers = signed(body)
    with pytest.raises(NotUnderstood):
        verify_webhook(WEBHOOK_SECRET, headers, body)
