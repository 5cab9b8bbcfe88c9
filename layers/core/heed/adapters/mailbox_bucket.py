"""The mails of cases, in the bucket of inbound mail. The bucket deletes what is older than its rules allow.

inbound/…       mails that SES received, until they are handled
cases/<id>      the mail of a case, until the case is decided
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from heed.adapters.aws import FAILURES, error_code, required_member, to_store_unavailable
from heed.override import override
from heed.use_cases.ports.cases import CaseMails

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_CASES = "cases/"
_FIRST_MEBIBYTE = "bytes=0-1048575"
_MISSING = ("NoSuchKey", "404")


class MailboxBucket(CaseMails):
    """Implements the port CaseMails with S3."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    @override
    def keep(self, case_id: str, raw: bytes) -> None:
        try:
            self._client.put_object(Bucket=self._bucket, Key=_CASES + case_id, Body=raw)
        except FAILURES as error:
            raise to_store_unavailable(error) from error

    @override
    def read(self, case_id: str) -> bytes | None:
        try:
            response = self._client.get_object(
                Bucket=self._bucket, Key=_CASES + case_id, Range=_FIRST_MEBIBYTE
            )
            content: bytes = required_member(response, "Body").read()
        except FAILURES as error:
            if error_code(error) in _MISSING:
                return None
            raise to_store_unavailable(error) from error
        return content

    @override
    def delete(self, case_id: str) -> None:
        """Deletes a mail. S3 answers in the same way if there is none."""
        try:
            self._client.delete_object(Bucket=self._bucket, Key=_CASES + case_id)
        except FAILURES as error:
            raise to_store_unavailable(error) from error
