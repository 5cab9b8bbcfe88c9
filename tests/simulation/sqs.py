"""A queue like SQS: at least once, in any order; a message is deleted when its function did not fail it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.simulation.history import Fact


@dataclass(frozen=True)
class Message:
    """A message, its facts, and whether only a person can read it."""

    id: str
    body: str
    sent_at: int
    facts: tuple[Fact, ...]
    is_unprocessable: bool = False


@dataclass
class SimulatedQueue:
    """Waiting messages, and handled ones that may be delivered again."""

    waiting: list[Message] = field(default_factory=list)
    handled: list[Message] = field(default_factory=list)

    def next_batch(self, count: int, duplicates: int, position: float) -> list[Message]:
        """Returns some waiting messages and some handled ones, as SQS may do."""
        start = int(position * len(self.waiting))
        rotated = self.waiting[start:] + self.waiting[:start]
        first = int(position * len(self.handled))
        return rotated[:count] + (self.handled[first:] + self.handled[:first])[:duplicates]

    def delete_handled(self, batch: list[Message], answer: object) -> list[Message]:
        """Deletes the messages that the function handled, by its answer.

        Raises:
            ValueError: the answer is not one for a batch; SQS would delete or keep the wrong messages.
        """
        failed = _failed_message_ids(answer, {message.id for message in batch})
        handled = [message for message in batch if message.id not in failed]
        for message in handled:
            if message in self.waiting:
                self.waiting.remove(message)
                self.handled.append(message)
        return handled


def format_sqs_event(batch: list[Message]) -> dict[str, Any]:
    """Returns the event that Lambda receives for a batch."""
    return {
        "Records": [
            {
                "messageId": message.id,
                "eventSource": "aws:sqs",
                "body": message.body,
                "attributes": {"SentTimestamp": str(message.sent_at)},
            }
            for message in batch
        ]
    }


def _failed_message_ids(answer: object, known: set[str]) -> set[str]:
    if not isinstance(answer, dict) or answer.keys() != {"batchItemFailures"}:
        raise ValueError("not the answer of a batch")
    failed = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
    if not failed <= known:
        raise ValueError("failures of messages that were not in the batch")
    return failed
