"""The lines of an export (heed.use_cases.ledger.export), each held to its form, whatever a file holds.

A line has exactly the members of its kind and stands in the canonical form: nothing can be added to one,
and no byte of one can change, unseen. Whether the lines fit each other is heed.use_cases.ledger.verify's.
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
    """A seal, the leaves behind it; or the same over what no seal is over yet.

    Attributes:
        seal: the seal.
        is_open: whether no seal is over them yet.
    """

    seal: Seal
    is_open: bool


@dataclass(frozen=True, slots=True)
class ExportedLeaves:
    """Hashes under the seal before them."""

    hashes: list[bytes]


class ExportedEntry(NamedTuple):
    """An entry, and its id: to compute it takes as long as all else about a line."""

    entry: LedgerEntry
    id: str


LineContent = ExportedSeal | ExportedLeaves | ExportedEntry | AlteredObject | UnreadableItem


class ExportLine(NamedTuple):
    """A line.

    Attributes:
        number: from 1.
        text: as it is written.
        says: what it says.
    """

    number: int
    text: bytes
    content: LineContent


def read_export(lines: Iterable[bytes]) -> Iterator[ExportLine]:
    """The lines behind the first, which says the format.

    Raises:
        Malformed: a line is none of an export; the message names it by its number.
    """
    number = 0
    for number, text in enumerate(lines, 1):
        try:
            document = _document(text)
            if number == 1:
                _begin(document)
                continue
            says = _said(document)
        except MalformedMessage as error:
            raise MalformedMessage(f"line {number}: {error}") from error
        yield ExportLine(number, text, says)
    if not number:
        raise MalformedMessage("line 1: not an export of a ledger")


def _document(text: bytes) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise MalformedMessage("not JSON") from error
    # What is nested so deep that it cannot be written again has no place in any line.
    if not isinstance(document, dict) or not _is_canonical(document, text):
        raise MalformedMessage("not in the canonical form")
    return document


def _is_canonical(document: dict[str, Any], text: bytes) -> bool:
    try:
        return canonical_json(document) + b"\n" == text
    except (ValueError, RecursionError):
        return False


def _begin(document: dict[str, Any]) -> None:
    if document != EXPORT_FORMAT:
        raise MalformedMessage("not an export of a ledger")


def _said(document: dict[str, Any]) -> LineContent:
    if "subject" in document:
        return ExportedEntry(LedgerEntry.from_document(document), document["id"])
    (kind, *more) = document or ("",)
    if more or kind not in _KINDS:
        raise MalformedMessage("not a line of a ledger")
    return _KINDS[kind](document[kind])


def _leaves(said: object) -> ExportedLeaves:
    if not isinstance(said, list) or not 0 < len(said) <= MAX_LEAVES_A_LINE:
        raise MalformedMessage("not hashes")
    if not all(map(is_hash, said)):
        raise MalformedMessage("not hashes")
    return ExportedLeaves([bytes.fromhex(leaf) for leaf in said])


def _altered(said: object) -> AlteredObject:
    if isinstance(said, dict) and said.keys() == {"object", "how"}:
        name, how = said["object"], said["how"]
        if is_text(name) and name.isprintable() and is_text(how) and how in set(Alteration):
            return AlteredObject(name, Alteration(how))
    raise MalformedMessage("not a finding about the storage")


def _unreadable(said: object) -> UnreadableItem:
    if said != UNREADABLE_ENTRY["entry"]:
        raise MalformedMessage("not an entry that nobody can read")
    return UNREADABLE


_KINDS: Mapping[str, Callable[[object], LineContent]] = {
    "seal": lambda said: ExportedSeal(Seal.from_document(said), is_open=False),
    "open": lambda said: ExportedSeal(Seal.from_document(said), is_open=True),
    "leaves": _leaves,
    "altered": _altered,
    "entry": _unreadable,
}
