"""The queue of those whom a cap has held back: SQS, read as a whole by a schedule.

What was read is hidden for some minutes (template.yaml, WaitingQueue): longer than a look takes, and
shorter than it is to the next one. A look that dies therefore loses nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from heed.adapters.aws import FAILURES, error_code, required_member
from heed.adapters.sqs.queue import SqsQueue
from heed.domain.errors import QueueUnavailable
from heed.override import override
from heed.use_cases.ports.opt_in import ReceivedMessage, WaitingQueue

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.literals import QueueAttributeNameType

_VISIBLE: QueueAttributeNameType = "ApproximateNumberOfMessages"
_HIDDEN: QueueAttributeNameType = "ApproximateNumberOfMessagesNotVisible"
_AS_OF = 10  # seconds for which a number is good
_AT_ONCE = 10  # messages; the most that SQS gives


class SqsWaitingQueue(SqsQueue, WaitingQueue):
    """Serves the port MailLine."""

    def __init__(self, client: SQSClient, url: str, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(client, url)
        self._clock = clock
        self._counted: tuple[float, int] | None = None

    @override
    def count(self) -> int:
        now = self._clock()
        if self._counted is None or now - self._counted[0] >= _AS_OF:
            self._counted = now, sum(self._numbers())
        return self._counted[1]

    @override
    def receive(self, has_time: Callable[[], bool]) -> list[ReceivedMessage]:
        found: dict[str, ReceivedMessage] = {}
        visible, _ = self._numbers()
        while len(found) < visible and has_time():
            got = self._receive()
            if not got:
                break
            found |= got
        return list(found.values())

    @override
    def delete(self, receipt: str) -> None:
        try:
            self._client.delete_message(QueueUrl=self._url, ReceiptHandle=receipt)
        except FAILURES as error:
            raise QueueUnavailable(error_code(error)) from error

    def _receive(self) -> dict[str, ReceivedMessage]:
        try:
            answer = self._client.receive_message(
                QueueUrl=self._url, MaxNumberOfMessages=_AT_ONCE, WaitTimeSeconds=1
            )
        except FAILURES as error:
            raise QueueUnavailable(error_code(error)) from error
        return {
            one["MessageId"]: ReceivedMessage(one["Body"], one["ReceiptHandle"])
            for one in answer.get("Messages", ())
        }

    def _numbers(self) -> tuple[int, int]:
        """How many can be had, and how many are hidden from everybody."""
        try:
            answer = self._client.get_queue_attributes(QueueUrl=self._url, AttributeNames=[_VISIBLE, _HIDDEN])
        except FAILURES as error:
            raise QueueUnavailable(error_code(error)) from error
        numbers: dict[str, str] = required_member(answer, "Attributes")
        return int(numbers[_VISIBLE]), int(numbers[_HIDDEN])
