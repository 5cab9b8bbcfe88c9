"""Verifies ID tokens: their signature by the issuer's keys, and their claims."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from heed.domain.errors import SignInRefused
from heed.domain.milliseconds import Millis

if TYPE_CHECKING:
    from heed.domain.desk.identity import Claims

ALGORITHMS = ("RS256", "ES256", "PS256")
"""The algorithms of signatures that are accepted. Others are not: `none`, and those with a shared secret."""
_CLOCK_DIFFERENCE = 60
_MAX_TOKEN = 32 * 1024
_MAX_KEYS = 50
_KEYS_SECONDS = 3600
_REFETCH_SECONDS = 60
_Key = RSAKey | ECKey


class IssuerKeys:
    """The issuer's public keys. They are kept for an hour.

    A key that is not among them makes Heed read them once more, at most once a minute. Otherwise anybody
    could make Heed send requests to the issuer.

    Args:
        read: Reads the key set of the issuer.
        clock: Returns seconds. Only differences matter.
    """

    def __init__(
        self, read: Callable[[], Mapping[str, Any]], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._read = read
        self._clock = clock
        self._keys: list[_Key] = []
        self._read_at: float | None = None

    def find(self, key_id: str | None) -> _Key:
        """Returns the key with an id. Without an id, the issuer must have only one key.

        Raises:
            SignInRefused: The issuer has no such key.
            IssuerUnavailable: The key set could not be read.
        """
        if self._age() >= _KEYS_SECONDS:
            self._refresh()
        key = self._select(key_id)
        if key is None and self._age() >= _REFETCH_SECONDS:
            self._refresh()
            key = self._select(key_id)
        if key is None:
            raise SignInRefused("key")
        return key

    def _select(self, key_id: str | None) -> _Key | None:
        found = [key for key in self._keys if key_id is None or key.kid == key_id]
        return found[0] if len(found) == 1 else None

    def _age(self) -> float:
        return _KEYS_SECONDS if self._read_at is None else self._clock() - self._read_at

    def _refresh(self) -> None:
        document = self._read()
        listed = document.get("keys")
        self._keys = [
            key for each in (listed if isinstance(listed, list) else ())[:_MAX_KEYS] for key in _import(each)
        ]
        self._read_at = self._clock()


def _import(document: object) -> list[_Key]:
    """Returns the key of a JWK in a list; an empty list if it is no valid key for signatures."""
    if not isinstance(document, dict) or document.get("use", "sig") != "sig":
        return []
    try:
        match document.get("kty"):
            case "RSA":
                return [RSAKey.import_key(document)]
            case "EC":
                return [ECKey.import_key(document)]
            case _:
                return []
    except (JoseError, ValueError, TypeError, KeyError, AttributeError):
        return []


def verify_id_token(text: object, keys: IssuerKeys, issuer: str, nonce: str | None, now: Millis) -> Claims:
    """Returns the claims of an ID token.

    Args:
        text: The token.
        keys: The keys of the issuer.
        issuer: The issuer that the token must name.
        nonce: The nonce that the token must contain. None for a token of a refresh, which needs none.
        now: The current time, milliseconds.

    Raises:
        SignInRefused: The token is not valid.
        IssuerUnavailable: The keys could not be read.
    """
    if not isinstance(text, str) or not text.isascii() or len(text) > _MAX_TOKEN:
        raise SignInRefused("token")
    options: dict[str, jwt.ClaimsOption] = {
        **{name: {"essential": True} for name in ("sub", "aud", "exp", "iat")},
        "iss": {"essential": True, "value": issuer},
    }
    if nonce is not None:
        options["nonce"] = {"essential": True, "value": nonce}
    registry = jwt.JWTClaimsRegistry(now=now // 1000, leeway=_CLOCK_DIFFERENCE, **options)
    try:
        header = jws.extract_compact(text.encode()).headers()
        if header.get("alg") not in ALGORITHMS:
            raise SignInRefused("algorithm")
        key_id = header.get("kid")
        if key_id is not None and not isinstance(key_id, str):
            raise SignInRefused("key")
        claims = jwt.decode(text, keys.find(key_id), algorithms=list(ALGORITHMS)).claims
        registry.validate(claims)
    except (JoseError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise SignInRefused(type(error).__name__) from None
    return claims
