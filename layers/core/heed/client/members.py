"""Reads the members of an answer. What has another type than the contract says is not understood."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar

from heed.client.failures import NotUnderstood

_T = TypeVar("_T")


class Members:
    """The members of a JSON object. A new member, which a later Heed may add, is ignored.

    Args:
        value: the JSON value.

    Raises:
        NotUnderstood: the value is no object. Each method raises it, too, if its member is missing or has
            another type.
    """

    def __init__(self, value: object) -> None:
        if not isinstance(value, dict):
            raise NotUnderstood("the answer is no JSON object where it must be one")
        self.all: dict[str, Any] = value

    def text(self, name: str) -> str:
        """Returns a text."""
        return self._read(name, str)

    def text_or_none(self, name: str) -> str | None:
        """Returns a text, or None for null and for a missing member."""
        return None if self.all.get(name) is None else self.text(name)

    def flag(self, name: str) -> bool:
        """Returns a boolean. Nothing else counts as one."""
        return self._read(name, bool)

    def number(self, name: str) -> int:
        """Returns a whole number."""
        if isinstance(self.all.get(name), bool):
            raise _make_failure(name)
        return self._read(name, int)

    def time(self, name: str) -> datetime:
        """Returns a time with its offset from UTC."""
        try:
            moment = datetime.fromisoformat(self.text(name))
        except ValueError:
            raise _make_failure(name) from None
        if moment.tzinfo is None:
            raise _make_failure(name)
        return moment

    def time_or_none(self, name: str) -> datetime | None:
        """Returns a time, or None for null and for a missing member."""
        return None if self.all.get(name) is None else self.time(name)

    def object(self, name: str) -> Members:
        """Returns an object."""
        return Members(self.all.get(name))

    def objects(self, name: str) -> list[Members]:
        """Returns the objects of an array."""
        return [Members(item) for item in self._read(name, list)]

    def texts(self, name: str) -> tuple[str, ...]:
        """Returns the texts of an array."""
        items = self._read(name, list)
        if not all(isinstance(item, str) for item in items):
            raise _make_failure(name)
        return tuple(items)

    def texts_by_name(self, name: str) -> dict[str, str]:
        """Returns an object whose members are texts."""
        return self._each(name, str)

    def flags_by_name(self, name: str) -> dict[str, bool]:
        """Returns an object whose members are booleans."""
        return self._each(name, bool)

    def _each(self, name: str, kind: type[_T]) -> dict[str, _T]:
        members = self.object(name).all
        if not all(isinstance(member, kind) for member in members.values()):
            raise _make_failure(name)
        return members

    def _read(self, name: str, kind: type[_T]) -> _T:
        value = self.all.get(name)
        if not isinstance(value, kind):
            raise _make_failure(name)
        return value


def _make_failure(name: str) -> NotUnderstood:
    return NotUnderstood(f"the answer has no {name} of the type that the contract says")
