"""The proof of an entry: that it is under a seal, for whoever has the root of that day."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from heed.domain import merkle
from heed.domain.errors import NotFound
from heed.domain.ledger_entry import LedgerEntry
from heed.domain.seal import Seal, head_leaf


def prove(lines: Iterable[bytes], name: str) -> dict[str, Any]:
    """The proof of the entry of that id, from the lines of an export that was verified.

    The entry, the seal that it is under, its place in the tree, the tree's size, and the path to the
    root (RFC 6962). An entry that is under no seal yet is proved against the open part of the export.

    Raises:
        NotFound: no such entry is in it.
    """
    blocks: list[tuple[Seal, str, list[bytes]]] = []
    for text in lines:
        document = json.loads(text)
        if kind := next((kind for kind in ("seal", "open") if kind in document), None):
            blocks.append((Seal.of(document[kind]), kind, []))
        elif "leaves" in document:
            blocks[-1][2].extend(map(bytes.fromhex, document["leaves"]))
        elif document.get("id") == name:
            return _proof(LedgerEntry.of(document), blocks)
    raise NotFound("no entry of that id")


def _proof(entry: LedgerEntry, blocks: list[tuple[Seal, str, list[bytes]]]) -> dict[str, Any]:
    for seal, kind, leaves in blocks:
        if entry.leaf in leaves:
            tree = [head_leaf(seal.day, seal.count, seal.previous), *leaves]
            index = tree.index(entry.leaf)
            return {
                "entry": entry.document(),
                "seal": seal.document(),
                "sealed": kind == "seal",
                "index": index,
                "size": len(tree),
                "path": [step.hex() for step in merkle.path(tree, index)],
            }
    raise NotFound("the entry is under no seal")
