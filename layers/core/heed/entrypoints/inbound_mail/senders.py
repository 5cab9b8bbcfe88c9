"""Reads the addresses of a `From` field."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from heed.domain.errors import InvalidAddress
from heed.domain.recipients.address import normalise_address


def parse_senders(values: Iterable[str]) -> tuple[str | None, ...]:
    """Returns each address in the `From` fields, normalised; None in place of one that cannot be read.

    A reader of mail that finds another address than SES did would give the request to another person. So
    this reader accepts few forms, and a form that it does not know is None: groups, routes, two addresses
    without a comma. `email.utils.getaddresses` guesses (CVE-2023-27043).
    """
    return tuple(_normalise(mailbox) for value in values for mailbox in _split_mailboxes(value))


def _normalise(mailbox: str) -> str | None:
    try:
        return normalise_address(mailbox)
    except InvalidAddress:
        return None


def _split_mailboxes(value: str) -> Iterator[str]:
    """Splits at commas outside of quotes, comments and angle brackets, and leaves out the comments."""
    current: list[str] = []
    comments = 0
    quoted = escaped = bracketed = False
    for character in value:
        is_text = quoted or comments > 0
        if character == "," and not is_text and not bracketed:
            yield "".join(current)
            current.clear()
            continue
        if escaped or (character == "\\" and is_text):
            escaped = not escaped
        elif character == '"' and not comments:
            quoted = not quoted
        elif not quoted and character in "()":
            comments = max(comments + (1 if character == "(" else -1), 0)
            current.append(" ")
            continue
        elif not is_text and character in "<>":
            bracketed = character == "<"
        if not comments:
            current.append(character)
    yield '"' if comments else "".join(current)  # a comment that never ends may hide an address
