"""Proves that an entry is under a seal, to anybody who has the root of that day."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from heed.domain.errors import InvalidEvidence, NotFound
from heed.domain.ledger import merkle
from heed.domain.ledger.entry import LedgerEntry
from heed.domain.ledger.seal import LATE_DAYS, head_leaf_hash
from heed.domain.preferences.register import DAY_MS
from heed.use_cases.ledger.read_export import (
    ExportedEntry,
    ExportedLeaves,
    ExportedSeal,
    read_export,
)
from heed.use_cases.ports.preferences import UnreadableItem


def prove_entry(lines: Iterable[bytes], entry_id: str) -> dict[str, Any]:
    """Returns the proof of an entry, from the lines of an export.

    The proof has the entry, its seal, the index of the entry in the tree, the size of the tree, and two audit
    paths to the root (RFC 6962): the path of the entry, and the path of the leaf that states the day. If the
    entry has no seal yet, the proof uses the open part of the export.

    Args:
        lines: lines of an export.
        entry_id: id of the entry.

    Raises:
        NotFound: The export has no such entry, or the entry is unreadable.
        InvalidEvidence: The export has the entry, but no seal of its time.
        MalformedMessage: A line before the entry is not a line of an export.
    """
    blocks: list[tuple[ExportedSeal, list[bytes]]] = []
    unreadable = 0
    for line in read_export(lines):
        if isinstance(line.content, ExportedSeal):
            blocks.append((line.content, []))
        elif isinstance(line.content, ExportedLeaves) and blocks:
            blocks[-1][1].extend(line.content.hashes)
        elif isinstance(line.content, ExportedEntry) and line.content.id == entry_id:
            return _proof(line.content.entry, blocks)
        elif isinstance(line.content, UnreadableItem):
            unreadable += 1
    if unreadable:
        raise NotFound(f"there is no readable entry with this id; {unreadable} entries are unreadable")
    raise NotFound("there is no entry with this id")


def _proof(entry: LedgerEntry, blocks: list[tuple[ExportedSeal, list[bytes]]]) -> dict[str, Any]:
    first_day: int | None = None  # the first day that the block may cover
    for exported, leaves in blocks:
        seal = exported.seal
        if entry.leaf in leaves:
            oldest = seal.day if not exported.is_open else first_day
            if oldest is not None and entry.recorded_at // DAY_MS < oldest - LATE_DAYS:
                raise InvalidEvidence("the day in the entry is long before the day of its seal")
            return _to_document(entry, exported, leaves)
        first_day = seal.day + 1
    raise InvalidEvidence("the entry is under no seal")


def _to_document(entry: LedgerEntry, exported: ExportedSeal, leaves: list[bytes]) -> dict[str, Any]:
    seal = exported.seal
    tree = [head_leaf_hash(seal.day, seal.count, seal.previous), *leaves]
    index = tree.index(entry.leaf)
    return {
        "entry": entry.to_document(),
        "seal": seal.to_document(),
        "sealed": not exported.is_open,
        "index": index,
        "size": len(tree),
        "path": _hex_path(tree, index),
        "seal_path": _hex_path(tree, 0),
    }


def _hex_path(tree: list[bytes], index: int) -> list[str]:
    return [node.hex() for node in merkle.audit_path(tree, index)]
