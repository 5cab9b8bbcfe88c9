"""Reads the lines of an export (heed.use_cases.ledger.export), and checks the form of each line.

A line is canonical JSON and has exactly the members of its kind. So each addition and each changed byte is
detected. The module heed.use_cases.ledger.verify checks whether the lines fit together.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from heed.domain.errors import MalformedMessage
from heed.domain.ledger.entry import LedgerEntry, canonical_json
from heed.domain.ledger.seal import Seal
from heed.domain.values import is_hash, is_text
from heed.use_cases.ledger.export import EXPORT_FORMAT, MAX_LEAVES_A_LINE, UNREADABLE_ENTRY
from heed.use_cases.ports.ledger import Alteration, AlteredObject
from heed.use_cases.ports.preferences import UNREADABLE, UnreadableItem


@dataclass(frozen=True, slots=True)
class ExportedSeal:
    """A seal of an export. The lines after it hold its leaves.

    Attributes:
        seal: the seal.
        is_open: whether this is the open part of the export: it covers the leaves that have no seal yet.
    """

    seal: Seal
    is_open: bool


@dataclass(frozen=True, slots=True)
class ExportedLeaves:
    """Leaf hashes under the preceding seal."""

    hashes: list[bytes]


class ExportedEntry(NamedTuple):
    """An entry and its id. Computing the id takes as long as all other work on a line, so it is kept."""

    entry: LedgerEntry
    id: str


LineContent = ExportedSeal | ExportedLeaves | ExportedEntry | AlteredObject | UnreadableItem


class ExportLine(NamedTuple):
    """A line of an export.

    Attributes:
        number: number of the line, from 1.
        text: the bytes of the line.
        content: the parsed line.
    """

    number: int
    text: bytes
    content: LineContent


def read_export(lines: Iterable[bytes]) -> Iterator[ExportLine]:
    """Yields the parsed lines, without the first line, which states the format.

    Raises:
        MalformedMessage: A line is not a line of an export. The message states its number.
    """
    number = 0
    for number, text in enumerate(lines, 1):
        try:
            document = _parse_json(text)
            if number == 1:
                _check_format(document)
                continue
            content = _parse_document(document)
        except MalformedMessage as error:
            raise MalformedMessage(f"line {number}: {error}") from error
        yield ExportLine(number, text, content)
    if not number:
        raise MalformedMessage("line 1: not an export of a ledger")


def _parse_json(text: bytes) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise MalformedMessage("not JSON") from error
    # JSON that is nested too deeply to be serialised again is not canonical.
    if not isinstance(document, dict) or not _is_canonical(document, text):
        raise MalformedMessage("not in the canonical form")
    return document


def _is_canonical(document: dict[str, Any], text: bytes) -> bool:
    try:
        return canonical_json(document) + b"\n" == text
    except (ValueError, RecursionError):
        return False


def _check_format(document: dict[str, Any]) -> None:
    if document != EXPORT_FORMAT:
        raise MalformedMessage("not an export of a ledger")


def _parse_document(document: dict[str, Any]) -> LineContent:
    if "subject" in document:
        return ExportedEntry(LedgerEntry.from_document(document), document["id"])
    (kind, *others) = document or ("",)
    if others or kind not in _KINDS:
        raise MalformedMessage("not a line of a ledger")
    return _KINDS[kind](document[kind])


def _parse_leaves(value: object) -> ExportedLeaves:
    if not isinstance(value, list) or not 0 < len(value) <= MAX_LEAVES_A_LINE:
        raise MalformedMessage("not hashes")
    if not all(map(is_hash, value)):
        raise MalformedMessage("not hashes")
    return ExportedLeaves([bytes.fromhex(leaf) for leaf in value])


def _parse_altered(value: object) -> AlteredObject:
    if isinstance(value, dict) and value.keys() == {"object", "how"}:
        name, how = value["object"], value["how"]
        if is_text(name) and name.isprintable() and is_text(how) and how in set(Alteration):
            return AlteredObject(name, Alteration(how))
    raise MalformedMessage("not an altered object")


def _parse_unreadable(value: object) -> UnreadableItem:
    if value != UNREADABLE_ENTRY["entry"]:
        raise MalformedMessage("not an unreadable entry")
    return UNREADABLE


_KINDS: Mapping[str, Callable[[object], LineContent]] = {
    "seal": lambda value: ExportedSeal(Seal.from_document(value), is_open=False),
    "open": lambda value: ExportedSeal(Seal.from_document(value), is_open=True),
    "leaves": _parse_leaves,
    "altered": _parse_altered,
    "entry": _parse_unreadable,
}
