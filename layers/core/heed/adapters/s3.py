"""The hashes of entries and the seals over them, in the bucket of the ledger.

hashes/2026-03-05/<hash of the content>   leaves of a batch, 32 bytes each
leaves/2026-03-05                         the leaves under the seal of the day, in order
seals/2026-03-05.json                     the seal; written last, so that what it seals is there

Everything is written where nothing is yet (`If-None-Match`), and read by its first version: Object Lock
keeps a version, but lets anybody who may write put another on top of it, or junk beside it: that is passed
over and told of.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from heed.adapters.aws import FAILURES, error_code, to_store_unavailable
from heed.domain import rfc3339
from heed.domain.errors import InvalidTime, MalformedMessage, UnreadableRecord
from heed.domain.ledger import merkle
from heed.domain.ledger.entry import canonical_json
from heed.domain.ledger.seal import Seal
from heed.domain.preferences.register import DAY_MS
from heed.override import override
from heed.use_cases.ports.ledger import Alteration, AlteredObject, LeafHashes, Seals

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_CHUNK = merkle.HASH_SIZE * 4096
_HASHES, _LEAVES, _SEALS = "hashes/", "leaves/", "seals/"


class _Object(NamedTuple):
    """An object by its first version; "" where none of it is left."""

    key: str
    version: str
    size: int
    how: Alteration | None


class LedgerBucket(Seals):
    """Serves the port Seals from S3."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    @override
    def add(self, day: int, leaves: Iterable[bytes]) -> None:
        """The name says the content, so that the same batch again is the same object.

        Whether what lies under the name already is this content is asked by whoever reads it.
        """
        content = b"".join(sorted(set(leaves)))
        name = sha256(content).hexdigest()
        self._put(f"{_HASHES}{rfc3339.format_day(day)}/{name}", content)

    @override
    def hashes(self, day: int) -> LeafHashes:
        found = LeafHashes(set(), [])
        for one in self._objects(f"{_HASHES}{rfc3339.format_day(day)}/"):
            if one.how:
                found.altered.append(AlteredObject(one.key, one.how))
            content = self._get(one) if one.version else b""
            if sha256(content).hexdigest() == one.key.rpartition("/")[2]:
                if len(content) % merkle.HASH_SIZE == 0:
                    found.leaves.update(_split(content))
                elif not one.how:
                    found.altered.append(AlteredObject(one.key, Alteration.MALFORMED))
            elif not one.how:
                found.altered.append(AlteredObject(one.key, Alteration.MISNAMED))
        return found

    @override
    def first_day(self) -> int | None:
        for page in self._pages(_HASHES, 1000):
            for found in page.get("Versions", ()):
                day = _day(found["Key"].removeprefix(_HASHES).partition("/")[0])
                if day is not None:
                    return day
        return None

    @override
    def seals(self) -> list[Seal]:
        return [
            self._seal_of(one)
            for one in self._objects(_SEALS)
            if one.version and _day_named(one.key) is not None
        ]

    @override
    def sealed(self, day: int) -> Iterator[bytes]:
        body = self._open(self._first(_leaves_name(day)))
        rest = b""  # of a hash that is not read whole yet
        try:
            for chunk in body.iter_chunks(_CHUNK):
                rest += chunk
                whole = len(rest) - len(rest) % merkle.HASH_SIZE
                yield from _split(rest[:whole])
                rest = rest[whole:]
        except FAILURES as error:
            raise to_store_unavailable(error) from error

    @override
    def altered(self) -> list[AlteredObject]:
        return [
            AlteredObject(one.key, how)
            for prefix in (_LEAVES, _SEALS)
            for one in self._objects(prefix)
            if (how := one.how or _malformed(one))
        ]

    @override
    def gather(self, day: int, leaves: Sequence[bytes]) -> list[bytes]:
        if self._put(_leaves_name(day), b"".join(leaves)):
            return list(leaves)
        return list(self.sealed(day))

    @override
    def seal(self, seal: Seal) -> None:
        name = _seal_name(seal.day)
        is_first = self._put(name, canonical_json(seal.to_document()))
        if not is_first and self._seal_of(self._first(name)) != seal:
            raise UnreadableRecord("another seal of that day is kept")

    def _objects(self, prefix: str) -> Iterator[_Object]:
        """The objects whose names begin so, in the order of the names.

        S3 lists the versions of an object one behind the other, the newest first. One that ends a page and
        begins the next, as some imitations of S3 have it, is one all the same.
        """
        key, version, size, versions = "", "", 0, 0
        deleted: set[str] = set()
        for page in self._pages(prefix, 1000):
            deleted.update(found["Key"] for found in page.get("DeleteMarkers", ()))
            for found in page.get("Versions", ()):
                if (found["Key"], found["VersionId"]) == (key, version):
                    continue
                if found["Key"] != key:
                    if versions:
                        yield _object(_Object(key, version, size, None), versions, deleted)
                    versions = 0
                key, version, size = found["Key"], found["VersionId"], found["Size"]
                versions += 1
        if versions:
            yield _object(_Object(key, version, size, None), versions, deleted)
        for gone in sorted(deleted):
            yield _Object(gone, "", 0, Alteration.DELETED)

    def _pages(self, prefix: str, limit: int) -> Iterator[Mapping[str, Any]]:
        request: dict[str, Any] = {"Bucket": self._bucket, "Prefix": prefix, "MaxKeys": limit}
        while True:
            answer = self._call(self._client.list_object_versions, **request)
            yield answer
            if not answer.get("IsTruncated"):
                return
            request["KeyMarker"] = answer["NextKeyMarker"]
            request["VersionIdMarker"] = answer["NextVersionIdMarker"]

    def _first(self, key: str) -> _Object:
        for one in self._objects(key):
            if one.key == key and one.version:
                return one
        raise UnreadableRecord("a seal, or what is under it, is not there")

    def _seal_of(self, one: _Object) -> Seal:
        try:
            seal = Seal.from_document(json.loads(self._get(one)))
        except (MalformedMessage, ValueError, RecursionError) as error:
            raise UnreadableRecord("a seal is not of our form") from error
        if one.key != _seal_name(seal.day):
            raise UnreadableRecord("a seal has the name of another")
        return seal

    def _get(self, one: _Object) -> bytes:
        try:
            content: bytes = self._open(one).read()
        except FAILURES as error:
            raise to_store_unavailable(error) from error
        return content

    def _open(self, one: _Object) -> Any:  # noqa: ANN401
        return self._call(self._client.get_object, Bucket=self._bucket, Key=one.key, VersionId=one.version)[
            "Body"
        ]

    def _put(self, key: str, content: bytes) -> bool:
        """Whether it is kept now; not if something lies there already, perhaps by an attempt of ours."""
        try:
            self._client.put_object(
                Bucket=self._bucket,
                Key=key,
                Body=content,
                IfNoneMatch="*",  # the bucket takes nothing without it
                ChecksumAlgorithm="SHA256",  # nor does Object Lock
            )
        except FAILURES as error:
            if error_code(error) == "PreconditionFailed":
                return False
            raise to_store_unavailable(error) from error
        return True

    def _call(self, ask: Any, **request: Any) -> Any:  # noqa: ANN401
        try:
            return ask(**request)
        except FAILURES as error:
            raise to_store_unavailable(error) from error


def _object(one: _Object, versions: int, deleted: set[str]) -> _Object:
    """What was listed of an object, which leaves the marks of deletion that are still to be told."""
    if one.key in deleted:
        deleted.remove(one.key)
        return one._replace(how=Alteration.DELETED)
    return one._replace(how=Alteration.REWRITTEN if versions > 1 else None)


def _malformed(one: _Object) -> Alteration | None:
    """What is among the seals or the leaves and was never written by Heed, by its name or its length."""
    if _day_named(one.key) is None or (one.key.startswith(_LEAVES) and one.size % merkle.HASH_SIZE):
        return Alteration.MALFORMED
    return None


def _leaves_name(day: int) -> str:
    return f"{_LEAVES}{rfc3339.format_day(day)}"


def _seal_name(day: int) -> str:
    return f"{_SEALS}{rfc3339.format_day(day)}.json"


def _day_named(key: str) -> int | None:
    """The day whose seal, or whose leaves, have that name; None: it is no such name."""
    if key.startswith(_SEALS):
        return _day(key.removeprefix(_SEALS).removesuffix(".json")) if key.endswith(".json") else None
    return _day(key.removeprefix(_LEAVES))


def _day(text: str) -> int | None:
    """The day of a date in the one way of writing it."""
    try:
        day = rfc3339.parse_time(text).first // DAY_MS
    except InvalidTime:
        return None
    return day if rfc3339.format_day(day) == text else None


def _split(content: bytes) -> Iterator[bytes]:
    return (content[at : at + merkle.HASH_SIZE] for at in range(0, len(content), merkle.HASH_SIZE))
