"""Reads attributes of a table's items. Only the exact format that Heed writes is valid.

A table accepts any value: a number of thirty digits, or a list in place of a text. Each attribute is checked
here first. So an item with another format is detected, and the rest of the code never receives a value that
it cannot handle.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from heed.domain.errors import InvalidRecipient, UnreadableRecord
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import MAX_SCOPES, ScopeNumber
from heed.domain.recipients import recipient as recipients
from heed.domain.rfc3339 import END_OF_TIME

P = ParamSpec("P")
R = TypeVar("R")

Item = Mapping[str, Any]
"""An item in the format of DynamoDB: `{"n": {"N": "1"}, …}`."""

MAX_COUNT = 1 << 53
"""A limit that no counter reaches."""

_READ_ERRORS = (
    LookupError,
    TypeError,
    ValueError,
    AttributeError,
    RecursionError,
    InvalidRecipient,
)


def strict_reader(read: Callable[P, R]) -> Callable[P, R]:
    """Decorates a reader: each failure becomes an UnreadableRecord, which contains none of the data."""

    @wraps(read)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return read(*args, **kwargs)
        except _READ_ERRORS as error:
            raise UnreadableRecord(type(error).__name__) from None

    return checked


def read_number(item: Item, name: str, below: int = END_OF_TIME) -> int:
    """Reads a whole number from 0 up to, but not including, `below`.

    The default range is that of instants in milliseconds.
    """
    text = item[name]["N"]
    value = int(text)
    if 0 <= value < below and str(value) == text:
        return value
    raise ValueError("not a number in Heed's format")


def read_numbers(item: Item, name: str, below: int) -> frozenset[int]:
    """Reads a set of whole numbers below `below`; an empty set if the item has no such attribute."""
    texts = item[name]["NS"] if name in item else ()
    return frozenset([read_number({name: {"N": text}}, name, below) for text in texts])


def read_brands(item: Item) -> frozenset[ScopeNumber] | None:
    """Reads the brands to which somebody is limited; None if the item has no such attribute."""
    return frozenset(map(ScopeNumber, read_numbers(item, "brands", MAX_SCOPES))) if "brands" in item else None


def read_text(item: Item, name: str) -> str:
    """Reads a text."""
    value = item[name]["S"]
    if not isinstance(value, str):
        raise TypeError("not a text")
    if not value.isascii():
        value.encode()  # fails for half a surrogate pair
    return value


def read_recipient(item: Item) -> str:
    """Reads the recipient id of an item of `Preferences`."""
    recipient = read_text(item, "id")
    if recipients.parse_recipient(recipient) != recipient:
        raise ValueError("not the canonical spelling of a recipient id")
    return recipient


def read_texts(item: Item, name: str) -> frozenset[str]:
    """Reads a set of texts; an empty set if the item has no such attribute."""
    texts = item[name]["SS"] if name in item else ()
    if not isinstance(texts, list | tuple) or not all(isinstance(text, str) for text in texts):
        raise TypeError("not a set of texts")
    return frozenset(texts)


def read_optional_instant(item: Item, name: str) -> Millis | None:
    """Reads an instant, milliseconds; None if the item has no such attribute."""
    return Millis(read_number(item, name)) if name in item else None
