"""The port by which the API under /v1 finds the keys of its callers."""

from __future__ import annotations

from typing import Protocol

from heed.domain.api_key import ApiKey


class StoredApiKeys(Protocol):
    """Finds the API key with which a caller of the API authenticates."""

    def find(self, key_hash: str) -> ApiKey | None:
        """Returns the key with this hash, also if it is revoked or expired.

        Raises:
            StoreUnavailable: The store did not answer.
        """
        ...
