"""Attributes of a table's items, taken in the form in which Heed writes them and in no other.

A table takes what it is given: a number of thirty digits, a list where a text belongs. Whatever is read
passes through here first, so that one item that is not of our form is told apart from the others, and
nothing behind this boundary meets a value that it cannot handle.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from heed.domain.errors import InvalidRecipient, UnreadableRecord
from heed.domain.recipients import recipient as recipients
from heed.domain.rfc3339 import END_OF_TIME

P = ParamSpec("P")
R = TypeVar("R")

Item = Mapping[str, Any]
"""An item in DynamoDB's own form: `{"n": {"N": "1"}, …}`."""

MAX_COUNT = 1 << 53
"""No counter comes as far."""

_NOT_OF_OUR_FORM = (
    LookupError,
    TypeError,
    ValueError,
    AttributeError,
    RecursionError,
    InvalidRecipient,
)


def strict_reader(read: Callable[P, R]) -> Callable[P, R]:
    """A reader whose failures all are an UnreadableRecord, that says nothing of what it met."""

    @wraps(read)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return read(*args, **kwargs)
        except _NOT_OF_OUR_FORM as error:
            raise UnreadableRecord(type(error).__name__) from None

    return checked


def read_number(item: Item, name: str, below: int = END_OF_TIME) -> int:
    """A whole number of an item, from 0 up to what `below` says; as a rule an instant in milliseconds."""
    written = item[name]["N"]
    value = int(written)
    if 0 <= value < below and str(value) == written:
        return value
    raise ValueError("no number of ours")


def read_numbers(item: Item, name: str, below: int) -> frozenset[int]:
    """A set of such numbers of an item, empty where the item has none."""
    held = item[name]["NS"] if name in item else ()
    return frozenset([read_number({name: {"N": one}}, name, below) for one in held])


def read_text(item: Item, name: str) -> str:
    """A text of an item."""
    value = item[name]["S"]
    if not isinstance(value, str):
        raise TypeError("no text")
    if not value.isascii():
        value.encode()  # half a surrogate pair is no text
    return value


def read_recipient(item: Item) -> str:
    """The recipient whom an item of `Preferences` is about."""
    found = read_text(item, "id")
    if recipients.parse_recipient(found) != found:
        raise ValueError("not as we write it")
    return found


def read_texts(item: Item, name: str) -> frozenset[str]:
    """A set of texts of an item, empty where the item has none."""
    held = item[name]["SS"] if name in item else ()
    if not isinstance(held, list | tuple) or not all(isinstance(one, str) for one in held):
        raise TypeError("no set of texts")
    return frozenset(held)


def read_optional_instant(item: Item, name: str) -> int | None:
    """An instant of an item, milliseconds; None where the item has none."""
    return read_number(item, name) if name in item else None
