"""What a link says: who, which scope, since when; signed, and short.

A token names no address and shows none. It never expires and is never used up: a person who finds
an old mail must still get out. Minting and verifying are pure computation.

    payload  version and purpose (1 byte) · key id (1) · recipient (16) · scope (2) · minutes (4)
    tag      HMAC-SHA256 of the payload under the purpose's own key, cut to 16 bytes (12 for a mail)

URL form: base64url, 54 characters. Mail form: lower-case base32, 58 characters, so that
`u+<token>` stays within the 64 octets of a local part (RFC 5321 §4.5.3.1.1) and survives hops that
fold case. The mail form is a purpose of its own, so that a longer tag cut short never passes for it.
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
from heed.domain.preferences.register import ScopeNumber
from heed.domain.recipients import recipient as recipients

_VERSION = 1
_PAYLOAD = struct.Struct(">BB16sHI")
_URL_TAG, _MAIL_TAG = 16, 12
URL_LENGTH, _MAIL_LENGTH = 54, 58
_MINUTE = 60_000  # milliseconds


class TokenPurpose(IntEnum):
    """What a token may be used for; each has a key of its own."""

    UNSUBSCRIBE = 1
    PREFERENCES = 2
    MAILTO = 3
    UNDO = 5  # heed.domain.links.undo; 4 is the first byte of a confirmation link, which has a key of its own


KeyLookup = Callable[[TokenPurpose, int], bytes]
"""The key of a purpose and a key id. Raises InvalidToken for an id that was never ours."""


@dataclass(frozen=True, slots=True)
class LinkToken:
    """What a verified link says.

    Attributes:
        recipient: recipient id.
        scope: number of the scope; 0 is all marketing.
        issued: when the mail was made, milliseconds since the epoch, to the minute.
        key_id: which link key signed it, 1 to 255.
    """

    recipient: str
    scope: ScopeNumber
    issued: int
    key_id: int


def mint_link_token(token: LinkToken, purpose: TokenPurpose, key: bytes) -> str:
    """The text of a token, in the form that its purpose has."""
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
    """What a token says, once its tag is proved.

    One canonical encoding is accepted (base64 leaves spare bits that a forger could flip); of a mail
    token the case is free. The comparison takes constant time.

    Raises:
        InvalidToken: altered, cut short, of another purpose, or signed with a key never ours.
    """
    raw = _decode_mail(text) if purpose is TokenPurpose.MAILTO else _decode_url(text)
    payload, tag = raw[: _PAYLOAD.size], raw[_PAYLOAD.size :]
    head, key_id, recipient, scope, minutes = _PAYLOAD.unpack(payload)
    if head != _VERSION << 4 | purpose:
        raise InvalidToken("made for another purpose")
    expected = hmac.digest(key_for(purpose, key_id), payload, "sha256")[: len(tag)]
    if not hmac.compare_digest(expected, tag):
        raise InvalidToken("the signature does not fit")
    return LinkToken(recipients.recipient_from_bytes(recipient), scope, minutes * _MINUTE, key_id)


def sign_payload(payload: bytes, key: bytes) -> str:
    """A payload and its tag as they stand in an address; its second byte is the id of the key."""
    raw = payload + hmac.digest(key, payload, "sha256")[:_URL_TAG]
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def verified_payload(text: str, first: int, least: int, key_for: Callable[[int], bytes]) -> bytes:
    """The payload of a text that `sign` made, once its tag is proved.

    Args:
        text: of the address; its length is the caller's to limit.
        first: the payload's first byte, which names version and purpose.
        least: bytes that the payload has at least.
        key_for: the key of a key id.

    Raises:
        InvalidToken: altered, cut short, of another purpose, or signed with a key never ours.
    """
    raw = _decode(text)
    payload, tag = raw[:-_URL_TAG], raw[-_URL_TAG:]
    if len(payload) < least or payload[0] != first:
        raise InvalidToken("made for another purpose")
    expected = hmac.digest(key_for(payload[1]), payload, "sha256")[:_URL_TAG]
    if not hmac.compare_digest(expected, tag):
        raise InvalidToken("the signature does not fit")
    return payload


def _decode(text: str) -> bytes:
    """The bytes of a base64url text without padding, of which one canonical form is accepted.

    Raises:
        InvalidToken: it is no such text.
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
        raise InvalidToken("not the length of a token")
    return _decode(text)


def _decode_mail(text: str) -> bytes:
    if not text.isascii():  # a Kelvin sign has the lower case of a K
        raise InvalidToken("not base32")
    text = text.lower()
    try:
        raw = base64.b32decode(text.upper() + "======") if len(text) == _MAIL_LENGTH else b""
    except (binascii.Error, ValueError) as error:
        raise InvalidToken("not base32") from error
    if not raw or base64.b32encode(raw).rstrip(b"=").decode().lower() != text:
        raise InvalidToken("not the canonical encoding")
    return raw
