"""Encrypts what the desk keeps in cookies, and refresh tokens: JWE (RFC 7516), `dir` with `A256GCM`.

joserfc is imported when a cookie is read or made. Most requests do neither, and it is slow to import.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from heed.domain.milliseconds import Millis
from heed.override import override
from heed.use_cases.ports.desk import CookieEncryption, RefreshTokenEncryption

_ALGORITHM, _ENCRYPTION = "dir", "A256GCM"
# {"alg":"dir","enc":"A256GCM"}. Heed makes no other header, so none is parsed.
_HEADER = "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0."
MAX_COOKIE = 4096
"""The most characters of a cookie. Browsers keep no larger one."""


class JweCookieEncryption(CookieEncryption):
    """Implements the port CookieEncryption with joserfc.

    Args:
        derive: Returns the key of 32 bytes for a label. Each use has a key of its own.
    """

    def __init__(self, derive: Callable[[str], bytes]) -> None:
        self._derive = derive

    @override
    def encrypt(self, use: str, content: Mapping[str, object], ends_at: Millis) -> str:
        document = {"content": content, "ends": ends_at}
        plain = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
        return _encrypt(plain.encode("utf-8", "surrogatepass"), self._key(use))

    @override
    def decrypt(self, use: str, text: str, now: Millis) -> Mapping[str, Any] | None:
        plain = _decrypt(text, self._key(use)) if len(text) <= MAX_COOKIE else None
        if plain is None:
            return None
        document = json.loads(plain.decode("utf-8", "surrogatepass"))
        content: Mapping[str, Any] = document["content"]
        return content if now < document["ends"] else None

    def _key(self, use: str) -> bytes:
        # Other keys of the desk have labels too. No use of a cookie may have the key of one of them.
        return self._derive(f"desk/cookie/{use}/1")


class JweRefreshTokenEncryption(RefreshTokenEncryption):
    """Implements the port RefreshTokenEncryption with joserfc."""

    @override
    def encrypt_token(self, token: str, value: str) -> str:
        return _encrypt(token.encode(), _key_of(value))

    @override
    def decrypt_token(self, text: str, value: str) -> str | None:
        plain = _decrypt(text, _key_of(value))
        return None if plain is None else plain.decode()


def _key_of(value: str) -> bytes:
    """Returns the key of a cookie's value, which is random. The table has another hash of it."""
    return hashlib.sha256(b"refresh " + value.encode()).digest()


def _encrypt(plain: bytes, key: bytes) -> str:
    from joserfc import jwe
    from joserfc.jwk import OctKey

    header = {"alg": _ALGORITHM, "enc": _ENCRYPTION}
    return jwe.encrypt_compact(header, plain, OctKey.import_key(key))


def _decrypt(text: str, key: bytes) -> bytes | None:
    """Returns the content of a JWE, or None if it was not made with this key."""
    from joserfc import jwe
    from joserfc.errors import JoseError
    from joserfc.jwk import OctKey

    if not text.startswith(_HEADER):
        return None
    try:
        decrypted = jwe.decrypt_compact(
            text, OctKey.import_key(key), algorithms=[_ALGORITHM, _ENCRYPTION]
        ).plaintext
    except (JoseError, ValueError):  # joserfc raises ValueError for a text that is no JWE at all
        return None
    return decrypted
