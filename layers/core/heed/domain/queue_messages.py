"""Messages of our own queues, taken in the form in which Heed puts them there and in no other.

A message that somebody else put there, or that a later version did, can never be handled: it is told
apart here (Malformed), before anything of it is written, and ends in the queue of dead letters.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeVar

from heed.domain.errors import InvalidAddress, InvalidRecipient, MalformedMessage
from heed.domain.preferences.register import MAX_SCOPES, ScopeNumber
from heed.domain.recipients import recipient as recipients
from heed.domain.rfc3339 import END_OF_TIME

T = TypeVar("T")

_MOST = 1_000  # parts of a list
_NOT_OURS = (
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    RecursionError,
    InvalidAddress,
    InvalidRecipient,
)


def read_message(body: str, make: Callable[[dict[str, Any]], T]) -> T:
    """What `make` makes of the members of a message.

    Raises:
        Malformed: it was not put there by us.
    """
    try:
        return make(json.loads(body))
    except _NOT_OURS as error:
        raise MalformedMessage(type(error).__name__) from None  # the cause holds what was in it


def text_member(value: object, longest: int = 2_000) -> str:
    """A text that every store takes: half a surrogate pair is none."""
    if not isinstance(value, str) or len(value) > longest:
        raise TypeError("no text, or too long")
    value.encode()
    return value


def number_member(value: object, below: int = END_OF_TIME) -> int:
    """A whole number from 0 up to what `below` says; as a rule an instant, milliseconds."""
    if type(value) is not int or not 0 <= value < below:
        raise TypeError("no number, or out of range")
    return value


def flag_member(value: object) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise TypeError("neither true nor false")
    return value


def list_member(value: object, part: Callable[[Any], T]) -> tuple[T, ...]:
    """A list, each part of it as `part` takes it."""
    if not isinstance(value, list) or len(value) > _MOST:
        raise TypeError("no list, or too long")
    return tuple(map(part, value))


def scopes_member(value: object) -> tuple[ScopeNumber, ...]:
    """Numbers of scopes."""
    return list_member(value, lambda scope: ScopeNumber(number_member(scope, MAX_SCOPES)))


def recipient_member(value: object) -> str:
    """A recipient id as Heed writes it."""
    found = text_member(value)
    if recipients.parse_recipient(found) != found:
        raise ValueError("not as we write it")
    return found
