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
    uris = (part.strip(" <>") for part in str(mail.get("List-Unsubscribe", "")).split(","))
    return next((uri for uri in uris if uri.startswith("http")), None)
