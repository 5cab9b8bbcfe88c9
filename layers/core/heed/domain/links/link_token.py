"""Link tokens: each is signed and short, and contains a recipient, a scope and a time.

A token contains no address. It never expires and can be used any number of times, because a person who finds
an old mail must still be able to unsubscribe. Minting and verifying are pure computation.

    payload  version and purpose (1 byte) · key id (1) · recipient (16) · scope (2) · minutes (4)
    tag      HMAC-SHA256 of the payload, with the key of the purpose, cut to 16 bytes (12 in the mail form)

URL form: base64url, 54 characters. Mail form: lower-case base32, 58 characters. So `u+<token>` fits into
the 64 octets of a local part (RFC 5321 §4.5.3.1.1), and it survives mail servers that change the case. The
mail form is a separate purpose. So a longer tag, when cut, is never valid in the mail form.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import struct
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from heed.domain.errors import InvalidToken
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import ScopeNumber
from heed.domain.recipients import recipient as recipients

_VERSION = 1
_PAYLOAD = struct.Struct(">BB16sHI")
_URL_TAG, _MAIL_TAG = 16, 12
URL_LENGTH, _MAIL_LENGTH = 54, 58
_MINUTE = 60_000  # milliseconds


class TokenPurpose(IntEnum):
    """The purpose of a token. Each purpose has its own key."""

    UNSUBSCRIBE = 1
    PREFERENCES = 2
    MAILTO = 3
    UNDO = 5  # heed.domain.links.undo; 4 is used by confirmation links, which have a separate key


KeyLookup = Callable[[TokenPurpose, int], bytes]
"""Returns the key for a purpose and a key id. Raises InvalidToken for an unknown id."""


@dataclass(frozen=True, slots=True)
class LinkToken:
    """The content of a verified link.

    Attributes:
        recipient: the recipient id.
        scope: the number of the scope; 0 is all marketing.
        issued: the time at which the mail was made, milliseconds since the Unix epoch, precise to the minute.
        key_id: the link key that signed it, 1 to 255.
    """

    recipient: str
    scope: ScopeNumber
    issued: Millis
    key_id: int


def mint_link_token(token: LinkToken, purpose: TokenPurpose, key: bytes) -> str:
    """Returns the text of a token, in the form that belongs to its purpose."""
    payload = _PAYLOAD.pack(
        _VERSION << 4 | purpose,
        token.key_id,
        recipients.recipient_to_bytes(token.recipient),
        token.scope,
        token.issued // _MINUTE,
    )
    if purpose is TokenPurpose.MAILTO:
        raw = payload + hmac.digest(key, payload, "sha256")[:_MAIL_TAG]
        return base64.b32encode(raw).rstrip(b"=").decode().lower()
    return sign_payload(payload, key)


def verify_link_token(text: str, purpose: TokenPurpose, key_for: KeyLookup) -> LinkToken:
    """Verifies the tag of a token and returns the token's content.

    Only the canonical encoding is valid, because base64 has spare bits that a forger could change. In the
    mail form, upper and lower case are equal. The comparison of tags takes constant time.

    Raises:
        InvalidToken: the token is altered, truncated, for another purpose, or signed with an unknown key.
    """
    raw = _decode_mail(text) if purpose is TokenPurpose.MAILTO else _decode_url(text)
    payload, tag = raw[: _PAYLOAD.size], raw[_PAYLOAD.size :]
    version_and_purpose, key_id, recipient, scope, minutes = _PAYLOAD.unpack(payload)
    if version_and_purpose != _VERSION << 4 | purpose:
        raise InvalidToken("made for another purpose")
    expected = hmac.digest(key_for(purpose, key_id), payload, "sha256")[: len(tag)]
    if not hmac.compare_digest(expected, tag):
        raise InvalidToken("wrong signature")
    return LinkToken(recipients.recipient_from_bytes(recipient), scope, minutes * _MINUTE, key_id)


def sign_payload(payload: bytes, key: bytes) -> str:
    """Returns a payload and its tag as base64url text. The second byte of the payload is the key id."""
    raw = payload + hmac.digest(key, payload, "sha256")[:_URL_TAG]
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def verify_payload(text: str, first: int, min_length: int, key_for: Callable[[int], bytes]) -> bytes:
    """Verifies a text made by `sign_payload` and returns its payload.

    Args:
        text: the text. The caller limits its length.
        first: the first byte of the payload, which identifies version and purpose.
        min_length: the minimum length of the payload, in bytes.
        key_for: returns the key for a key id.

    Raises:
        InvalidToken: the token is altered, truncated, for another purpose, or signed with an unknown key.
    """
    raw = _decode(text)
    payload, tag = raw[:-_URL_TAG], raw[-_URL_TAG:]
    if len(payload) < min_length or payload[0] != first:
        raise InvalidToken("made for another purpose")
    expected = hmac.digest(key_for(payload[1]), payload, "sha256")[:_URL_TAG]
    if not hmac.compare_digest(expected, tag):
        raise InvalidToken("wrong signature")
    return payload


def _decode(text: str) -> bytes:
    """Decodes base64url text without padding. Only the canonical encoding is valid.

    Raises:
        InvalidToken: the text is not such an encoding.
    """
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError) as error:
        raise InvalidToken("not base64url") from error
    if base64.urlsafe_b64encode(raw).rstrip(b"=").decode() != text:
        raise InvalidToken("not the canonical encoding")
    return raw


def _decode_url(text: str) -> bytes:
    if len(text) != URL_LENGTH:
        raise InvalidToken("wrong length")
    return _decode(text)


def _decode_mail(text: str) -> bytes:
    if not text.isascii():  # the lower case of a Kelvin sign is k
        raise InvalidToken("not base32")
    text = text.lower()
    try:
        raw = base64.b32decode(text.upper() + "======") if len(text) == _MAIL_LENGTH else b""
    except (binascii.Error, ValueError) as error:
        raise InvalidToken("not base32") from error
    if not raw or base64.b32encode(raw).rstrip(b"=").decode().lower() != text:
        raise InvalidToken("not the canonical encoding")
    return raw
