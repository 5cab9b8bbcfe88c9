"""Makes the vectors of the snapshot: `python -m tests.vectors.make_snapshot` writes both files.

Only the signature differs from run to run. The key is that of RFC 7515 appendix A.3, which everybody knows.
"""

from __future__ import annotations

import json
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any

import time_machine

from heed.domain.recipients.recipient import recipient_from_bytes, snapshot_key
from heed.domain.snapshots.file_format import SnapshotManifest, snapshot_head
from heed.snapshot.reader import Snapshot
from tests.support.snapshots import JWKS, make_parts, sign

NOW = "2026-03-01T12:00:00Z"
FOLDER = Path(__file__).parent


def person(number: int) -> str:
    """Returns a made-up recipient id."""
    return recipient_from_bytes(sha256(f"person {number}".encode()).digest()[:16])


_FILTERS = {
    "*": (0, [snapshot_key(person(number)) for number in range(500)]),
    "offers": (2, [snapshot_key(person(number)) for number in range(500, 540)]),
    "aurora/offers": (11, list[int]()),
}
_CASES = {
    "stopped for everything": (person(0), "offers"),
    "stopped for everything, in another shard": (person(7), "offers"),
    "stopped for this topic": (person(500), "offers"),
    "stopped for another topic": (person(500), "aurora/offers"),
    "not stopped": (person(1000), "offers"),
    "a topic without a filter": (person(0), "service"),
    "the filter of everything is no topic": (person(0), "*"),
}


def make_unsigned() -> tuple[SnapshotManifest, bytes]:
    """Returns the manifest and the shards."""
    return make_parts(_FILTERS, shard_bits=2, seed=0x0123456789ABCDEF)


@time_machine.travel(NOW, tick=False)
def main() -> None:
    manifest, shards = make_unsigned()
    text = manifest.to_json()
    data = snapshot_head(text, sign(text)) + shards
    snapshot = Snapshot(memoryview(data), JWKS)
    wrongly_found = next(n for n in count(1000) if snapshot.may_send(person(n), "offers") == "no")
    cases = {**_CASES, "not stopped, but found: 1 of 32,768": (person(wrongly_found), "offers")}
    document: dict[str, Any] = {
        "file": "snapshot.heedsnap",
        "now": NOW,
        "too_old": "2026-03-02T12:00:00Z",
        "expired": "2026-03-08T00:00:00Z",
        "jwks": JWKS,
        "answers": [
            {"case": case, "recipient": recipient, "topic": topic, "answer": answer}
            for case, (recipient, topic) in cases.items()
            for answer in [snapshot.may_send(recipient, topic)]
        ],
    }
    (FOLDER / document["file"]).write_bytes(data)
    (FOLDER / "snapshot.json").write_text(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
