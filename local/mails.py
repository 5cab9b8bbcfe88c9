"""Reads a mail as a mail client does."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def parse_mail(content: bytes) -> EmailMessage:
    """Returns the mail of a MIME message."""
    return message_from_bytes(content, EmailMessage, policy=policy.default)


def get_part(mail: EmailMessage, kind: str) -> str:
    """Returns the text of the part of a kind, `html` or `plain`, or an empty text without such a part."""
    part = mail.get_body((kind,))
    return part.get_content() if part else ""


def find_one_click_url(mail: EmailMessage | Mapping[str, str]) -> str | None:
    """Returns the URL to which the unsubscribe button posts (RFC 8058), or None if the mail offers none.

    Args:
        mail: The mail, or its headers.
    """
    if "List-Unsubscribe-Post" not in mail:
        return None
    return next((uri for uri in list_unsubscribe_uris(mail) if uri.startswith("http")), None)


def list_unsubscribe_uris(mail: EmailMessage | Mapping[str, str]) -> list[str]:
    """Returns the URIs by which a mail, or its headers, lets its reader unsubscribe (RFC 2369)."""
    return [part.strip(" <>") for part in str(mail.get("List-Unsubscribe", "")).split(",")]
