"""Merkle trees, compared with the definition of RFC 6962 and with its test vectors."""

from __future__ import annotations

from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from heed.domain.ledger import merkle

LEAVES = st.lists(st.binary(max_size=8), min_size=1, max_size=70).map(
    lambda contents: [merkle.leaf_hash(content) for content in contents]
)


def by_definition(leaves: list[bytes]) -> bytes:
    """Returns the root by the definition of MTH in RFC 6962 §2.1."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\1" + by_definition(leaves[:split]) + by_definition(leaves[split:])).digest()


def test_the_published_vectors_of_certificate_transparency() -> None:
    contents = [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ]
    leaves = [merkle.leaf_hash(bytes.fromhex(content)) for content in contents]
    roots = [merkle.root_hash(leaves[:size]).hex() for size in range(9)]
    assert roots[0] == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert roots[1] == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert roots[8] == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


@given(LEAVES)
def test_the_root_equals_the_definition(leaves: list[bytes]) -> None:
    assert merkle.root_hash(iter(leaves)) == by_definition(leaves)


@given(LEAVES, st.data())
def test_an_audit_path_leads_only_from_its_leaf_to_the_root(leaves: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    steps, size, root = merkle.audit_path(leaves, index), len(leaves), merkle.root_hash(leaves)

    assert merkle.root_from_path(leaves[index], index, size, steps) == root
    assert merkle.root_from_path(merkle.leaf_hash(b"another leaf"), index, size, steps) != root
    assert merkle.root_from_path(leaves[index], index, size, [*steps, root]) is None
    if steps:
        assert merkle.root_from_path(leaves[index], index, size, steps[:-1]) != root
    assert merkle.root_from_path(leaves[index], size, size, steps) is None


def test_a_node_cannot_be_passed_off_as_a_leaf() -> None:
    left, right = merkle.leaf_hash(b"a"), merkle.leaf_hash(b"b")
    assert merkle.node_hash(left, right) != merkle.leaf_hash(left + right)
