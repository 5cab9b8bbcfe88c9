"""Parses the messages of Heed's queues. Only the exact format that Heed sends is valid.

A message from another sender, or from a later version of Heed, can never be handled. The functions here
raise MalformedMessage before anything is stored. The message then goes to a dead-letter queue.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeVar

from heed.domain.errors import InvalidAddress, InvalidRecipient, InvalidTime, MalformedMessage
from heed.domain.preferences.register import MAX_SCOPES, ScopeNumber
from heed.domain.recipients import recipient as recipients
from heed.domain.rfc3339 import END_OF_TIME

T = TypeVar("T")

_MAX_ITEMS = 1_000  # items of a list
_PARSE_ERRORS = (
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    RecursionError,
    InvalidAddress,
    InvalidRecipient,
    InvalidTime,
)


def read_message(body: str, parse: Callable[[dict[str, Any]], T]) -> T:
    """Parses a JSON message: returns the result of `parse` for the members of the message.

    Raises:
        MalformedMessage: Heed did not send the message.
    """
    try:
        return parse(json.loads(body))
    except _PARSE_ERRORS as error:
        # "from None" because the cause may contain content of the message.
        raise MalformedMessage(type(error).__name__) from None


def text_member(value: object, max_length: int = 2_000) -> str:
    """Returns a text that every store accepts. Half a surrogate pair is not accepted."""
    if not isinstance(value, str) or len(value) > max_length:
        raise TypeError("not a text, or too long")
    value.encode()
    return value


def number_member(value: object, below: int = END_OF_TIME) -> int:
    """Returns a whole number from 0 up to, but not including, `below`.

    The default range is that of instants in milliseconds.
    """
    if type(value) is not int or not 0 <= value < below:
        raise TypeError("not a number, or out of range")
    return value


def flag_member(value: object) -> bool:
    """Returns true or false."""
    if not isinstance(value, bool):
        raise TypeError("neither true nor false")
    return value


def list_member(value: object, parse_item: Callable[[Any], T]) -> tuple[T, ...]:
    """Returns the items of a list, each parsed by `parse_item`."""
    if not isinstance(value, list) or len(value) > _MAX_ITEMS:
        raise TypeError("not a list, or too long")
    return tuple(map(parse_item, value))


def scopes_member(value: object) -> tuple[ScopeNumber, ...]:
    """Returns scope numbers."""
    return list_member(value, lambda scope: ScopeNumber(number_member(scope, MAX_SCOPES)))


def recipient_member(value: object) -> str:
    """Returns a recipient id in its canonical spelling, which is the only valid one."""
    recipient = text_member(value)
    if recipients.parse_recipient(recipient) != recipient:
        raise ValueError("not the canonical spelling of a recipient id")
    return recipient
