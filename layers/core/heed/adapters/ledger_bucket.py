"""The hashes of entries and the seals over them, in the bucket of the ledger.

hashes/2026-03-05/<hash of the content>   leaves of a batch, 32 bytes each
leaves/2026-03-05                         the leaves under the seal of the day, in order
seals/2026-03-05.json                     the seal; written last, so that what it seals is there
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from heed.adapters.aws import FAILURES, unavailable
from heed.domain import merkle, times
from heed.domain.errors import InvalidTime, Malformed, UnreadableRecord
from heed.domain.ledger_entry import canonical
from heed.domain.register import DAY
from heed.domain.seal import Seal

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_CHUNK = merkle.SIZE * 4096


class LedgerBucket:
    """Serves the port Seals from S3."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def add(self, day: int, leaves: Iterable[bytes]) -> None:
        """See the port. The name says the content, so that the same batch again is the same object."""
        content = b"".join(sorted(set(leaves)))
        name = sha256(content).hexdigest()
        self._put(f"hashes/{times.write_day(day)}/{name}", content)

    def leaves(self, day: int) -> set[bytes]:
        """See the port."""
        found: set[bytes] = set()
        for key in self._keys(f"hashes/{times.write_day(day)}/"):
            found.update(_split(self._get(key)))
        return found

    def first_day(self) -> int | None:
        """See the port."""
        for key in self._keys("hashes/", 1):
            return _day(key.split("/")[1])
        return None

    def seals(self) -> list[Seal]:
        """See the port."""
        try:
            return [Seal.of(json.loads(self._get(key))) for key in self._keys("seals/")]
        except (Malformed, ValueError) as error:
            raise UnreadableRecord("a seal is not of our form") from error

    def sealed(self, day: int) -> Iterator[bytes]:
        """See the port."""
        body = self._call(
            self._client.get_object, Bucket=self._bucket, Key=f"leaves/{times.write_day(day)}"
        )["Body"]
        try:
            for chunk in body.iter_chunks(_CHUNK):
                yield from _split(chunk)
        except FAILURES as error:
            raise unavailable(error) from error

    def seal(self, seal: Seal, leaves: Sequence[bytes]) -> None:
        """See the port."""
        day = times.write_day(seal.day)
        self._put(f"leaves/{day}", b"".join(leaves))
        self._put(f"seals/{day}.json", canonical(seal.document()))

    def _keys(self, prefix: str, limit: int = 1000) -> Iterator[str]:
        request: dict[str, Any] = {"Bucket": self._bucket, "Prefix": prefix, "MaxKeys": limit}
        while True:
            answer = self._call(self._client.list_objects_v2, **request)
            for found in answer.get("Contents", ()):
                yield found["Key"]
            if not answer.get("IsTruncated"):
                return
            request["ContinuationToken"] = answer["NextContinuationToken"]

    def _get(self, key: str) -> bytes:
        answer = self._call(self._client.get_object, Bucket=self._bucket, Key=key)
        try:
            content: bytes = answer["Body"].read()
        except FAILURES as error:
            raise unavailable(error) from error
        return content

    def _put(self, key: str, content: bytes) -> None:
        # Object Lock takes nothing without a checksum.
        self._call(
            self._client.put_object,
            Bucket=self._bucket,
            Key=key,
            Body=content,
            ChecksumAlgorithm="SHA256",
        )

    def _call(self, ask: Any, **request: Any) -> Any:  # noqa: ANN401
        try:
            return ask(**request)
        except FAILURES as error:
            raise unavailable(error) from error


def _split(content: bytes) -> Iterator[bytes]:
    if len(content) % merkle.SIZE:
        raise UnreadableRecord("hashes are not of our form")
    return (content[at : at + merkle.SIZE] for at in range(0, len(content), merkle.SIZE))


def _day(text: str) -> int:
    try:
        return times.parse(text).first // DAY
    except InvalidTime as error:
        raise UnreadableRecord("no day") from error
