"""An SQS queue: messages are sent, and a message that failed is delayed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heed.adapters.aws import failures_as
from heed.domain.errors import QueueUnavailable
from heed.override import override
from heed.use_cases.ports.preferences import DeadLetterQueue, MessageQueue
from heed.use_cases.ports.webhooks import DelayableQueue

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageAttributeValueTypeDef


class SqsQueue(MessageQueue, DeadLetterQueue, DelayableQueue):
    """Implements the ports MessageQueue, DeadLetterQueue and DelayableQueue with SQS."""

    def __init__(self, client: SQSClient, url: str) -> None:
        self._client = client
        self._url = url

    @override
    def send(self, body: str, reason: str | None = None) -> None:
        """Sends a message. The reason becomes a message attribute, so that the body stays unchanged."""
        attributes: dict[str, MessageAttributeValueTypeDef] = {}
        if reason is not None:
            attributes["reason"] = {"DataType": "String", "StringValue": reason}
        with failures_as(QueueUnavailable):
            self._client.send_message(QueueUrl=self._url, MessageBody=body, MessageAttributes=attributes)

    @override
    def delay(self, receipt: str, seconds: int) -> None:
        with failures_as(QueueUnavailable):
            self._client.change_message_visibility(
                QueueUrl=self._url, ReceiptHandle=receipt, VisibilityTimeout=seconds
            )
