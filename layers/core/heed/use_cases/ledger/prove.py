"""The proof of an entry: that it is under a seal, for whoever has the root of that day."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from heed.domain.errors import InvalidEvidence, NotFound
from heed.domain.ledger import merkle
from heed.domain.ledger.entry import LedgerEntry
from heed.domain.ledger.seal import LATE_DAYS, first_leaf_hash
from heed.domain.preferences.register import DAY_MS
from heed.use_cases.ledger.read_export import (
    ExportedEntry,
    ExportedLeaves,
    ExportedSeal,
    read_export,
)
from heed.use_cases.ports.preferences import UnreadableItem


def prove_entry(lines: Iterable[bytes], name: str) -> dict[str, Any]:
    """The proof of the entry of that id, from the lines of an export.

    The entry, the seal that it is under, its place in the tree, the tree's size, and two paths to the root
    (RFC 6962): the entry's, and that of the leaf that says the day. An entry that is under no seal yet is
    proved against the open part of the export.

    Raises:
        NotFound: no such entry is in it, or it is one of those that nobody can read.
        Unproven: the entry is in it, and its seal is not of its time, or there is none.
        Malformed: a line before it is none of an export.
    """
    blocks: list[tuple[ExportedSeal, list[bytes]]] = []
    unreadable = 0
    for line in read_export(lines):
        if isinstance(line.content, ExportedSeal):
            blocks.append((line.content, []))
        elif isinstance(line.content, ExportedLeaves) and blocks:
            blocks[-1][1].extend(line.content.hashes)
        elif isinstance(line.content, ExportedEntry) and line.content.id == name:
            return _proof(line.content.entry, blocks)
        elif isinstance(line.content, UnreadableItem):
            unreadable += 1
    if unreadable:
        raise NotFound(f"no entry of that id, but {unreadable} entries cannot be read")
    raise NotFound("no entry of that id")


def _proof(entry: LedgerEntry, blocks: list[tuple[ExportedSeal, list[bytes]]]) -> dict[str, Any]:
    begins: int | None = None  # the first day that the part may be over
    for sealing, leaves in blocks:
        seal = sealing.seal
        if entry.leaf in leaves:
            oldest = seal.day if not sealing.is_open else begins
            if oldest is not None and entry.recorded_at // DAY_MS < oldest - LATE_DAYS:
                raise InvalidEvidence("the entry says a day long before that of its seal")
            return _told(entry, sealing, leaves)
        begins = seal.day + 1
    raise InvalidEvidence("the entry is under no seal")


def _told(entry: LedgerEntry, sealing: ExportedSeal, leaves: list[bytes]) -> dict[str, Any]:
    seal = sealing.seal
    tree = [first_leaf_hash(seal.day, seal.count, seal.previous), *leaves]
    index = tree.index(entry.leaf)
    return {
        "entry": entry.to_document(),
        "seal": seal.to_document(),
        "sealed": not sealing.is_open,
        "index": index,
        "size": len(tree),
        "path": _path(tree, index),
        "seal_path": _path(tree, 0),
    }


def _path(tree: list[bytes], index: int) -> list[str]:
    return [step.hex() for step in merkle.audit_path(tree, index)]
