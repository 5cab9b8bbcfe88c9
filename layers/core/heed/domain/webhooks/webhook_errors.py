"""The expected failures of webhooks."""

from __future__ import annotations

from heed.domain.errors import DependencyUnavailable, HeedError


class WebhookNotDelivered(DependencyUnavailable):
    """The endpoint of webhooks did not accept a webhook, so far as is known. A retry may succeed."""


class WebhookSecretUnavailable(DependencyUnavailable):
    """The secret that signs webhooks cannot be read now."""


class InvalidWebhookSecret(DependencyUnavailable):
    """The secret that signs webhooks does not have the right form. A retry succeeds once it is corrected."""


class WebhookGivenUp(HeedError):
    """The endpoint of webhooks has not accepted a webhook for a day. No retry follows."""
