"""The ledger's leaf hashes and seals, in an S3 bucket with Object Lock.

hashes/2026-03-05/<hash of the content>   the leaves of a batch, 32 bytes each
leaves/2026-03-05                         the leaves under the seal of the day, in order
seals/2026-03-05.json                     the seal; it is created last, after the leaves under it

An object is created only if its key is free (`If-None-Match`), and it is read by its first version. Object
Lock protects each version. But anybody who may write can add a newer version of an object, or other objects
beside it. Heed ignores those and reports them as alterations.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from heed.adapters.aws import FAILURES, error_code, failures_as, to_store_unavailable
from heed.domain import rfc3339
from heed.domain.errors import InvalidTime, MalformedMessage, StoreUnavailable, UnreadableRecord
from heed.domain.ledger import merkle
from heed.domain.ledger.entry import canonical_json
from heed.domain.ledger.seal import Seal
from heed.domain.preferences.register import DAY_MS
from heed.override import override
from heed.use_cases.ports.ledger import Alteration, AlteredObject, Seals, StoredLeaves

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_CHUNK_SIZE = merkle.HASH_SIZE * 4096
_HASHES, _LEAVES, _SEALS = "hashes/", "leaves/", "seals/"
_MAX_KEYS = 1000  # versions in one page of a listing


class _Object(NamedTuple):
    """The first version of an object.

    Attributes:
        key: Key of the object.
        version: Id of the first version, or "" if no version is left.
        size: Size of that version, in bytes.
        alteration: How the object was altered, or None.
    """

    key: str
    version: str
    size: int
    alteration: Alteration | None


class LedgerBucket(Seals):
    """Implements the port Seals with S3."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    @override
    def add_leaves(self, day: int, leaves: Iterable[bytes]) -> None:
        """Stores the leaves of a batch under the hash of their content.

        A retry of the same batch therefore writes the same object. If the key exists, this method does not
        compare the content. The reader does.
        """
        content = b"".join(sorted(set(leaves)))
        name = sha256(content).hexdigest()
        self._put(f"{_HASHES}{rfc3339.format_day(day)}/{name}", content)

    @override
    def stored_leaves(self, day: int) -> StoredLeaves:
        stored = StoredLeaves(set(), [])
        for item in self._list_objects(f"{_HASHES}{rfc3339.format_day(day)}/"):
            if item.alteration:
                stored.altered.append(AlteredObject(item.key, item.alteration))
            content = self._read(item) if item.version else b""
            if sha256(content).hexdigest() == item.key.rpartition("/")[2]:
                if len(content) % merkle.HASH_SIZE == 0:
                    stored.leaves.update(_split(content))
                elif not item.alteration:
                    stored.altered.append(AlteredObject(item.key, Alteration.MALFORMED))
            elif not item.alteration:
                stored.altered.append(AlteredObject(item.key, Alteration.MISNAMED))
        return stored

    @override
    def first_day(self) -> int | None:
        for page in self._list_pages(_HASHES):
            for version in page.get("Versions", ()):
                day = _parse_day(version["Key"].removeprefix(_HASHES).partition("/")[0])
                if day is not None:
                    return day
        return None

    @override
    def seals(self) -> list[Seal]:
        return [
            self._read_seal(item)
            for item in self._list_objects(_SEALS)
            if item.version and _day_of_key(item.key) is not None
        ]

    @override
    def sealed_leaves(self, day: int) -> Iterator[bytes]:
        body = self._open(self._find_object(_leaves_key(day)))
        buffer = b""  # ends with a part of a hash, after each chunk
        with failures_as(StoreUnavailable):
            for chunk in body.iter_chunks(_CHUNK_SIZE):
                buffer += chunk
                complete_size = len(buffer) - len(buffer) % merkle.HASH_SIZE
                yield from _split(buffer[:complete_size])
                buffer = buffer[complete_size:]

    @override
    def altered_objects(self) -> list[AlteredObject]:
        return [
            AlteredObject(item.key, how)
            for prefix in (_LEAVES, _SEALS)
            for item in self._list_objects(prefix)
            if (how := item.alteration or _malformed_or_none(item))
        ]

    @override
    def freeze_leaves(self, day: int, leaves: Sequence[bytes]) -> list[bytes]:
        if self._put(_leaves_key(day), b"".join(leaves)):
            return list(leaves)
        return list(self.sealed_leaves(day))

    @override
    def add_seal(self, seal: Seal) -> None:
        key = _seal_key(seal.day)
        is_first = self._put(key, canonical_json(seal.to_document()))
        if not is_first and self._read_seal(self._find_object(key)) != seal:
            raise UnreadableRecord("the day has another seal")

    def _list_objects(self, prefix: str) -> Iterator[_Object]:
        """Returns the objects whose keys begin with a prefix, sorted by key.

        Keys that have a delete marker but no version come last.

        S3 lists all versions of an object together, the newest first. Some imitations of S3 repeat the last
        version of a page at the beginning of the next page. The repetition is ignored.
        """
        key, version, size, versions = "", "", 0, 0
        deleted: set[str] = set()
        for page in self._list_pages(prefix):
            deleted.update(marker["Key"] for marker in page.get("DeleteMarkers", ()))
            for listed in page.get("Versions", ()):
                if (listed["Key"], listed["VersionId"]) == (key, version):
                    continue
                if listed["Key"] != key:
                    if versions:
                        yield _take_alteration(_Object(key, version, size, None), versions, deleted)
                    versions = 0
                key, version, size = listed["Key"], listed["VersionId"], listed["Size"]
                versions += 1
        if versions:
            yield _take_alteration(_Object(key, version, size, None), versions, deleted)
        for deleted_key in sorted(deleted):
            yield _Object(deleted_key, "", 0, Alteration.DELETED)

    def _list_pages(self, prefix: str) -> Iterator[Mapping[str, Any]]:
        request: dict[str, Any] = {"Bucket": self._bucket, "Prefix": prefix, "MaxKeys": _MAX_KEYS}
        while True:
            response = self._call(self._client.list_object_versions, **request)
            yield response
            if not response.get("IsTruncated"):
                return
            request["KeyMarker"] = response["NextKeyMarker"]
            request["VersionIdMarker"] = response["NextVersionIdMarker"]

    def _find_object(self, key: str) -> _Object:
        for item in self._list_objects(key):
            if item.key == key and item.version:
                return item
        raise UnreadableRecord("a seal, or the leaves under it, are missing")

    def _read_seal(self, item: _Object) -> Seal:
        try:
            seal = Seal.from_document(json.loads(self._read(item)))
        except (MalformedMessage, ValueError, RecursionError) as error:
            raise UnreadableRecord("a seal is malformed") from error
        if item.key != _seal_key(seal.day):
            raise UnreadableRecord("a seal has the key of another seal")
        return seal

    def _read(self, item: _Object) -> bytes:
        with failures_as(StoreUnavailable):
            content: bytes = self._open(item).read()
        return content

    def _open(self, item: _Object) -> Any:  # noqa: ANN401
        request = {"Bucket": self._bucket, "Key": item.key, "VersionId": item.version}
        return self._call(self._client.get_object, **request)["Body"]

    def _put(self, key: str, content: bytes) -> bool:
        """Creates an object. Returns False if the key exists, perhaps because of an earlier attempt."""
        try:
            self._client.put_object(
                Bucket=self._bucket,
                Key=key,
                Body=content,
                IfNoneMatch="*",  # the policy of the bucket requires it
                ChecksumAlgorithm="SHA256",  # Object Lock requires it
            )
        except FAILURES as error:
            if error_code(error) == "PreconditionFailed":
                return False
            raise to_store_unavailable(error) from error
        return True

    def _call(self, method: Any, **request: Any) -> Any:  # noqa: ANN401
        with failures_as(StoreUnavailable):
            return method(**request)


def _take_alteration(item: _Object, versions: int, deleted: set[str]) -> _Object:
    """Returns the object with its alteration, and removes its key from the deleted keys.

    The keys that are left in `deleted` have a delete marker and no version.
    """
    if item.key in deleted:
        deleted.remove(item.key)
        return item._replace(alteration=Alteration.DELETED)
    return item._replace(alteration=Alteration.REWRITTEN if versions > 1 else None)


def _malformed_or_none(item: _Object) -> Alteration | None:
    """Returns MALFORMED if Heed creates no seals or leaves with such a key or such a size."""
    if _day_of_key(item.key) is None or (item.key.startswith(_LEAVES) and item.size % merkle.HASH_SIZE):
        return Alteration.MALFORMED
    return None


def _leaves_key(day: int) -> str:
    return f"{_LEAVES}{rfc3339.format_day(day)}"


def _seal_key(day: int) -> str:
    return f"{_SEALS}{rfc3339.format_day(day)}.json"


def _day_of_key(key: str) -> int | None:
    """Returns the day of the key of a seal or of leaves, or None for any other key."""
    if key.startswith(_SEALS):
        return _parse_day(key.removeprefix(_SEALS).removesuffix(".json")) if key.endswith(".json") else None
    return _parse_day(key.removeprefix(_LEAVES))


def _parse_day(text: str) -> int | None:
    """Returns the day of a date in its canonical form, or None for any other text."""
    try:
        day = rfc3339.parse_time(text).first // DAY_MS
    except InvalidTime:
        return None
    return day if rfc3339.format_day(day) == text else None


def _split(content: bytes) -> Iterator[bytes]:
    return (content[start : start + merkle.HASH_SIZE] for start in range(0, len(content), merkle.HASH_SIZE))
