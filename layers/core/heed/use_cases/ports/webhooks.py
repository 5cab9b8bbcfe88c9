"""The ports of webhooks: the endpoint, the keys that sign, and the queue that delivers again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from heed.domain.milliseconds import Millis


class WebhookEndpoint(Protocol):
    """The endpoint of the company that receives webhooks."""

    def post(self, body: bytes, headers: Mapping[str, str]) -> None:
        """Sends a webhook. It is delivered if this returns.

        Raises:
            WebhookNotDelivered: The endpoint did not accept it, so far as is known.
        """
        ...


class WebhookKeys(Protocol):
    """The keys that sign webhooks."""

    def read(self, now: Millis) -> Sequence[bytes]:
        """Returns the key, and for a day after a change the key before it, too.

        Raises:
            WebhookSecretUnavailable: The store of the secret did not answer.
            InvalidWebhookSecret: The secret is not valid.
        """
        ...


class DelayableQueue(Protocol):
    """A queue that delivers a message again."""

    def delay(self, receipt: str, seconds: int) -> None:
        """Sets when a message that was received, and fails, is delivered again.

        Raises:
            QueueUnavailable: The queue did not answer. It delivers the message again all the same.
        """
        ...
