"""Merkle trees as RFC 6962 §2.1 has them: one hash that stands for many, and short proofs of each.

Leaves and nodes are hashed under different first bytes, so that neither can be passed off as the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256

HASH_SIZE = 32  # bytes of a hash
_LEAF, _NODE = b"\0", b"\1"


def leaf_hash(content: bytes) -> bytes:
    """The hash of a leaf's content."""
    return sha256(_LEAF + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two hashes."""
    return sha256(_NODE + left + right).digest()


def root_hash(leaves: Iterable[bytes]) -> bytes:
    """The root over the hashes of leaves, in their order; keeps a hash a level, however many they are."""
    whole: list[tuple[int, bytes]] = []  # full subtrees from left to right: height, hash
    for one in leaves:
        height, right = 0, one
        while whole and whole[-1][0] == height:
            right = node_hash(whole.pop()[1], right)
            height += 1
        whole.append((height, right))
    if not whole:
        return sha256(b"").digest()
    _, right = whole.pop()
    while whole:
        right = node_hash(whole.pop()[1], right)
    return right


def audit_path(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The audit path of a leaf: what, hashed with it step by step, gives the root. Nearest first."""
    if len(leaves) == 1:
        return []
    split = 1 << (len(leaves) - 1).bit_length() - 1  # the greatest power of two below the number
    if index < split:
        return [*audit_path(leaves[:split], index), root_hash(leaves[split:])]
    return [*audit_path(leaves[split:], index - split), root_hash(leaves[:split])]


def root_from_path(hashed: bytes, index: int, size: int, steps: Iterable[bytes]) -> bytes | None:
    """The root that a leaf's path leads to; None if the path is of another length (RFC 9162 §2.1.3.2)."""
    last = size - 1
    if not 0 <= index <= last:
        return None
    for step in steps:
        if last == 0:
            return None
        if index % 2 or index == last:
            hashed = node_hash(step, hashed)
            while index % 2 == 0 and index:
                index, last = index // 2, last // 2
        else:
            hashed = node_hash(hashed, step)
        index, last = index // 2, last // 2
    return hashed if last == 0 else None
