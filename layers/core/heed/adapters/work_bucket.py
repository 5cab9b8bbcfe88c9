"""The files of the work on jobs, in the bucket of all files of jobs.

<job id>/upload            the file that the caller uploaded
<job id>/work/<name>       what the steps of the work give each other
<job id>/results/<name>    what the caller gets
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

from heed.adapters.aws import FAILURES, error_code, failures_as, required_member, to_store_unavailable
from heed.domain.errors import DamagedFile, StoreUnavailable
from heed.domain.jobs.job import Job, upload_key
from heed.override import override
from heed.use_cases.ports.job_work import HasTime, JobFile, WorkFiles

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_CHUNK = 8 << 20  # bytes of the upload that one request reads
_SMALLEST_PART = 5 << 20  # S3 refuses smaller parts of a multipart upload, except the last one
_CHANGED = ("PreconditionFailed", "NoSuchKey", "404", "412")


class WorkBucket(WorkFiles):
    """Implements the port WorkFiles with S3.

    Args:
        client: S3 client.
        bucket: Name of the bucket.
    """

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    @override
    def read_upload(self, job: Job, start: int = 0) -> Iterator[bytes]:
        if job.upload is None:
            raise DamagedFile("there is no upload")
        for first in range(start, job.upload.size, _CHUNK):
            last = min(first + _CHUNK, job.upload.size) - 1
            try:
                response = self._client.get_object(
                    Bucket=self._bucket,
                    Key=upload_key(job.id),
                    IfMatch=job.upload.etag,
                    Range=f"bytes={first}-{last}",
                )
                chunk = _read_body(response, last - first + 1)
            except FAILURES as error:
                if error_code(error) in _CHANGED:
                    raise DamagedFile("the file was deleted or replaced") from error
                raise to_store_unavailable(error) from error
            yield chunk

    @override
    def put(self, job_id: str, name: str, content: bytes) -> None:
        with failures_as(StoreUnavailable):
            self._client.put_object(Bucket=self._bucket, Key=f"{job_id}/{name}", Body=content)

    @override
    def get(self, job_id: str, name: str) -> bytes | None:
        try:
            response = self._client.get_object(Bucket=self._bucket, Key=f"{job_id}/{name}")
            return _read_body(response, required_member(response, "ContentLength"))
        except FAILURES as error:
            if error_code(error) == "NoSuchKey":
                return None
            raise to_store_unavailable(error) from error

    @override
    def get_part(self, job_id: str, name: str, start: int, end: int) -> bytes:
        with failures_as(StoreUnavailable):
            response = self._client.get_object(
                Bucket=self._bucket, Key=f"{job_id}/{name}", Range=f"bytes={start}-{end - 1}"
            )
            return _read_body(response, end - start)

    @override
    def list_files(self, job_id: str, prefix: str) -> Iterator[JobFile]:
        position: dict[str, Any] = {}
        while True:
            with failures_as(StoreUnavailable):
                page = self._client.list_objects_v2(
                    Bucket=self._bucket, Prefix=f"{job_id}/{prefix}", **position
                )
            required_member(page, "KeyCount")
            for listed in page.get("Contents", ()):
                yield JobFile(listed["Key"].removeprefix(f"{job_id}/"), listed["Size"])
            if not page["IsTruncated"]:
                return
            position = {"ContinuationToken": page["NextContinuationToken"]}

    @override
    def join(
        self, job_id: str, sources: Iterable[JobFile], target: str, place: str, has_time: HasTime
    ) -> int | None:
        """Makes one file of several. S3 copies the large ones. The small ones are read and joined.

        A call that goes on adds to the same multipart upload. If that is gone, the next call begins again.
        """
        kept = json.loads(self.get(job_id, place) or b"{}")
        joined = _JoinedObject(self._client, self._bucket, f"{job_id}/{target}", kept)
        pending, size = b"", int(kept.get("size", 0))
        try:
            for done, source in enumerate(islice(sources, kept.get("sources", 0), None), 1):
                size += source.size
                if source.size >= _SMALLEST_PART and not pending:
                    joined.copy(f"{job_id}/{source.name}")
                else:
                    pending += self._read_whole(job_id, source)
                    if len(pending) >= _SMALLEST_PART:
                        joined.add(pending)
                        pending = b""
                if not pending and not has_time():
                    sources_done = kept.get("sources", 0) + done
                    self._keep(job_id, place, {"size": size, "sources": sources_done, **joined.kept()})
                    return None
            joined.finish(pending)
        except StoreUnavailable as error:
            if str(error) == "NoSuchUpload":
                self._keep(job_id, place, {})
            raise
        self._keep(job_id, place, {})
        return size

    def _read_whole(self, job_id: str, file: JobFile) -> bytes:
        content = self.get(job_id, file.name)
        if content is None or len(content) != file.size:
            raise StoreUnavailable("a file that has to be joined is missing")
        return content

    def _keep(self, job_id: str, place: str, kept: dict[str, Any]) -> None:
        self.put(job_id, place, json.dumps(kept).encode())


def _read_body(response: Mapping[str, Any], size: int) -> bytes:
    """Returns the content of an object.

    Raises:
        StoreUnavailable: It has not this size, so the response is incomplete.
    """
    content: bytes = required_member(response, "Body").read()
    if len(content) != size:
        raise StoreUnavailable("the response is incomplete")
    return content


class _JoinedObject:
    """An object in parts. A small one is stored by one request.

    Args:
        client: S3 client.
        bucket: name of the bucket.
        key: key of the object.
        kept: what `kept` returned, to add to the same multipart upload; or nothing.
    """

    def __init__(self, client: S3Client, bucket: str, key: str, kept: Mapping[str, Any]) -> None:
        self._client = client
        self._target: Any = {"Bucket": bucket, "Key": key}
        if "upload" in kept:
            self._target["UploadId"] = kept["upload"]
        self._bucket = bucket
        self._parts: list[Any] = list(kept.get("parts", ()))

    def kept(self) -> dict[str, Any]:
        """Returns the id of the multipart upload, and the tags of its parts."""
        return {"upload": self._target["UploadId"], "parts": self._parts}

    def copy(self, key: str) -> None:
        with failures_as(StoreUnavailable):
            source: Any = {"Bucket": self._bucket, "Key": key}
            part = self._client.upload_part_copy(CopySource=source, **self._next_part())
            self._parts.append(required_member(part, "CopyPartResult")["ETag"])

    def add(self, content: bytes) -> None:
        with failures_as(StoreUnavailable):
            part = self._client.upload_part(Body=content, **self._next_part())
            self._parts.append(required_member(part, "ETag"))

    def finish(self, rest: bytes) -> None:
        if not self._parts:
            with failures_as(StoreUnavailable):
                self._client.put_object(Body=rest, **self._target)
            return
        if rest:
            self.add(rest)
        numbered: Any = [{"PartNumber": number, "ETag": tag} for number, tag in enumerate(self._parts, 1)]
        with failures_as(StoreUnavailable):
            self._client.complete_multipart_upload(MultipartUpload={"Parts": numbered}, **self._target)

    def _next_part(self) -> dict[str, Any]:
        if "UploadId" not in self._target:
            started = self._client.create_multipart_upload(**self._target)
            self._target["UploadId"] = required_member(started, "UploadId")
        return {**self._target, "PartNumber": len(self._parts) + 1}
