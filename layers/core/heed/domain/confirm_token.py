"""A confirmation link: who, what is to be confirmed, and since when; signed, and good for 48 hours.

    head     version and purpose (1 byte) · key id (1) · recipient (16) · asked at, milliseconds (8)
             · intent, and how often 256 scopes (1) · number of scopes beyond those (1)
    scopes   2 bytes each
    sealed   the address as KMS encrypted it: nobody reads it off the link; empty for a way out
    tag      HMAC-SHA256 of all that under the confirm key, cut to 16 bytes

base64url, one canonical encoding, longer than every other link of ours. The first byte, the KMS key
and its label are this purpose's own: no token of another purpose passes here, nor this one there.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import struct
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from heed.domain import recipient as recipients
from heed.domain.errors import InvalidToken

LIFETIME = 48 * 60 * 60 * 1000  # milliseconds from the request, not from the mail
KEY_ID = 1  # the links of two days need no ring of keys: losing one costs a second request
MAX_LENGTH = (
    2_000  # characters; the longest address and 400 topics, which are the most, make under 1,800
)

_FIRST = 1 << 4 | 4  # version 1; purposes 1 to 3 are those of heed.domain.token
_HEAD = struct.Struct(">BB16sQBB")
_TAG = 16
_STEP = 16  # of the byte that holds an intent, below, and how often 256 scopes, above


class Intent(StrEnum):
    """What somebody without a link asks for."""

    IN = "in"
    OUT = "out"


_CODES = {Intent.IN: 1, Intent.OUT: 2}
_INTENTS = {code: intent for intent, code in _CODES.items()}


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What a verified confirmation link says.

    Attributes:
        recipient: recipient id.
        intent: what is to be confirmed.
        scopes: numbers of the scopes it is about.
        issued: when it was asked for, milliseconds since the epoch.
        sealed: the encrypted address, or b"".
        key_id: which confirm key signed it.
    """

    recipient: str
    intent: Intent
    scopes: tuple[int, ...]
    issued: int
    sealed: bytes = b""
    key_id: int = KEY_ID

    def is_over(self, now: int) -> bool:
        """Whether its 48 hours have passed."""
        return now >= self.issued + LIFETIME


def mint(said: Confirmation, key: bytes) -> str:
    """The text of a confirmation link's token."""
    head = _HEAD.pack(
        _FIRST,
        said.key_id,
        recipients.to_bytes(said.recipient),
        said.issued,
        _CODES[said.intent] + len(said.scopes) // 256 * _STEP,
        len(said.scopes) % 256,
    )
    payload = head + struct.pack(f">{len(said.scopes)}H", *said.scopes) + said.sealed
    tag = hmac.digest(key, payload, "sha256")[:_TAG]
    return base64.urlsafe_b64encode(payload + tag).rstrip(b"=").decode()


def verify(text: str, key_for: Callable[[int], bytes]) -> Confirmation:
    """What a token says, once its tag is proved; whether it is over is for the caller to ask.

    Raises:
        InvalidToken: altered, cut short, of another purpose, or signed with a key never ours.
    """
    raw = _decode(text)
    payload, tag = raw[:-_TAG], raw[-_TAG:]
    if len(payload) < _HEAD.size or payload[0] != _FIRST:
        raise InvalidToken("made for another purpose")
    expected = hmac.digest(key_for(payload[1]), payload, "sha256")[:_TAG]
    if not hmac.compare_digest(expected, tag):
        raise InvalidToken("the signature does not fit")
    _, key_id, recipient, issued, code, count = _HEAD.unpack_from(payload)
    count += code // _STEP * 256
    scopes = struct.unpack_from(f">{count}H", payload, _HEAD.size)
    return Confirmation(
        recipient=recipients.from_bytes(recipient),
        intent=_INTENTS[code % _STEP],
        scopes=scopes,
        issued=issued,
        sealed=payload[_HEAD.size + 2 * count :],
        key_id=key_id,
    )


def _decode(text: str) -> bytes:
    if len(text) > MAX_LENGTH:
        raise InvalidToken("too long")
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError) as error:
        raise InvalidToken("not base64url") from error
    if base64.urlsafe_b64encode(raw).rstrip(b"=").decode() != text:
        raise InvalidToken("not the canonical encoding")
    return raw
