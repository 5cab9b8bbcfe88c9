"""Verifies webhooks of Heed by the scheme of Standard Webhooks, and reads them."""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from heed.client.failures import InvalidSetting, InvalidWebhook, NotUnderstood
from heed.client.members import Members
from heed.clock import now
from heed.domain.webhooks.webhook_errors import InvalidWebhookSecret
from heed.domain.webhooks.webhook_signature import parse_webhook_secret, sign_webhook

_TOLERANCE = 300  # seconds
_MAX_DIGITS = 12  # of a time in seconds
_OF_RECIPIENT = "recipient."
_OF_IMPORT = "import.done"


class Headers(Protocol):
    """The headers of a request, as all frameworks have them. Their names are in any case."""

    def items(self) -> Iterable[tuple[str, Any]]:
        """Returns names and values."""


@dataclass(frozen=True, slots=True)
class WebhookEvent:
    """What a webhook reports. A type that this client does not know has no more than these attributes.

    Attributes:
        id: the id of the event, the same at every delivery.
        type: the type, such as `recipient.opted_out`.
        at: when it happened. The newest of a recipient and scope counts; of two, the one that stops mail.
        data: all members of the event, as docs/reference/events.md lists them.
    """

    id: str
    type: str
    at: datetime
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RecipientWebhook(WebhookEvent):
    """A change of one person.

    Attributes:
        recipient: the recipient id.
        scope: `*`, a brand or a topic.
        state: what happened, in one word.
        source: how it arrived, such as `one-click`.
        until: when it ends by itself.
        ref: your own id of the person, if the link had one. Anybody can edit a link, so it is a hint.
        campaign: the campaign of the link, likewise.
    """

    recipient: str
    scope: str
    state: str
    source: str
    until: datetime | None
    ref: str | None
    campaign: str | None


@dataclass(frozen=True, slots=True)
class ImportWebhook(WebhookEvent):
    """An import that was recorded, stopped, or taken back. It names no person.

    Attributes:
        job: the id of the job.
        state: `done`, `stopped` or `taken-back`.
        counts: its numbers of rows or people, by name.
    """

    job: str
    state: str
    counts: Mapping[str, int]


def verify_webhook(secrets: str | Iterable[str], headers: Headers, body: bytes) -> WebhookEvent:
    """Returns what a webhook reports, once a signature of Heed is verified.

    Args:
        secrets: the secret, or several during a change; with or without `whsec_` before it.
        headers: the headers of the request.
        body: the body of the request, byte by byte as it arrived.

    Raises:
        InvalidWebhook: Heed did not send it, or not in the last five minutes. Answer 401.
        NotUnderstood: Heed sent it, and this client is too old to read it.
        InvalidSetting: a secret is malformed, or there is none.
    """
    keys = _parse_secrets([secrets] if isinstance(secrets, str) else secrets)
    fields = {name.lower(): str(value) for name, value in headers.items()}
    webhook_id = fields.get("webhook-id", "")
    if not webhook_id.isascii():
        raise InvalidWebhook("the id of the webhook is not one of Heed")
    seconds = _parse_seconds(fields.get("webhook-timestamp", ""))
    if abs(now() - seconds * 1_000) > _TOLERANCE * 1_000:
        raise InvalidWebhook("the webhook is not of the last five minutes")
    valid = sign_webhook(webhook_id, seconds, body, keys)["webhook-signature"].split(" ")
    signatures = fields.get("webhook-signature", "").split(" ")
    if not any(_are_equal(given, made) for given in signatures for made in valid):
        raise InvalidWebhook("no signature of the webhook is valid")
    return _read_event(webhook_id, body)


def _parse_secrets(secrets: Iterable[str]) -> list[bytes]:
    try:
        keys = [parse_webhook_secret(secret) for secret in secrets]
    except InvalidWebhookSecret as error:
        raise InvalidSetting(f"the secret is {error}") from None
    if not keys:
        raise InvalidSetting("there is no secret")
    return keys


def _parse_seconds(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= _MAX_DIGITS):
        raise InvalidWebhook("the webhook has no time")
    return int(text)


def _are_equal(given: str, made: str) -> bool:
    return hmac.compare_digest(given.encode(errors="replace"), made.encode())


def _read_event(webhook_id: str, body: bytes) -> WebhookEvent:
    try:
        members = Members(json.loads(body))
    except (ValueError, RecursionError):
        raise NotUnderstood("the webhook is not JSON") from None
    event_type, data = members.text("type"), members.object("data")
    event = (webhook_id, event_type, data.time("at"), data.all)
    if event_type.startswith(_OF_RECIPIENT):
        return RecipientWebhook(
            *event,
            data.text("recipient"),
            data.text("scope"),
            data.text("state"),
            data.text("source"),
            data.time_or_none("until"),
            data.text_or_none("ref"),
            data.text_or_none("campaign"),
        )
    if event_type == _OF_IMPORT:
        counts = {name: value for name, value in data.all.items() if type(value) is int}
        return ImportWebhook(*event, data.text("job"), data.text("state"), counts)
    return WebhookEvent(*event)
