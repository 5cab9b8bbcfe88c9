"""The parts that all other groups of parts need: configuration, clients, the brand, preferences and keys."""

from __future__ import annotations

import json
import time
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from heed.domain.milliseconds import Millis

if TYPE_CHECKING:
    from collections.abc import Callable

    from heed.adapters.dynamodb.api_keys import ApiKeys
    from heed.adapters.dynamodb.preferences import PreferencesTable
    from heed.adapters.eventbridge import EventBus
    from heed.adapters.kms.address_encryption import KmsAddressEncryption
    from heed.adapters.kms.keys import KmsIdentityKey, KmsLinkKeys
    from heed.adapters.sqs.queue import SqsQueue
    from heed.config import Config
    from heed.domain.preferences.catalogue import Catalogue
    from heed.entrypoints.http.api.authentication import Authenticator
    from heed.entrypoints.http.pages.pages import Pages


class Clock(Protocol):
    """The current time and waiting. It is Python's module `time`, or a replacement in a test."""

    def time_ns(self) -> int:
        """Returns nanoseconds since the Unix epoch."""
        ...

    def sleep(self, seconds: float, /) -> None:
        """Waits."""
        ...


def queue_at(url: Callable[[Config], str]) -> cached_property[SqsQueue]:
    """Makes a part that is a queue, or a dead-letter queue, with the URL in a setting."""
    return cached_property(lambda parts: parts.queue(url(parts.config)))


class SharedParts:
    """Parts that more than one of the other groups needs.

    Args:
        config: The settings of this deployment.
        client: Returns the client of an AWS service by the name of the service. With `once=True` it returns a
            client that makes no retries (heed.adapters.aws.client_factory).
        clock: The current time.
    """

    def __init__(self, config: Config, client: Callable[..., Any], clock: Clock = time) -> None:
        self.config = config
        self.client = client
        self.clock = clock

    @cached_property
    def catalogue(self) -> Catalogue:
        """The brands and topics of the compiled brand."""
        from heed.domain.preferences.catalogue import Catalogue

        return Catalogue.from_document(json.loads((self.config.brand_dir / "catalogue.json").read_bytes()))

    @cached_property
    def pages(self) -> Pages:
        """The pages of the compiled brand."""
        from heed.entrypoints.http.pages.pages import Pages

        return Pages(self.config.brand_dir)

    @property
    def has_form(self) -> bool:
        """Whether Heed sends confirmation mails, so that there is a form. It needs a sender address."""
        return bool(self.config.mail_from)

    @cached_property
    def preferences(self) -> PreferencesTable:
        """The records of all recipients."""
        from heed.adapters.dynamodb.preferences import PreferencesTable

        return PreferencesTable(self.client("dynamodb"), self.config.preferences_table)

    @cached_property
    def event_bus(self) -> EventBus:
        """The bus that carries events to other systems."""
        from heed.adapters.eventbridge import EventBus

        return EventBus(self.client("events"), self.config.event_bus)

    @cached_property
    def identity_key(self) -> KmsIdentityKey:
        """The key from which recipient ids are computed."""
        from heed.adapters.kms.keys import KmsIdentityKey

        return KmsIdentityKey(self.client("kms"), self.config.identity_key)

    @cached_property
    def link_keys(self) -> KmsLinkKeys:
        """The keys that sign links."""
        from heed.adapters.kms.keys import KmsLinkKeys

        return KmsLinkKeys(self.client("kms"), self.config.links_key, self.config.link_key_ids)

    @cached_property
    def api_keys(self) -> ApiKeys:
        """The keys of the API under /v1."""
        from heed.adapters.dynamodb.api_keys import ApiKeys

        return ApiKeys(self.client("dynamodb"), self.config.control_table)

    @cached_property
    def authenticator(self) -> Authenticator:
        """Authenticates requests to /v1. It caches an API key for a minute."""
        from heed.entrypoints.http.api.authentication import Authenticator

        return Authenticator(self.api_keys)

    def _now(self) -> Millis:
        return Millis(self.clock.time_ns() // 1_000_000)

    def queue(self, url: str) -> SqsQueue:
        """Returns the queue, or the dead-letter queue, with a URL."""
        from heed.adapters.sqs.queue import SqsQueue

        return SqsQueue(self.client("sqs"), url)

    def address_encryption(self, use: str) -> KmsAddressEncryption:
        """Returns the encryption of addresses for one use (heed.adapters.kms.address_encryption)."""
        from heed.adapters.kms.address_encryption import KmsAddressEncryption

        return KmsAddressEncryption(self.client("kms"), self.config.address_key, use)
