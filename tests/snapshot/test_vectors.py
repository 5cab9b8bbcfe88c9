"""The published snapshot, read in Python, and its filters, compared with the C library."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from random import Random
from typing import Any

import pytest
import time_machine

from heed.domain.errors import InvalidSnapshot
from heed.domain.snapshots.binary_fuse import BinaryFuse16, build_filter
from heed.domain.snapshots.file_format import split_snapshot
from heed.snapshot.reader import Snapshot
from tests.vectors import snapshot as vectors
from tests.vectors.make_snapshot import make_unsigned

ROOT = Path(__file__).parents[2]
FILE = ROOT / "tests" / "vectors" / vectors.file
FASTFILTER = ROOT / ".tools" / "fastfilter" / "bin" / "python"
_SEED_OF_C = 0x726B2B9D438B9D4D  # the C library begins with it


@pytest.mark.parametrize("vector", vectors.answers, ids=lambda vector: vector["case"])
def test_the_published_snapshot_answers_as_its_vectors_say(vector: dict[str, str]) -> None:
    with time_machine.travel(vectors.now, tick=False):
        snapshot = Snapshot.open(FILE, vectors.jwks)
        assert snapshot.may_send(vector["recipient"], vector["topic"]) == vector["answer"]
    with time_machine.travel(vectors.too_old, tick=False):
        expected = vector["answer"].replace("yes", "ask")
        assert snapshot.may_send(vector["recipient"], vector["topic"]) == expected


def test_the_published_snapshot_expires() -> None:
    with time_machine.travel(vectors.expired, tick=False), pytest.raises(InvalidSnapshot, match="expired"):
        Snapshot.open(FILE, vectors.jwks)


def test_the_published_snapshot_has_the_bytes_that_heed_makes() -> None:
    """Only the signature differs each time."""
    manifest, shards = make_unsigned()
    parts = split_snapshot(memoryview(FILE.read_bytes()))
    assert parts.manifest == manifest.to_json()
    assert parts.shards == shards


_C_LIBRARY = """
import json, sys
from array import array
from pyfusefilter._xorfilter import ffi, lib

def build(keys):
    built = ffi.new("binary_fuse16_t *")
    assert lib.binary_fuse16_allocate(len(keys), built)
    assert lib.binary_fuse16_populate(ffi.from_buffer("uint64_t[]", array("Q", keys)), len(keys), built)
    data = ffi.new("char[]", lib.binary_fuse16_serialization_bytes(built))
    lib.binary_fuse16_serialize(built, data)
    return bytes(ffi.buffer(data, 28 + 2 * built.ArrayLength))

def find(data, keys):
    read = ffi.new("binary_fuse16_t *")
    assert lib.binary_fuse16_deserialize(read, ffi.from_buffer(data))
    return [lib.binary_fuse16_contain(key, read) for key in keys]

case = json.load(sys.stdin)
found = find(bytes.fromhex(case["ours"]), case["keys"] + case["others"])
print(json.dumps({"theirs": build(case["keys"]).hex(), "found": found}))
"""


@pytest.mark.system
@pytest.mark.parametrize("count", [0, 1, 2, 3, 50, 1_000, 5_000, 20_000, 300_000])
def test_a_filter_has_the_bytes_of_the_c_library(count: int) -> None:
    random = Random(count)  # noqa: S311 - the same keys in each run
    keys = sorted({random.getrandbits(64) for _ in range(count)})
    others = [random.getrandbits(64) for _ in range(100_000)]
    with_its_seed, with_another = build_filter(keys, _SEED_OF_C), build_filter(keys, count)

    result = _run_c_library({"ours": with_another.hex(), "keys": keys, "others": others})

    assert bytes.fromhex(result["theirs"]) == with_its_seed
    ours = BinaryFuse16(memoryview(with_another))
    assert result["found"] == [key in ours for key in (*keys, *others)]
    assert all(result["found"][: len(keys)])


def _run_c_library(case: dict[str, Any]) -> Any:
    assert FASTFILTER.exists(), "make .tools/fastfilter/.ready"
    done = subprocess.run(
        [FASTFILTER, "-c", _C_LIBRARY], input=json.dumps(case), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
