"""Merkle trees (RFC 6962 §2.1): one hash over many leaves, and a short proof for each leaf.

Leaves and nodes are hashed with different first bytes. So a node cannot be passed off as a leaf.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256

HASH_SIZE = 32  # bytes of a hash
_LEAF, _NODE = b"\0", b"\1"


def leaf_hash(content: bytes) -> bytes:
    """Returns the hash of a leaf's content."""
    return sha256(_LEAF + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Returns the hash of two hashes."""
    return sha256(_NODE + left + right).digest()


def root_hash(leaves: Iterable[bytes]) -> bytes:
    """Returns the root over the hashes of leaves, in their order.

    It keeps one hash in memory for each level of the tree, for any number of leaves.
    """
    subtrees: list[tuple[int, bytes]] = []  # full subtrees from left to right: height and hash
    for leaf in leaves:
        height, right = 0, leaf
        while subtrees and subtrees[-1][0] == height:
            right = node_hash(subtrees.pop()[1], right)
            height += 1
        subtrees.append((height, right))
    if not subtrees:
        return sha256(b"").digest()
    _, right = subtrees.pop()
    while subtrees:
        right = node_hash(subtrees.pop()[1], right)
    return right


def audit_path(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """Returns the audit path of a leaf: the hashes that lead from the leaf to the root, the nearest first.

    Hash the leaf with the first one, the result with the next one, and so on, to get the root.
    """
    if len(leaves) == 1:
        return []
    split = 1 << (len(leaves) - 1).bit_length() - 1  # the greatest power of two below the number
    if index < split:
        return [*audit_path(leaves[:split], index), root_hash(leaves[split:])]
    return [*audit_path(leaves[split:], index - split), root_hash(leaves[:split])]


def root_from_path(hashed: bytes, index: int, size: int, steps: Iterable[bytes]) -> bytes | None:
    """Returns the root to which an audit path leads (RFC 9162 §2.1.3.2).

    Args:
        hashed: the hash of the leaf.
        index: the position of the leaf.
        size: the number of leaves in the tree.
        steps: the audit path.

    Returns:
        The root, or None if the path does not have the right length.
    """
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
