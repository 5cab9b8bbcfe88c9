"""Parts that deliver webhooks."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from heed.bootstrap.shared import SharedParts, queue_at

if TYPE_CHECKING:
    from heed.use_cases.webhooks.deliver_webhook import DeliverWebhook


class WebhookParts(SharedParts):
    """Parts of webhooks."""

    @cached_property
    def deliver_webhook(self) -> DeliverWebhook:
        """Delivers an event of the bus."""
        from heed.adapters.webhook_endpoint import WebhookHttpEndpoint
        from heed.adapters.webhook_secret import WebhookSecret
        from heed.use_cases.webhooks.deliver_webhook import DeliverWebhook

        return DeliverWebhook(
            WebhookHttpEndpoint(self.config.webhook_url),
            WebhookSecret(self.client("secretsmanager"), self.config.webhook_secret_arn),
            self.queue(self.config.webhook_queue_url),
        )

    webhook_dead_letters = queue_at(lambda config: config.webhook_dlq_url)
    """The dead-letter queue for events that were not delivered."""
