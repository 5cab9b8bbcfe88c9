"""Makes snapshots, signed by the key of RFC 7515 appendix A.3, which everybody knows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256

from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import DAY_MS, ScopeNumber
from heed.domain.snapshots.binary_fuse import build_filter
from heed.domain.snapshots.file_format import SnapshotManifest, pad, place_shards, snapshot_head
from heed.domain.snapshots.shards import distinct_keys
from heed.domain.snapshots.signature import decode_base64url, detached_jws, signing_input

KEY_ID = "example"
JWKS: dict[str, Any] = {
    "keys": [
        {
            "kty": "EC",
            "crv": "P-256",
            "kid": KEY_ID,
            "alg": "ES256",
            "use": "sig",
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        }
    ]
}
_SECRET = decode_base64url(b"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI")
PRIVATE_KEY = ec.derive_private_key(int.from_bytes(_SECRET, "big"), ec.SECP256R1())

AS_OF = Millis(1_772_323_200_000)
"""2026-03-01T00:00:00Z"""
EXPIRES_AT = Millis(AS_OF + 7 * DAY_MS)


def sign(manifest: bytes, key: ec.EllipticCurvePrivateKey = PRIVATE_KEY) -> bytes:
    """Returns the detached JWS of a manifest."""
    return detached_jws(KEY_ID, key.sign(signing_input(KEY_ID, manifest), ec.ECDSA(SHA256())))


def sign_digest(digest: bytes) -> bytes:
    """Returns the DER signature of a SHA-256, as KMS does for the message type DIGEST."""
    return PRIVATE_KEY.sign(digest, ec.ECDSA(Prehashed(SHA256())))


def make_parts(
    filters: Mapping[str, tuple[int, Iterable[int]]],
    *,
    shard_bits: int = 0,
    seed: int = 1,
    as_of: Millis = AS_OF,
    expires_at: Millis = EXPIRES_AT,
) -> tuple[SnapshotManifest, bytes]:
    """Returns the manifest and the shards of a snapshot.

    Args:
        filters: the scope number and the keys of each filter, by the name of its topic.
        shard_bits: the number of leading bits that name a shard.
        seed: the start of the random seeds.
        as_of: of the manifest.
        expires_at: of the manifest.
    """
    counts, hashes, data = {}, [], b""
    for name, (topic, keys) in filters.items():
        distinct = distinct_keys(keys)
        counts[name] = len(distinct)
        for number in range(1 << shard_bits):
            shard = build_filter([key for key in distinct if key >> 64 - shard_bits == number], seed)
            hashes.append((ScopeNumber(topic), len(shard), sha256(shard).hexdigest()))
            data += pad(shard)
    topics = {name: ScopeNumber(topic) for name, (topic, _) in filters.items()}
    shards = place_shards(hashes)
    return SnapshotManifest(as_of, expires_at, "identity/1", seed, topics, counts, shards), data


def make_snapshot(filters: Mapping[str, tuple[int, Iterable[int]]], **options: Any) -> bytes:
    """Returns a whole file. The arguments are those of `make_parts`."""
    manifest, shards = make_parts(filters, **options)
    text = manifest.to_json()
    return snapshot_head(text, sign(text)) + shards
