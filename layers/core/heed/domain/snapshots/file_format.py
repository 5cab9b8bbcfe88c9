"""The file of a snapshot: its manifest and the places of its parts (docs/reference/snapshot-format.md)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from struct import Struct
from typing import NamedTuple

from heed.domain.errors import InvalidSnapshot, InvalidTime
from heed.domain.ledger.entry import canonical_json
from heed.domain.milliseconds import Millis
from heed.domain.preferences.catalogue import ALL_NAME
from heed.domain.preferences.register import ALL_SCOPES, ScopeNumber
from heed.domain.rfc3339 import format_time, parse_time
from heed.domain.snapshots.shards import MAX_SHARD_BITS
from heed.domain.values import is_hash, is_number_below, is_text

_MAGIC = b"HEEDSNAP"
_VERSION = 1
_HEAD = Struct("<8s3I")  # magic, version, length of the manifest, length of the signature
_ALIGNMENT = 8  # bytes
_MAX_MANIFEST_LENGTH, _MAX_JWS_LENGTH = 1 << 26, 1 << 10  # bytes
_IS_SIZE = is_number_below(1 << 48)  # bytes, or keys


class Shard(NamedTuple):
    """A part of a filter.

    Attributes:
        topic: the scope number of its filter; 0 is the filter of everything.
        offset: its first byte, counted from the first shard.
        length: bytes.
        sha256: its hash in hex.
    """

    topic: ScopeNumber
    offset: int
    length: int
    sha256: str


@dataclass(frozen=True, slots=True)
class SnapshotManifest:
    """What a snapshot says about itself.

    Attributes:
        as_of: every change that was acknowledged before this instant is in the snapshot, milliseconds.
        expires_at: the end of its use, milliseconds.
        identity_key: names the key of its recipient ids.
        seed: the start of the random seeds of its filters.
        topics: the scope number of each filter by the name of its topic; 0 is the filter of everything, `*`.
        counts: the number of keys in each filter, by the same names.
        shards: in the order of the file. Those of a filter are in order of the leading bits of their keys.
    """

    as_of: Millis
    expires_at: Millis
    identity_key: str
    seed: int
    topics: Mapping[str, ScopeNumber]
    counts: Mapping[str, int]
    shards: tuple[Shard, ...]

    def to_json(self) -> bytes:
        """Returns the bytes of the manifest in the file, which are signed."""
        document = {
            "as_of": format_time(self.as_of),
            "expires_at": format_time(self.expires_at),
            "identity_key": self.identity_key,
            "seed": f"{self.seed:016x}",
            "topics": self.topics,
            "counts": self.counts,
            "shards": [shard._asdict() for shard in self.shards],
        }
        return canonical_json(document)

    @classmethod
    def from_json(cls, text: bytes) -> SnapshotManifest:
        """Reads a manifest. Unknown fields are ignored, so that a later version of Heed may add some.

        Raises:
            InvalidSnapshot: a field is missing or not valid, or the shards are not complete.
        """
        try:
            document = json.loads(text)
            manifest = cls(
                as_of=parse_time(document["as_of"]).first,
                expires_at=parse_time(document["expires_at"]).first,
                identity_key=document["identity_key"],
                seed=int(document["seed"], 16),
                topics=document["topics"],
                counts=document["counts"],
                shards=tuple(Shard(*(shard[name] for name in Shard._fields)) for shard in document["shards"]),
            )
            is_valid = manifest._is_valid()
        except (AttributeError, KeyError, TypeError, ValueError, RecursionError, InvalidTime) as error:
            raise InvalidSnapshot("a field of the manifest is missing or not valid") from error
        if not is_valid:
            raise InvalidSnapshot("the manifest contradicts itself")
        return manifest

    def shards_by_topic(self) -> dict[ScopeNumber, list[Shard]]:
        """Returns the shards of each filter, in the order of the leading bits."""
        return {topic: list(shards) for topic, shards in groupby(self.shards, attrgetter("topic"))}

    @property
    def size_of_shards(self) -> int:
        """The bytes from the first shard to the end of the file."""
        return _align(self.shards[-1].offset + self.shards[-1].length) if self.shards else 0

    def _is_valid(self) -> bool:
        filters = self.shards_by_topic()
        return (
            is_text(self.identity_key)
            and all(map(is_number_below(1 << 16), self.topics.values()))
            and all(map(_IS_SIZE, self.counts.values()))
            and all(_IS_SIZE(shard.length) and is_hash(shard.sha256) for shard in self.shards)
            and self.topics.get(ALL_NAME) == ALL_SCOPES
            and self.topics.keys() == self.counts.keys()
            and sorted(self.topics.values()) == sorted(filters)
            and sum(map(len, filters.values())) == len(self.shards)
            and all(len(shards) in _SHARD_COUNTS for shards in filters.values())
            and self.shards == place_shards((s.topic, s.length, s.sha256) for s in self.shards)
        )


_SHARD_COUNTS = {1 << bits for bits in range(MAX_SHARD_BITS + 1)}


def place_shards(shards: Iterable[tuple[ScopeNumber, int, str]]) -> tuple[Shard, ...]:
    """Returns the places of shards of which the topic, the length in bytes and the hash are known."""
    placed: list[Shard] = []
    offset = 0
    for topic, length, sha256 in shards:
        placed.append(Shard(topic, offset, length, sha256))
        offset = _align(offset + length)
    return tuple(placed)


def pad(data: bytes) -> bytes:
    """Returns a part of the file with the zeros behind it, so that the next part is aligned."""
    return data.ljust(_align(len(data)), b"\0")


def snapshot_head(manifest: bytes, jws: bytes) -> bytes:
    """Returns the beginning of a file. The shards follow, each of them padded."""
    return pad(_HEAD.pack(_MAGIC, _VERSION, len(manifest), len(jws)) + manifest + jws)


class SnapshotParts(NamedTuple):
    """The parts of a file: manifest, signature and shards."""

    manifest: bytes
    jws: bytes
    shards: memoryview


def split_snapshot(data: memoryview) -> SnapshotParts:
    """Returns the parts of a file. Nothing in them is verified yet.

    Raises:
        InvalidSnapshot: it is no snapshot of this version, or it is cut.
    """
    if len(data) < _HEAD.size or data[: len(_MAGIC)] != _MAGIC:
        raise InvalidSnapshot("the file is no snapshot")
    _, version, manifest_length, jws_length = _HEAD.unpack_from(data)
    if version != _VERSION:
        raise InvalidSnapshot("the snapshot has another version")
    jws_at = _HEAD.size + manifest_length
    end = jws_at + jws_length
    if manifest_length > _MAX_MANIFEST_LENGTH or jws_length > _MAX_JWS_LENGTH:
        raise InvalidSnapshot("the manifest or the signature is too long")
    if len(data) < _align(end) or any(data[end : _align(end)]):
        raise InvalidSnapshot("the snapshot is cut")
    return SnapshotParts(bytes(data[_HEAD.size : jws_at]), bytes(data[jws_at:end]), data[_align(end) :])


def _align(size: int) -> int:
    return -(-size // _ALIGNMENT) * _ALIGNMENT
