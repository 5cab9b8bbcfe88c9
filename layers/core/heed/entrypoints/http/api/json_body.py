"""Reads JSON bodies of requests and collects every fault, each with its JSON pointer.

    body = read_json_object(raw)            # raises NotJson (400)
    topic = body.text("topic")              # a fault is added to the list; the value is ""
    people = body.texts("addresses", 1000)
    body.close()                            # raises InvalidRequest (422) with all faults and unknown fields

A missing or invalid field is read as an empty value of its type, so that reading can continue to the next
fault. A caller must not use any value before `close`.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any, Never

from heed.domain.errors import NotJson, RequestFault
from heed.entrypoints.http.api.faults import refuse_faults

_MAX_TEXT = 1_000  # characters, where the API document sets no other limit
_ABSENT = object()


class _ObjectWithDuplicates(dict[str, Any]):
    """An object that has a member twice. It is not possible to know which of the two is meant."""


def read_json_object(raw: bytes) -> JsonReader:
    """Parses a body (RFC 8259, strict: UTF-8, without NaN and without a byte order mark).

    Raises:
        NotJson: The body is not JSON.
    """
    try:
        value = json.loads(
            raw.decode("utf-8"), parse_constant=_refuse_constant, object_pairs_hook=_make_object
        )
    except (ValueError, RecursionError) as error:
        raise NotJson(type(error).__name__) from error
    return JsonReader(value, "", [])


def _refuse_constant(_: str) -> Never:
    raise ValueError("not a JSON number")


def _make_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    return members if len(members) == len(pairs) else _ObjectWithDuplicates(members)


class JsonReader:
    """Reads one object of a body, member by member.

    Args:
        value: The parsed JSON. A value that is not an object is a fault.
        pointer: The JSON pointer of the object in the body.
        faults: The list of faults. All readers of one body share it.
    """

    def __init__(self, value: object, pointer: str, faults: list[RequestFault]) -> None:
        self._pointer = pointer
        self._faults = faults
        self._members: dict[str, Any] = value if isinstance(value, dict) else {}
        self._unread = set(self._members)
        self._children: list[JsonReader] = []
        if not isinstance(value, dict):
            self._faults.append(RequestFault(pointer, "must be an object"))
        elif isinstance(value, _ObjectWithDuplicates):
            self._faults.append(RequestFault(pointer, "must not contain the same field twice"))

    def has(self, name: str) -> bool:
        """Returns whether the object has a member of this name. A member with the value `null` counts."""
        return name in self._members

    def add_fault(
        self, name: str, detail: str, item: int | None = None, *, is_brand_refused: bool = False
    ) -> None:
        """Adds a fault of a member, or of an item of its list; of the object itself if the name is ""."""
        pointer = f"{self._pointer}/{_escape(name)}" if name else self._pointer
        self._faults.append(
            RequestFault(pointer if item is None else f"{pointer}/{item}", detail, is_brand_refused)
        )

    def read_text(self, name: str, *, longest: int = _MAX_TEXT) -> str:
        """Reads a required text of 1 to `longest` characters."""
        value = self._take(name)
        if value is _ABSENT:
            self.add_fault(name, "is required")
        elif not isinstance(value, str):
            self.add_fault(name, "must be a string")
        elif not 0 < len(value) <= longest:
            self.add_fault(name, f"must have 1 to {longest} characters")
        elif not _is_unicode(value):
            self.add_fault(name, "must be Unicode text")
        else:
            return value
        return ""

    def read_optional_text(self, name: str, *, longest: int = _MAX_TEXT) -> str:
        """Reads an optional text. A missing text is ""."""
        return self.read_text(name, longest=longest) if self.has(name) else ""

    def read_choice(self, name: str, choices: Collection[str]) -> str:
        """Reads a required text that must be one of the choices."""
        value = self._take(name)
        if value is _ABSENT:
            self.add_fault(name, "is required")
        elif not isinstance(value, str) or value not in choices:
            self.add_fault(name, f"must be one of {', '.join(choices)}")
        else:
            return value
        return ""

    def read_flag(self, name: str) -> bool:
        """Reads an optional `true` or `false`. A missing one is `false`."""
        value = self._take(name)
        if value is not _ABSENT and not isinstance(value, bool):
            self.add_fault(name, "must be true or false")
        return value is True

    def read_number(self, name: str, minimum: int, maximum: int, default: int) -> int:
        """Reads an optional whole number in a range."""
        value = self._take(name)
        if value is _ABSENT:
            return default
        # In JSON, 7.0 is the same whole number as 7.
        if type(value) in (int, float) and minimum <= value <= maximum and value == int(value):
            return int(value)
        self.add_fault(name, f"must be a number from {minimum} to {maximum}")
        return default

    def read_object(self, name: str, maximum: int) -> dict[str, str]:
        """Reads an optional object of at most `maximum` members, each of which is a text."""
        value = self._take(name)
        if value is _ABSENT:
            return {}
        if not isinstance(value, dict) or isinstance(value, _ObjectWithDuplicates):
            self.add_fault(name, "must be an object without duplicate fields")
        elif len(value) > maximum or not all(isinstance(text, str) for text in value.values()):
            self.add_fault(name, f"must have at most {maximum} fields, each of them a string")
        else:
            return dict(value)
        return {}

    def read_texts(self, name: str, maximum: int, *, minimum: int = 1) -> list[str]:
        """Reads a required list of `minimum` to `maximum` texts, which may have any content."""
        texts: list[str] = []
        for index, value in enumerate(self._read_list(name, maximum, minimum)):
            if isinstance(value, str):
                texts.append(value)
            else:
                self.add_fault(name, "must be a string", index)
        return texts

    def read_objects(self, name: str, maximum: int) -> list[JsonReader]:
        """Reads a required list of 1 to `maximum` objects."""
        pointer = f"{self._pointer}/{_escape(name)}"
        self._children = [
            JsonReader(value, f"{pointer}/{index}", self._faults)
            for index, value in enumerate(self._read_list(name, maximum))
        ]
        return self._children

    def close(self) -> None:
        """Ends reading.

        Raises:
            BrandNotAllowed: A member names a scope of a brand which the caller may not use.
            InvalidRequest: The body has a fault or an unknown member.
        """
        self._add_unknown_members()
        refuse_faults(self._faults)

    def _add_unknown_members(self) -> None:
        for name in self._members:
            if name in self._unread:
                self.add_fault(name, "is not a known field")
        for reader in self._children:
            reader._add_unknown_members()  # noqa: SLF001 - the same class

    def _read_list(self, name: str, maximum: int, minimum: int = 1) -> list[Any]:
        value = self._take(name)
        if value is _ABSENT:
            self.add_fault(name, "is required")
        elif not isinstance(value, list):
            self.add_fault(name, "must be a list")
        elif not minimum <= len(value) <= maximum:
            self.add_fault(name, f"must have {minimum} to {maximum:,} items")
        else:
            return value
        return []

    def _take(self, name: str) -> Any:  # noqa: ANN401 - any JSON value
        self._unread.discard(name)
        return self._members.get(name, _ABSENT)


def _is_unicode(text: str) -> bool:
    """Returns whether a text can be encoded. Half of a surrogate pair cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _escape(name: str) -> str:
    """Escapes a member's name for a JSON pointer (RFC 6901 §3)."""
    return name.replace("~", "~0").replace("/", "~1")
