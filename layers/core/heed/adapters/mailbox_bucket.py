"""Inbound mails, and the mails of cases, in one bucket. The bucket deletes what is old.

inbound/…       mails that SES received, until they are handled
cases/<id>      the mail of a case, until the case is decided
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from heed.adapters.aws import FAILURES, error_code, is_missing_object, required_member, to_store_unavailable
from heed.override import override
from heed.use_cases.ports.cases import CaseMails

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CASES_FOLDER = "cases/"
_FIRST_MEBIBYTE = "bytes=0-1048575"


class MailboxBucket(CaseMails):
    """Implements the ports StoredMails and CaseMails with S3.

    Args:
        client: S3 client.
        bucket: Name of the bucket.
        folder: The beginning of each key. The name of an inbound mail is its whole key.
    """

    def __init__(self, client: S3Client, bucket: str, folder: str) -> None:
        self._client = client
        self._bucket = bucket
        self._folder = folder

    @override
    def keep(self, case_id: str, raw: bytes) -> None:
        try:
            self._client.put_object(Bucket=self._bucket, Key=self._folder + case_id, Body=raw)
        except FAILURES as error:
            raise to_store_unavailable(error) from error

    @override
    def read(self, name: str) -> bytes | None:
        try:
            response = self._client.get_object(
                Bucket=self._bucket, Key=self._folder + name, Range=_FIRST_MEBIBYTE
            )
            content: bytes = required_member(response, "Body").read()
        except FAILURES as error:
            if is_missing_object(error):
                return None
            if error_code(error) == "InvalidRange":  # an empty object has no range
                return b""
            raise to_store_unavailable(error) from error
        return content

    @override
    def delete(self, name: str) -> None:
        """Deletes a mail. S3 answers in the same way if there is none."""
        try:
            self._client.delete_object(Bucket=self._bucket, Key=self._folder + name)
        except FAILURES as error:
            raise to_store_unavailable(error) from error
