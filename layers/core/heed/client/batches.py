"""Splits people into requests, of any number and from any iterable."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple, TypeVar

_T = TypeVar("_T")

PEOPLE_PER_REQUEST = 1_000
CHANGES_PER_REQUEST = 100


class People(NamedTuple):
    """People, and the member of a request that contains them: `addresses` or `recipients`."""

    member: str
    names: Iterable[str]


def choose_people(addresses: Iterable[str] | None, recipients: Iterable[str] | None) -> People:
    """Returns the people of a call.

    Raises:
        TypeError: neither or both are given, or one text instead of several.
    """
    given = [
        People(member, names)
        for member, names in (("addresses", addresses), ("recipients", recipients))
        if names is not None
    ]
    if len(given) != 1 or isinstance(given[0].names, str):
        raise TypeError("give either addresses or recipients, as a list or another iterable of texts")
    return given[0]


def split_evenly(items: Iterable[_T], size: int) -> Iterator[list[_T]]:
    """Yields all items in order, as many at a time as `size` says. It reads no further than it must."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch
