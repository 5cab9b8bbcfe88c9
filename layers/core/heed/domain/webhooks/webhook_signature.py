"""Signs webhooks by the scheme of Standard Webhooks, version 1: https://www.standardwebhooks.com."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterable

from heed.domain.webhooks.webhook_errors import InvalidWebhookSecret

_PREFIX = "whsec_"  # a secret may have it, as the libraries of Standard Webhooks write it
_SHORTEST, _LONGEST = 24, 64  # bytes of a key, as Standard Webhooks demands


def parse_webhook_secret(text: str) -> bytes:
    """Returns the key of a secret.

    Raises:
        InvalidWebhookSecret: The secret is not base64 of 24 to 64 bytes. The error does not contain it.
    """
    try:
        key = base64.b64decode(text.removeprefix(_PREFIX), validate=True)
    except ValueError:
        raise InvalidWebhookSecret("not base64") from None
    if not _SHORTEST <= len(key) <= _LONGEST:
        raise InvalidWebhookSecret(f"not {_SHORTEST} to {_LONGEST} bytes in base64")
    return key


def sign_webhook(webhook_id: str, seconds: int, body: bytes, keys: Iterable[bytes]) -> dict[str, str]:
    """Returns the headers that prove the sender of a webhook.

    Args:
        webhook_id: the id of the webhook.
        seconds: the time of this attempt, in seconds since the Unix epoch.
        body: the body of the request.
        keys: the keys. Each of them makes a signature, of which the receiver needs to know one.
    """
    signed = f"{webhook_id}.{seconds}.".encode() + body
    signatures = [f"v1,{base64.b64encode(hmac.digest(key, signed, 'sha256')).decode()}" for key in keys]
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(signatures),
    }
