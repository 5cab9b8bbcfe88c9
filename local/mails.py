"""A mail as a mail client sees it: sender, subject, headers, the unsubscribe button and both parts."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Mail(NamedTuple):
    """A mail that was sent.

    Attributes:
        name: The name of the sender.
        sender: The address of the sender.
        to: The recipients.
        subject: The subject.
        headers: All headers in their order.
        html: The HTML part.
        text: The plain text part. Empty if the mail has none.
    """

    name: str
    sender: str
    to: str
    subject: str
    headers: tuple[tuple[str, str], ...]
    html: str
    text: str

    @property
    def one_click_url(self) -> str | None:
        """The URL to which the unsubscribe button of a mail client posts (RFC 8058), or None without one."""
        return find_one_click_url(dict(self.headers))


def find_one_click_url(headers: Mapping[str, str]) -> str | None:
    """Returns the URL of one-click in the headers of a mail (RFC 8058), or None if the mail offers none."""
    if "List-Unsubscribe-Post" not in headers:
        return None
    uris = (part.strip(" <>") for part in headers.get("List-Unsubscribe", "").split(","))
    return next((uri for uri in uris if uri.startswith("http")), None)


def parse_mail(content: bytes) -> Mail:
    """Returns the mail of a MIME message."""
    message = message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)  # noqa: S101 - the policy says so; the stubs do not
    sender = message["From"].addresses[0]
    return Mail(
        sender.display_name,
        sender.addr_spec,
        str(message["To"]),
        str(message["Subject"]),
        tuple((name, str(value)) for name, value in message.items()),
        *(_get_part(message, kind) for kind in ("html", "plain")),
    )


def _get_part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return part.get_content() if part else ""
