from __future__ import annotations

import json
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heed.domain.errors import InvalidSnapshot
from heed.domain.preferences.register import ScopeNumber
from heed.domain.snapshots.file_format import (
    SnapshotManifest,
    pad,
    place_shards,
    snapshot_head,
    split_snapshot,
)
from tests.support.snapshots import make_parts

FILTERS = {"*": (0, [1, 1 << 63]), "offers": (2, [5]), "news": (3, list[int]())}
MANIFEST, SHARDS = make_parts(FILTERS, shard_bits=1)
DOCUMENT: dict[str, Any] = json.loads(MANIFEST.to_json())


def altered(**fields: Any) -> bytes:
    return json.dumps({**DOCUMENT, **fields}).encode()


def test_a_manifest_is_read_as_it_was_made() -> None:
    assert SnapshotManifest.from_json(MANIFEST.to_json()) == MANIFEST
    assert SnapshotManifest.from_json(altered(later=1)) == MANIFEST, "unknown fields are ignored"


def test_the_sizes_of_the_shards_are_those_of_the_file() -> None:
    assert MANIFEST.size_of_shards == len(SHARDS)


@given(st.binary(max_size=40), st.binary(max_size=40), st.binary(max_size=40))
def test_a_file_is_split_into_its_parts(manifest: bytes, jws: bytes, shards: bytes) -> None:
    head = snapshot_head(manifest, jws)
    assert len(head) % 8 == 0
    parts = split_snapshot(memoryview(head + shards))
    assert (parts.manifest, parts.jws, bytes(parts.shards)) == (manifest, jws, shards)


@pytest.mark.parametrize("lengths", [((1 << 26) + 1, 0), (0, 1025), (1 << 31, 1 << 31), (0xFFFFFFFF, 0)])
def test_nothing_of_a_length_above_the_limit_is_copied(lengths: tuple[int, int]) -> None:
    data = memoryview(b"HEEDSNAP" + struct.pack("<3I", 1, *lengths) + bytes(2048))
    with pytest.raises(InvalidSnapshot, match="too long"):
        split_snapshot(data)


@pytest.mark.parametrize("start", [b"", b"HEEDSNAP", b"HEEDSNAQ" + bytes(20), b"HEEDSNAP\2" + bytes(20)])
def test_a_file_of_another_format_or_version_is_refused(start: bytes) -> None:
    with pytest.raises(InvalidSnapshot, match=r"no snapshot|another version"):
        split_snapshot(memoryview(start))


@given(st.lists(st.integers(0, 99)))
def test_shards_are_aligned_and_do_not_overlap(lengths: list[int]) -> None:
    shards = place_shards((ScopeNumber(0), length, "") for length in lengths)
    assert all(shard.offset % 8 == 0 for shard in shards)
    data = b"".join(pad(bytes([number % 255 + 1]) * length) for number, length in enumerate(lengths))
    for number, shard in enumerate(shards):
        part = data[shard.offset : shard.offset + shard.length]
        assert part == bytes([number % 255 + 1]) * shard.length


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        altered(as_of=None),
        altered(as_of="2026-02-30"),
        altered(expires_at=5),
        altered(identity_key=5),
        altered(seed="0x"),
        altered(seed=5),
        altered(topics=[]),
        altered(topics={"*": 0, "offers": 2}),
        altered(topics={"*": 0, "offers": 2, "news": 2}),
        altered(topics={"*": 2, "offers": 0, "news": 3}),
        altered(topics={"*": False, "offers": 2, "news": 3}),
        altered(counts={"*": 2, "offers": 1}),
        altered(counts={"*": 2, "offers": 1, "news": -1}),
        altered(shards=[]),
        altered(shards=DOCUMENT["shards"][:-2]),
        altered(shards=[*DOCUMENT["shards"], DOCUMENT["shards"][0]]),
        altered(
            shards=[
                s._asdict() for s in place_shards([(ScopeNumber(t), 52, "0" * 64) for t in (0, 2, 3, 3, 3)])
            ]
        ),
        altered(shards=DOCUMENT["shards"][::-1]),
        altered(shards=[{**shard, "offset": 0} for shard in DOCUMENT["shards"]]),
        altered(shards=[{**shard, "sha256": "0"} for shard in DOCUMENT["shards"]]),
        altered(shards=[{**shard, "length": 1.0} for shard in DOCUMENT["shards"]]),
        altered(shards=[{**shard, "length": -1} for shard in DOCUMENT["shards"]]),
        altered(shards=[DOCUMENT["shards"]]),
        altered(
            shards=[s._asdict() for s in place_shards([(ScopeNumber(t), 52, "0" * 64) for t in (0, 2, 0, 3)])]
        ),
    ],
)
def test_a_manifest_that_is_not_complete_is_refused(text: bytes) -> None:
    with pytest.raises(InvalidSnapshot):
        SnapshotManifest.from_json(text)


@pytest.mark.parametrize("field", DOCUMENT)
def test_each_field_of_a_manifest_is_needed(field: str) -> None:
    document = {name: value for name, value in DOCUMENT.items() if name != field}
    with pytest.raises(InvalidSnapshot):
        SnapshotManifest.from_json(json.dumps(document).encode())
