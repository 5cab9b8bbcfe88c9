"""The files of jobs, in one bucket. The bucket deletes what is old.

<job id>/upload            the file that the caller uploads
<job id>/results/<name>    the result files
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from heed.adapters.aws import FAILURES, failures_as, is_missing_object, required_member, to_store_unavailable
from heed.domain.errors import StoreUnavailable
from heed.domain.jobs.job import UPLOAD_URL_MS, Upload, upload_key
from heed.domain.milliseconds import Millis
from heed.override import override
from heed.use_cases.ports.jobs import JobFiles, SignedUrl

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

RESULT_URL_MS = 600_000
"""The life of a URL that reads a result file, milliseconds."""


class BulkBucket(JobFiles):
    """Implements the port JobFiles with S3.

    Args:
        client: S3 client.
        bucket: Name of the bucket.
    """

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    @override
    def upload_url(self, job_id: str, now: Millis) -> SignedUrl:
        """Returns a URL for one upload: S3 refuses a second one, because the signed condition fails."""
        condition = {"If-None-Match": "*"}
        return self._sign("put_object", upload_key(job_id), condition, UPLOAD_URL_MS, now, IfNoneMatch="*")

    @override
    def result_url(self, job_id: str, name: str, now: Millis) -> SignedUrl:
        return self._sign("get_object", f"{job_id}/results/{name}", {}, RESULT_URL_MS, now)

    @override
    def find_upload(self, job_id: str) -> Upload | None:
        try:
            found = self._client.head_object(Bucket=self._bucket, Key=upload_key(job_id))
        except FAILURES as error:
            if is_missing_object(error):
                return None
            raise to_store_unavailable(error) from error
        return Upload(required_member(found, "ETag"), required_member(found, "ContentLength"))

    @override
    def delete_all(self, job_id: str) -> None:
        """Deletes all files of a job. Each page is listed again, because the deleted files are gone then."""
        with failures_as(StoreUnavailable):
            while True:
                page = self._client.list_objects_v2(Bucket=self._bucket, Prefix=f"{job_id}/")
                keys: Any = [{"Key": listed["Key"]} for listed in page.get("Contents", ())]
                if not keys:
                    required_member(page, "KeyCount")
                    return
                deleted = self._client.delete_objects(
                    Bucket=self._bucket, Delete={"Objects": keys, "Quiet": True}
                )
                if deleted.get("Errors"):
                    raise StoreUnavailable("not all files were deleted")

    def _sign(
        self,
        operation: str,
        key: str,
        headers: dict[str, str],
        life: int,
        now: Millis,
        **conditions: str,
    ) -> SignedUrl:
        request: dict[str, Any] = {"Bucket": self._bucket, "Key": key, **conditions}
        url = self._client.generate_presigned_url(operation, Params=request, ExpiresIn=life // 1000)
        return SignedUrl(url, headers, Millis(now + life))
