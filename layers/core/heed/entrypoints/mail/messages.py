"""Starts the messages that Heed sends, so that no text can add a header field or a recipient."""

from __future__ import annotations

import re
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy

_UNFOLDED = ("list-", "in-reply-to", "references")
# Python decodes encoded words in a header value. The decoded text might contain a line end (RFC 2047 §2).
_ENCODED = re.compile(r"=\?+")


class _Policy(EmailPolicy):
    """An e-mail policy with SMTP line ends that never folds a header with a URL or a message id.

    Python folds a long header by encoding it. Mail clients do not find a URL in an encoded word.
    """

    def fold(self, name: str, value: str) -> str:
        if name.lower().startswith(_UNFOLDED):
            return f"{name}: {value}{self.linesep}"
        return str(super().fold(name, value))

    def fold_binary(self, name: str, value: str) -> bytes:
        if name.lower().startswith(_UNFOLDED):
            return self.fold(name, value).encode("ascii")
        return bytes(super().fold_binary(name, value))


_POLICY = _Policy(linesep="\r\n")


def start_message(title: str, sender: str, to: str, subject: str) -> EmailMessage:
    """Returns a message without a body.

    Args:
        title: The name of the sender.
        sender: The address of the sender.
        to: The address of the recipient.
        subject: The subject. It may be any text.
    """
    message = EmailMessage(_POLICY)
    message["From"] = Address(_to_one_line(title), addr_spec=sender)
    message["To"] = Address(addr_spec=to)
    message["Subject"] = _to_one_line(subject)
    return message


def _to_one_line(text: str) -> str:
    """Returns a text for a header, without characters that could end the line."""
    return _ENCODED.sub("=", "".join(character for character in text if character.isprintable()))
