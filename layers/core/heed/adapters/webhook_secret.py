"""The secret that signs webhooks, in Secrets Manager. The stack makes it, and an operator may change it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from heed.adapters.aws import FAILURES, error_code, failures_as
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import DAY_MS
from heed.domain.webhooks.webhook_errors import InvalidWebhookSecret, WebhookSecretUnavailable
from heed.domain.webhooks.webhook_signature import parse_webhook_secret
from heed.override import override
from heed.use_cases.ports.webhooks import WebhookKeys

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

_CACHE_SECONDS = 300
_OVERLAP_MS = DAY_MS
"""How long the version before the current one signs as well: as long as a webhook is retried."""


class WebhookSecret(WebhookKeys):
    """Implements the port WebhookKeys. It reads the secret again after five minutes.

    Args:
        client: Client of Secrets Manager.
        arn: ARN of the secret.
        clock: Returns seconds. Only differences matter.
    """

    def __init__(
        self, client: SecretsManagerClient, arn: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._arn = arn
        self._clock = clock
        self._keys: tuple[bytes, ...] = ()
        self._read_at = 0.0

    @override
    def read(self, now: Millis) -> tuple[bytes, ...]:
        if not self._keys or self._clock() - self._read_at >= _CACHE_SECONDS:
            self._keys, self._read_at = self._read(now), self._clock()
        return self._keys

    def _read(self, now: Millis) -> tuple[bytes, ...]:
        with failures_as(WebhookSecretUnavailable):
            current = self._client.get_secret_value(SecretId=self._arn)
        if not current.get("SecretString"):  # botocore parses a truncated response as an empty one
            raise WebhookSecretUnavailable("the response is incomplete")
        key = parse_webhook_secret(current["SecretString"].strip())
        if now - current["CreatedDate"].timestamp() * 1000 >= _OVERLAP_MS:
            return (key,)
        return (key, *self._read_previous())

    def _read_previous(self) -> tuple[bytes, ...]:
        """Returns the key before the current one, if there is one and it was valid."""
        try:
            previous = self._client.get_secret_value(SecretId=self._arn, VersionStage="AWSPREVIOUS")
        except FAILURES as error:
            if error_code(error) == "ResourceNotFoundException":
                return ()
            raise WebhookSecretUnavailable(error_code(error)) from error
        if not previous.get("SecretString"):
            raise WebhookSecretUnavailable("the response is incomplete")
        try:
            return (parse_webhook_secret(previous["SecretString"].strip()),)
        except InvalidWebhookSecret:  # it never signed anything
            return ()
