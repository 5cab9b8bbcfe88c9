"""Authenticates requests by `Authorization: Bearer <API key>`, before anything else of a request is read.

Heed does not use a Lambda authorizer. An authorizer adds a cold start. Its cache can apply the result of one
route to another route. Its error bodies cannot be changed.
"""

from __future__ import annotations

from collections.abc import Collection

from heed.domain.api_key import ApiKey, KeyScope, hash_api_key, is_api_key
from heed.domain.errors import NotAuthenticated, NotAuthorised
from heed.domain.milliseconds import Millis
from heed.use_cases.ports.api_keys import StoredApiKeys

KEY_CACHE_MS = 60_000  # milliseconds; a revoked key stops working within this time


class Authenticator:
    """Accepts requests whose API key is valid and has a required scope.

    A key is cached for one minute, counted from the arrival of the request that loaded it. A key that was
    revoked a minute before a request arrives is therefore never accepted. Unknown keys are not cached, so
    guessed keys cannot fill the memory.
    """

    def __init__(self, stored: StoredApiKeys) -> None:
        self._stored = stored
        self._cache: dict[str, tuple[int, ApiKey]] = {}

    def authenticate(self, authorization: str, scopes: Collection[KeyScope], now: Millis) -> ApiKey:
        """Returns the API key of a request.

        Args:
            authorization: The value of the header `Authorization`.
            scopes: The scopes that the route accepts. The key needs one of them.
            now: When the request arrived, in milliseconds.

        Raises:
            NotAuthenticated: The key is missing, malformed, unknown, revoked or expired. The caller cannot
                tell these cases apart.
            NotAuthorised: The key is valid but has none of the scopes.
            StoreUnavailable: The table of keys did not respond.
        """
        key = self._find(_read_key(authorization), now)
        if key is None or not key.is_valid_at(now):
            raise NotAuthenticated("the API key is unknown, revoked or expired")
        if key.scopes.isdisjoint(scopes):
            raise NotAuthorised("the API key lacks the scope of this route")
        return key

    def _find(self, api_key: str, now: Millis) -> ApiKey | None:
        key_hash = hash_api_key(api_key)
        cached_at, key = self._cache.get(key_hash, (None, None))
        if key is None or cached_at is None or not 0 <= now - cached_at < KEY_CACHE_MS:
            self._cache.pop(key_hash, None)
            key = self._stored.find(key_hash)
            if key is not None:
                self._cache[key_hash] = (now, key)
        return key


def _read_key(authorization: str) -> str:
    """Returns the key in a header (RFC 6750 §2.1). The scheme is case-insensitive (RFC 9110 §11.1)."""
    scheme, _, key = authorization.strip().partition(" ")
    key = key.strip()
    if scheme.lower() != "bearer" or not is_api_key(key):
        raise NotAuthenticated("the request has no well-formed API key")
    return key
