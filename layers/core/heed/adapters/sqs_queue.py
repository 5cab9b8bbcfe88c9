"""A queue on SQS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heed.adapters.aws import FAILURES, code
from heed.domain.errors import QueueUnavailable

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class SqsQueue:
    """Serves the port Queue."""

    def __init__(self, client: SQSClient, url: str) -> None:
        self._client = client
        self._url = url

    def send(self, body: str) -> None:
        """See the port."""
        try:
            self._client.send_message(QueueUrl=self._url, MessageBody=body)
        except FAILURES as error:
            raise QueueUnavailable(code(error)) from error
