"""`Authorization: Bearer <API key>`: who calls, decided before anything else of the request is read.

No Lambda authorizer: it would add a cold start, a cache that lends one route's yes to another, and
error bodies that nobody can shape.
"""

from __future__ import annotations

from collections.abc import Collection

from heed.domain.api_key import ApiKey, KeyScope, hash_api_key, is_api_key
from heed.domain.errors import NotAuthenticated, NotAuthorised
from heed.use_cases.ports.api_keys import StoredApiKeys

KEY_CACHE_MS = 60_000  # milliseconds; revoking takes effect within it


class Authenticator:
    """Lets those in whose key is good and has the scope.

    A key that was found is remembered for a minute, counted from the arrival of the request that it was
    looked up for: what was revoked a minute before a request arrives is never let in. What was not
    found is not remembered, so that guessing fills no memory.
    """

    def __init__(self, stored: StoredApiKeys) -> None:
        self._stored = stored
        self._remembered: dict[str, tuple[int, ApiKey]] = {}

    def authenticate(self, authorization: str, scopes: Collection[KeyScope], now: int) -> ApiKey:
        """The key of a request that arrived `now`, if it has one of the scopes.

        Raises:
            NotAuthenticated: missing, malformed, unknown, revoked or ended; all alike.
            NotAuthorised: a good key, but without any of the scopes.
            StoreUnavailable: it cannot be told now.
        """
        key = self._find(_presented(authorization), now)
        if key is None or not key.is_valid_at(now):
            raise NotAuthenticated("no good key")
        if key.scopes.isdisjoint(scopes):
            raise NotAuthorised("lacks the scope")
        return key

    def _find(self, presented: str, now: int) -> ApiKey | None:
        key_hash = hash_api_key(presented)
        seen, key = self._remembered.get(key_hash, (None, None))
        if key is None or seen is None or not 0 <= now - seen < KEY_CACHE_MS:
            self._remembered.pop(key_hash, None)
            key = self._stored.find(key_hash)
            if key is not None:
                self._remembered[key_hash] = (now, key)
        return key


def _presented(authorization: str) -> str:
    """The key of a header (RFC 6750 §2.1); the name of the scheme has no case (RFC 9110 §11.1)."""
    scheme, _, key = authorization.strip().partition(" ")
    key = key.strip()
    if scheme.lower() != "bearer" or not is_api_key(key):
        raise NotAuthenticated("no key")
    return key
