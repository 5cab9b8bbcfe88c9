"""Finds the records of a JSON file while its text arrives: an object, an array, lines, or pages in a row.

A page is an object with the array of records in one of its members, as an API answers. An object that has an
address is no page, also if it has a member of such a name. Memory is flat: only one record, or one other
member of a page, is in memory at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from json import JSONDecodeError, JSONDecoder
from typing import Any, NamedTuple, cast

from heed.domain.errors import MalformedJson
from heed.domain.imports.columns import ADDRESS_COLUMNS, column_key, flatten_record, is_address

MAX_RECORD = 1 << 16
"""The longest record, in characters."""

CONTAINERS = frozenset(
    {
        "SuppressedDestinationSummaries",
        "Suppressions",
        "suppressions",
        "Contacts",
        "contacts",
        "contactLists",
        "emails",
        "exclusions",
        "items",
        "results",
        "data",
        "Data",
    }
)
"""The members of a page that have its records, or the object that has them."""

_MAX_DEPTH = 4  # arrays and pages within each other
_BLOCK = 4 * MAX_RECORD  # characters that are read at a time
_MAX_PASSED = 1 << 20  # characters from a record to the end of the next one
_SPACE = " \t\r\n"
# Numbers stay as they are in the file, because dates need each digit and an int of many digits is expensive.
_DECODER = JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)


class JsonRecord(NamedTuple):
    """A record: an object, or a text such as an address.

    Attributes:
        line: the physical line at which it begins; the first line of the file is 1.
        value: the object or another value. Numbers are texts.
        text: the text of the file from the previous record to the end of this one. The texts of all records
            are the whole file: that of the last one has the rest.
        end: the position behind the record in that text.
    """

    line: int
    value: object
    text: str
    end: int


def read_json_records(texts: Iterable[str]) -> Iterator[JsonRecord]:
    """Yields the records of a JSON text, in order.

    Raises:
        MalformedJson: A value is malformed or too long, or the next record is far away.
    """
    text, last = _Text(texts), None
    for line, value in _read_values(text):
        if last:
            yield last
        passed = text.take_passed()
        last = JsonRecord(line, value, passed, len(passed))
    if last:
        yield last._replace(text=last.text + text.take_passed())


def _read_values(text: _Text) -> Iterator[tuple[int, object]]:
    """Yields each record and the line at which it begins. The position is behind the record, then."""
    while text.next_sign():
        yield from _read_value(text, 0)
        if text.next_sign() == ",":  # some tools write one between pages
            text.skip(1)


def _read_value(text: _Text, depth: int) -> Iterator[tuple[int, object]]:
    """Yields the records of the value that begins here: itself, or those of its elements or members."""
    if depth > _MAX_DEPTH:
        raise text.fault()
    sign = text.next_sign()
    if sign == "[":
        for _ in _read_elements(text, "]"):
            yield from _read_value(text, depth + 1)
        return
    line = text.line
    if sign != "{":
        yield line, text.read()
    elif (record := text.read_record()) is not None:
        yield line, record
    else:
        yield from _read_page(text, depth)


def _read_page(text: _Text, depth: int) -> Iterator[tuple[int, object]]:
    fault, has_container = text.fault(), False
    for _ in _read_elements(text, "}"):
        name = text.read_name()
        if name in CONTAINERS and text.next_sign() in ("[", "{"):
            has_container = True
            yield from _read_value(text, depth + 1)
        elif _is_of_record(name, value := text.read()) or any(map(is_address, _texts_of(value))):
            raise fault  # it may be a record, and its row would be lost
    if not has_container:
        raise fault  # it is no page, but a record that is too long


def _is_of_record(name: str, value: object) -> bool:
    """Whether a member has the address of a record. The `to` of a page is a number or a time."""
    key = column_key(name)
    return key in ADDRESS_COLUMNS and (key != "to" or "@" in str(value))


def _texts_of(value: object) -> Iterable[str]:
    return flatten_record({"": value}).values()


def _read_elements(text: _Text, closing: str) -> Iterator[None]:
    """Yields at the start of each element of an array or object, and skips what is between them."""
    text.skip(1)
    if text.next_sign() != closing:
        yield
        while text.next_sign() == ",":
            text.skip(1)
            yield
        if text.next_sign() != closing:
            raise text.fault()
    text.skip(1)


class _Text:
    """A text with a position, of which at least the longest record is in memory.

    Attributes:
        line: the physical line of the position.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts = iter(texts)
        self._text = ""
        self._at = 0
        self._is_complete = False
        self._passed: list[str] = []
        self._passed_size = 0
        self.line = 1

    def fault(self) -> MalformedJson:
        detail = "the JSON is malformed, a record is longer than 64 kB, or a page has an address of its own"
        return MalformedJson(detail, self.line)

    def next_sign(self) -> str:
        """Skips white space and returns the next character without using it; "" at the end of the text."""
        while True:
            self._fill()
            rest = self._text[self._at : self._at + 1]
            if not rest or rest not in _SPACE:
                return rest
            end = self._at + 1
            while end < len(self._text) and self._text[end] in _SPACE:
                end += 1
            self.skip(end - self._at)

    def skip(self, size: int) -> None:
        end = self._at + size
        self.line += self._text.count("\n", self._at, end)
        self._passed.append(self._text[self._at : end])
        self._passed_size += size
        if self._passed_size > _MAX_PASSED:
            raise MalformedJson("there is more than 1 MB without a record", self.line)
        self._at = end

    def take_passed(self) -> str:
        """Returns the text that was passed since the last call."""
        passed = "".join(self._passed)
        self._passed.clear()
        self._passed_size = 0
        return passed

    def read(self) -> object:
        """Returns the value that begins here."""
        value, end = self._decode()
        self.skip(end - self._at)
        return value

    def read_name(self) -> str:
        """Returns the name of a member, and skips the colon behind it."""
        if self.next_sign() != '"':
            raise self.fault()
        name = self.read()
        if self.next_sign() != ":":
            raise self.fault()
        self.skip(1)
        self.next_sign()
        return str(name)

    def read_record(self) -> Mapping[str, object] | None:
        """Returns the object that begins here; None if it is a page or too long, and then nothing is read."""
        try:
            value, end = self._decode()
        except MalformedJson:
            return None
        has_container = any(isinstance(value[name], list | dict) for name in CONTAINERS & value.keys())
        if has_container and not any(_is_of_record(*member) for member in value.items()):
            return None
        self.skip(end - self._at)
        return cast("Mapping[str, object]", value)

    def _decode(self) -> tuple[Any, int]:
        self._fill()
        try:
            value, end = _DECODER.raw_decode(self._text, self._at)
        except (JSONDecodeError, RecursionError) as error:
            raise self.fault() from error
        if end - self._at > MAX_RECORD:
            raise self.fault()
        return value, end

    def _fill(self) -> None:
        """Reads on until more than the longest record is in memory, or the text ends."""
        if self._is_complete or len(self._text) - self._at > MAX_RECORD:
            return
        pieces = [self._text[self._at :]]
        size = len(pieces[0])
        while size <= _BLOCK and not self._is_complete:
            piece = next(self._texts, None)
            self._is_complete = piece is None
            pieces.append(piece or "")
            size += len(pieces[-1])
        self._text, self._at = "".join(pieces), 0
