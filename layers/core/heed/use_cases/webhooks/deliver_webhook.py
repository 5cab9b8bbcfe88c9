"""Delivers an event of the bus to the endpoint of the company, or decides when it is tried again."""

from __future__ import annotations

from dataclasses import dataclass

from heed.domain.errors import DependencyUnavailable
from heed.domain.webhooks.webhook_errors import WebhookGivenUp
from heed.domain.webhooks.webhook_message import WebhookMessage
from heed.domain.webhooks.webhook_retries import WebhookAttempt
from heed.domain.webhooks.webhook_signature import sign_webhook
from heed.use_cases.ports.webhooks import DelayableQueue, WebhookEndpoint, WebhookKeys


@dataclass(frozen=True, slots=True)
class DeliverWebhook:
    """Signs a webhook and sends it. The endpoint may get it twice, and in any order."""

    endpoint: WebhookEndpoint
    keys: WebhookKeys
    queue: DelayableQueue

    def __call__(self, message: str, receipt: str, attempt: WebhookAttempt) -> None:
        """Delivers an event. If that fails, the queue delivers the message again after a while.

        Args:
            message: the message of the queue.
            receipt: the receipt of the message, which names it to the queue.
            attempt: the attempt.

        Raises:
            MalformedMessage: Heed did not send the event.
            WebhookGivenUp: The endpoint has not accepted the event for a day.
            DependencyUnavailable: The event was not delivered. The message must go back to the queue.
        """
        webhook = WebhookMessage.from_message(message)
        try:
            keys = self.keys.read(attempt.at)
            headers = sign_webhook(webhook.id, attempt.at // 1000, webhook.body, keys)
            self.endpoint.post(webhook.body, headers)
        except DependencyUnavailable as error:
            if attempt.is_last:
                raise WebhookGivenUp(f"not delivered for a day: {error}") from error
            # This comes before the failure: a message that is back in the queue cannot be delayed any more.
            self.queue.delay(receipt, attempt.seconds_to_next)
            raise
