"""The waiting queue, an SQS queue that a schedule reads completely.

A message that was received is hidden for some minutes (template.yaml, WaitingQueue). That is longer than one
run of the schedule takes, and shorter than the time until the next run. A run that crashes therefore loses no
message.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from heed.adapters.aws import failures_as, required_member
from heed.adapters.sqs.queue import SqsQueue
from heed.domain.errors import QueueUnavailable
from heed.override import override
from heed.use_cases.ports.opt_in import ReceivedMessage, WaitingQueue

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.literals import QueueAttributeNameType

_VISIBLE: QueueAttributeNameType = "ApproximateNumberOfMessages"
_HIDDEN: QueueAttributeNameType = "ApproximateNumberOfMessagesNotVisible"
_COUNT_LIFETIME = 10  # seconds for which a count is cached
_MAX_BATCH_MESSAGES = 10  # the limit of one ReceiveMessage call


class SqsWaitingQueue(SqsQueue, WaitingQueue):
    """Implements the port WaitingQueue with SQS."""

    def __init__(self, client: SQSClient, url: str, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(client, url)
        self._clock = clock
        self._counted: tuple[float, int] | None = None

    @override
    def count(self) -> int:
        now = self._clock()
        if self._counted is None or now - self._counted[0] >= _COUNT_LIFETIME:
            self._counted = now, sum(self._message_counts())
        return self._counted[1]

    @override
    def receive(self, has_time: Callable[[], bool]) -> list[ReceivedMessage]:
        messages: dict[str, ReceivedMessage] = {}
        visible, _ = self._message_counts()
        while len(messages) < visible and has_time():
            batch = self._receive_batch()
            if not batch:
                break
            messages |= batch
        return list(messages.values())

    @override
    def delete(self, receipt: str) -> None:
        with failures_as(QueueUnavailable):
            self._client.delete_message(QueueUrl=self._url, ReceiptHandle=receipt)

    def _receive_batch(self) -> dict[str, ReceivedMessage]:
        with failures_as(QueueUnavailable):
            response = self._client.receive_message(
                QueueUrl=self._url, MaxNumberOfMessages=_MAX_BATCH_MESSAGES, WaitTimeSeconds=1
            )
        return {
            message["MessageId"]: ReceivedMessage(message["Body"], message["ReceiptHandle"])
            for message in response.get("Messages", ())
        }

    def _message_counts(self) -> tuple[int, int]:
        """Returns how many messages are visible and how many are hidden."""
        with failures_as(QueueUnavailable):
            response = self._client.get_queue_attributes(
                QueueUrl=self._url, AttributeNames=[_VISIBLE, _HIDDEN]
            )
        attributes: dict[str, str] = required_member(response, "Attributes")
        return int(attributes[_VISIBLE]), int(attributes[_HIDDEN])
