"""A snapshot of ten million people: its size, the time to build it, and the answers in a second.

python -m tests.bench.bulk_snapshot [PEOPLE]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import time_machine
from numpy.typing import NDArray

from heed.domain.preferences.register import ScopeNumber
from heed.domain.recipients.recipient import recipient_from_bytes
from heed.domain.snapshots.binary_fuse import FILTER_HEADER, build_filter
from heed.domain.snapshots.file_format import (
    SnapshotManifest,
    pad,
    place_shards,
    snapshot_head,
    split_snapshot,
)
from heed.domain.snapshots.shards import choose_shard_bits
from heed.snapshot.filters import SnapshotFilter
from heed.snapshot.reader import Snapshot
from heed.snapshot.signing_keys import verify_manifest
from tests.support.snapshots import AS_OF, EXPIRES_AT, JWKS, sign

PEOPLE = 10_000_000
TOPIC = "offers"
TOPIC_PEOPLE = 100_000
SEED = 0x0123456789ABCDEF
MAX_OVERHEAD = 1.14  # times the information limit, 16 bits for each key
MIN_BATCH, MIN_SINGLE = 15e6, 0.3e6  # look-ups a second
MAX_OPEN = 1e-3  # seconds, without the signature
RUNS = 5


def random_keys(count: int, seed: int) -> NDArray[np.uint64]:
    """Returns distinct keys in order."""
    return np.unique(np.random.default_rng(seed).integers(0, 1 << 64, count, np.uint64))


def build_shard(keys: NDArray[np.uint64]) -> tuple[bytes, float]:
    """Returns the filter of a shard, and the seconds of one core."""
    started_at = time.process_time()
    return build_filter(keys.tolist(), SEED), time.process_time() - started_at


def least_seconds(run: Callable[[], object], times: int = 1) -> float:
    """Returns the seconds of one core for one call, in the fastest of five runs of some calls."""
    seconds = []
    for _ in range(RUNS):
        started_at = time.process_time()
        for _ in range(times):
            run()
        seconds.append(time.process_time() - started_at)
    return min(seconds) / times


def write_snapshot(path: Path, people: NDArray[np.uint64], few: NDArray[np.uint64]) -> tuple[float, float]:
    """Writes a snapshot of two filters. Returns bits for each key of the large one, and its CPU seconds."""
    counts = np.bincount((people >> np.uint64(52)).astype(int), minlength=4096)
    bits = choose_shard_bits(counts.tolist())
    bounds = np.searchsorted(people, [number << 64 - bits for number in range(1, 1 << bits)])
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        built = list(pool.map(build_shard, [*np.split(people, bounds), few]))
    shards = [shard for shard, _ in built]
    topics = [*(ScopeNumber(0) for _ in shards[:-1]), ScopeNumber(2)]
    manifest = SnapshotManifest(
        AS_OF,
        EXPIRES_AT,
        "identity/1",
        SEED,
        {"*": ScopeNumber(0), TOPIC: ScopeNumber(2)},
        {"*": len(people), TOPIC: len(few)},
        place_shards((topic, len(s), sha256(s).hexdigest()) for topic, s in zip(topics, shards, strict=True)),
    ).to_json()
    path.write_bytes(snapshot_head(manifest, sign(manifest)) + b"".join(map(pad, shards)))
    size = sum(len(shard) - FILTER_HEADER.size for shard in shards[:-1])
    seconds = sum(seconds for _, seconds in built[:-1])
    print(f"snapshot: {len(people):,} people in {1 << bits} shards, {path.stat().st_size / 1e6:.1f} MB")
    return 8 * size / len(people), seconds


@time_machine.travel("2026-03-01T12:00Z", tick=False)
def measure(path: Path, people: NDArray[np.uint64]) -> bool:
    """Prints the speed of the reader, and what it answers. Returns whether all limits are kept."""
    parts = split_snapshot(memoryview(path.read_bytes()))
    signature = least_seconds(lambda: verify_manifest(parts.jws, parts.manifest, JWKS), 50)
    opening = least_seconds(lambda: Snapshot.open(path, JWKS), 50) - signature
    print(f"  opened in {opening * 1e3:.2f} ms (at most {MAX_OPEN * 1e3:.0f}),", end=" ")
    print(f"and {signature * 1e3:.2f} ms for the signature")

    snapshot = Snapshot.open(path, JWKS)
    others = random_keys(len(people), 2)
    stopped, permitted = snapshot.may_send_each(people, TOPIC), snapshot.may_send_each(others, TOPIC)
    print(f"  of {len(people):,} stopped people {stopped.sum()} get a yes (at most 0),", end=" ")
    print(f"of {len(others):,} others {(~permitted).sum()} get a no")

    manifest = SnapshotManifest.from_json(parts.manifest)
    everything = SnapshotFilter(manifest.shards_by_topic()[ScopeNumber(0)], parts.shards)
    mixed = np.random.default_rng(3).permutation(np.concatenate([people[::10], others[::10]]))
    few = mixed[:100_000].tolist()
    ids = [recipient_from_bytes(key.to_bytes(8, "big") + bytes(8)) for key in few]
    batch = len(mixed) / least_seconds(lambda: everything.contains_each(mixed))
    single = len(few) / least_seconds(lambda: [key in everything for key in few])
    print(f"  look-ups in a second: {batch / 1e6:.1f} M in batch (at least {MIN_BATCH / 1e6:.0f}),", end=" ")
    print(f"{single / 1e6:.2f} M one by one (at least {MIN_SINGLE / 1e6})")
    answers = len(mixed) / least_seconds(lambda: snapshot.may_send_each(mixed, TOPIC))
    checks = len(ids) / least_seconds(lambda: [snapshot.may_send(recipient, TOPIC) for recipient in ids])
    print(f"  answers in a second, each of two look-ups: {answers / 1e6:.1f} M in batch,", end=" ")
    print(f"{checks / 1e6:.2f} M one by one")
    return opening <= MAX_OPEN and batch >= MIN_BATCH and single >= MIN_SINGLE and not stopped.any()


def main() -> int:
    people = random_keys(int(sys.argv[1]) if len(sys.argv) > 1 else PEOPLE, 1)
    with TemporaryDirectory() as folder:
        path = Path(folder, "snapshot")
        bits, seconds = write_snapshot(path, people, random_keys(TOPIC_PEOPLE, 4))
        print(f"  {bits:.2f} bits for each key,", end=" ")
        print(f"{bits / 16:.3f} of the information limit (at most {MAX_OVERHEAD})")
        print(f"  built in {seconds / len(people) * 1e6:.1f} s of one core for a million keys, without numpy")
        return not (measure(path, people) and bits / 16 <= MAX_OVERHEAD)


if __name__ == "__main__":
    sys.exit(main())
