"""What the API under /v1 needs to know its callers."""

from __future__ import annotations

from typing import Protocol

from heed.domain.api_key import ApiKey


class StoredApiKeys(Protocol):
    """Where keys are looked up."""

    def find(self, key_hash: str) -> ApiKey | None:
        """The key that has this hash, revoked and ended ones too.

        Raises:
            StoreUnavailable: it could not be looked up.
        """
        ...
