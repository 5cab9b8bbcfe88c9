"""A queue on SQS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heed.adapters.aws import FAILURES, error_code
from heed.domain.errors import QueueUnavailable
from heed.override import override
from heed.use_cases.ports.preferences import DeadLetterQueue, MessageQueue

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageAttributeValueTypeDef


class SqsQueue(MessageQueue, DeadLetterQueue):
    """Serves the port Queue; a dead-letter queue also takes the reason why a message is in it."""

    def __init__(self, client: SQSClient, url: str) -> None:
        self._client = client
        self._url = url

    @override
    def send(self, body: str, reason: str | None = None) -> None:
        """The reason travels as a message attribute, so that the body stays as it came."""
        attributes: dict[str, MessageAttributeValueTypeDef] = {}
        if reason is not None:
            attributes["reason"] = {"DataType": "String", "StringValue": reason}
        try:
            self._client.send_message(QueueUrl=self._url, MessageBody=body, MessageAttributes=attributes)
        except FAILURES as error:
            raise QueueUnavailable(error_code(error)) from error
