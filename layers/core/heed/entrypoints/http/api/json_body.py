"""Bodies of requests, read by hand: every fault is found, and named by its JSON pointer.

    body = read(raw)                        # NotJson: 400
    topic = body.text("topic")              # a fault is noted; the value is "" then
    people = body.texts("addresses", 1000)
    body.close()                            # InvalidRequest: 422, with every fault, unknown fields too

What is absent or faulty reads as an empty value of its type, so that reading goes on to the next
fault; nothing that was read may be used before `close`.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any, Never

from heed.domain.errors import InvalidRequest, NotJson, RequestFault

MAX_FAULTS = 100  # that an answer lists; a caller with more has one bug, not a hundred
_MAX_TEXT = 1_000  # characters, where the contract sets no other limit
_ABSENT = object()


class _Repeated(dict[str, Any]):
    """An object that has a member twice: which of the two is meant, nobody can say."""


def read_json_object(raw: bytes) -> JsonReader:
    """The JSON object that a body is (RFC 8259, strictly: no NaN, no BOM, UTF-8).

    Raises:
        NotJson: it is not JSON.
    """
    try:
        value = json.loads(raw.decode("utf-8"), parse_constant=_refused, object_pairs_hook=_object)
    except (ValueError, RecursionError) as error:
        raise NotJson(type(error).__name__) from error
    return JsonReader(value, "", [])


def _refused(_: str) -> Never:
    raise ValueError("not a number of JSON")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    return members if len(members) == len(pairs) else _Repeated(members)


class JsonReader:
    """One object of a body, read member by member.

    Args:
        value: as parsed; whatever is not an object is a fault.
        pointer: where it stands in the body.
        faults: where to note faults; shared by all readers of one body.
    """

    def __init__(self, value: object, pointer: str, faults: list[RequestFault]) -> None:
        self._pointer = pointer
        self._faults = faults
        self._members: dict[str, Any] = value if isinstance(value, dict) else {}
        self._unread = set(self._members)
        self._inner: list[JsonReader] = []
        if not isinstance(value, dict):
            self._faults.append(RequestFault(pointer, "must be an object"))
        elif isinstance(value, _Repeated):
            self._faults.append(RequestFault(pointer, "must not have a member twice"))

    def has(self, name: str) -> bool:
        """Whether there is a member of that name; `null` is a value, and never one of the contract."""
        return name in self._members

    def fault(self, name: str, detail: str) -> None:
        """Note what is wrong with a member; with the object itself, if the name is ""."""
        where = f"{self._pointer}/{_escaped(name)}" if name else self._pointer
        self._faults.append(RequestFault(where, detail))

    def text(self, name: str, *, longest: int = _MAX_TEXT) -> str:
        """A text that must be there, not empty, of at most `longest` characters."""
        value = self._take(name)
        if value is _ABSENT:
            self.fault(name, "is required")
        elif not isinstance(value, str):
            self.fault(name, "must be a string")
        elif not 0 < len(value) <= longest:
            self.fault(name, f"must have 1 to {longest} characters")
        elif not _is_unicode(value):
            self.fault(name, "must be Unicode text")
        else:
            return value
        return ""

    def optional_text(self, name: str, *, longest: int = _MAX_TEXT) -> str:
        """A text that may be absent: "" then."""
        return self.text(name, longest=longest) if self.has(name) else ""

    def one_of(self, name: str, choices: Collection[str]) -> str:
        """A text that must be there and be one of a closed set."""
        value = self._take(name)
        if value is _ABSENT:
            self.fault(name, "is required")
        elif not isinstance(value, str) or value not in choices:
            self.fault(name, f"must be one of {', '.join(choices)}")
        else:
            return value
        return ""

    def texts(self, name: str, most: int) -> list[str]:
        """A list that must be there, of 1 to `most` texts of any content."""
        texts: list[str] = []
        for place, value in enumerate(self._list(name, most)):
            if isinstance(value, str):
                texts.append(value)
            else:
                self._faults.append(
                    RequestFault(f"{self._pointer}/{_escaped(name)}/{place}", "must be a string")
                )
        return texts

    def objects(self, name: str, most: int) -> list[JsonReader]:
        """A list that must be there, of 1 to `most` objects."""
        where = f"{self._pointer}/{_escaped(name)}"
        self._inner = [
            JsonReader(value, f"{where}/{place}", self._faults)
            for place, value in enumerate(self._list(name, most))
        ]
        return self._inner

    def close(self) -> None:
        """End of reading.

        Raises:
            InvalidRequest: there was a fault, or a member that nobody read.
        """
        self._note_unread()
        if self._faults:
            raise InvalidRequest(self._faults[:MAX_FAULTS])

    def _note_unread(self) -> None:
        for name in self._members:
            if name in self._unread:
                self.fault(name, "is not a field of this")
        for reader in self._inner:
            reader._note_unread()  # noqa: SLF001 - of its own class

    def _list(self, name: str, most: int) -> list[Any]:
        value = self._take(name)
        if value is _ABSENT:
            self.fault(name, "is required")
        elif not isinstance(value, list):
            self.fault(name, "must be a list")
        elif not 0 < len(value) <= most:
            self.fault(name, f"must have 1 to {most:,} items")
        else:
            return value
        return []

    def _take(self, name: str) -> Any:  # noqa: ANN401 - any JSON value
        self._unread.discard(name)
        return self._members.get(name, _ABSENT)


def _is_unicode(text: str) -> bool:
    """Whether a text can be written down: an escape of half a surrogate pair cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _escaped(name: str) -> str:
    """A member's name as a step of a JSON pointer (RFC 6901 §3)."""
    return name.replace("~", "~0").replace("/", "~1")
