"""A queue as SQS is: at least once, in any order; a message goes when its function did not fail it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.simulation.history import Fact


@dataclass(frozen=True)
class Message:
    """A message, what it says, and whether only a person can read it."""

    id: str
    body: str
    sent: int
    facts: tuple[Fact, ...]
    hopeless: bool = False


@dataclass
class Courier:
    """What waits, and what was handled and may come again all the same."""

    waiting: list[Message] = field(default_factory=list)
    gone: list[Message] = field(default_factory=list)

    def batch(self, take: int, again: int, pick: float) -> list[Message]:
        """Some of what waits, and some of what was handled before: SQS promises no less."""
        start = int(pick * len(self.waiting))
        turned = self.waiting[start:] + self.waiting[:start]
        back = int(pick * len(self.gone))
        return turned[:take] + (self.gone[back:] + self.gone[:back])[:again]

    def settle(self, batch: list[Message], answer: object) -> list[Message]:
        """What the answer of the function lets go.

        Raises:
            ValueError: it is no answer of a batch; SQS would delete or keep what nobody meant.
        """
        failed = _failed(answer, {message.id for message in batch})
        handled = [message for message in batch if message.id not in failed]
        for message in handled:
            if message in self.waiting:
                self.waiting.remove(message)
                self.gone.append(message)
        return handled


def event(batch: list[Message]) -> dict[str, Any]:
    """What Lambda is invoked with."""
    return {
        "Records": [
            {
                "messageId": message.id,
                "eventSource": "aws:sqs",
                "body": message.body,
                "attributes": {"SentTimestamp": str(message.sent)},
            }
            for message in batch
        ]
    }


def _failed(answer: object, known: set[str]) -> set[str]:
    if not isinstance(answer, dict) or answer.keys() != {"batchItemFailures"}:
        raise ValueError("not the answer of a batch")
    failed = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
    if not failed <= known:
        raise ValueError("failures of messages that were not in the batch")
    return failed
