"""Confirmation tokens: a signed link with a recipient, the choices to confirm and a time, valid for 48 hours.

    head     version and purpose (1 byte) · key id (1) · recipient (16) · request time, milliseconds (8)
             · intent, and in the upper six bits the hours that the mail waited (1) · number of scopes (2)
    scopes   3 bytes each: the action to confirm (1), the scope number (2)
    address  the address as KMS encrypted it, so that the link does not reveal it; empty for an opt-out
    tag      HMAC-SHA256 of all of this, with the confirm key, cut to 16 bytes

The text is base64url in one canonical encoding. It is longer than any other link of Heed. The first byte, the
KMS key and its label belong to this purpose only. So a token of another purpose is invalid here, and a
confirmation token is invalid there.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from heed.domain.errors import InvalidToken
from heed.domain.links.link_token import sign_payload, verify_payload
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import ScopeNumber
from heed.domain.recipients import recipient as recipients

CONFIRMATION_LIFETIME = 48 * 60 * 60 * 1000  # milliseconds; the hours that the mail waited are added
CONFIRMATION_KEY_ID = 1  # one key is enough: if it is lost, people with links of two days request again
MAX_CONFIRMATION_LENGTH = 5_000  # characters; 400 topics with all their pauses need fewer than 4,400

_FIRST_BYTE = 1 << 4 | 4  # version 1, purpose 4; heed.domain.links.link_token has the other purposes
_HEAD = struct.Struct(">BB16sQBH")
_SCOPE = struct.Struct(">BH")


class Intent(StrEnum):
    """The intent of a person without a link."""

    IN = "in"
    OUT = "out"


class ConfirmedAction(IntEnum):
    """The action that the person confirms for a scope."""

    CHOICE = 1  # an opt-in or an opt-out of the topic, by the intent
    RESUME = 2  # the pause of the scope ends
    SIGNAL_OFF = 3  # targeted advertising is allowed again


_CODES = {Intent.IN: 1, Intent.OUT: 2}
_INTENTS = {code: intent for intent, code in _CODES.items()}
_HOUR = 60 * 60 * 1000  # milliseconds
_NO_DELAY = 60 * 1000  # milliseconds; a mail sent within this time has not waited
# The hours that six bits can encode: each hour of two days, then half days up to nine days. No mail waits
# longer, because there are two queues, and each keeps a message for four days.
_HOURS: tuple[int, ...] = (*range(50), *range(60, 217, 12))
_HOURS_SHIFT = 2  # bits by which the index of the hours is shifted


@dataclass(frozen=True, slots=True)
class ConfirmationToken:
    """The content of a verified confirmation link.

    Attributes:
        recipient: the recipient id.
        intent: opt-in or opt-out.
        scopes: numbers of the topics to turn on or off.
        requested_at: the time of the request, milliseconds since the Unix epoch.
        encrypted_address: the encrypted address, or b"".
        resume: numbers of the scopes whose pause should end.
        signals: numbers of the signal topics to allow again.
        key_id: the confirm key that signed it.
        delay_hours: the hours that the mail waited (`hours_waited`). They extend the lifetime of the link.
    """

    recipient: str
    intent: Intent
    scopes: tuple[ScopeNumber, ...]
    requested_at: Millis
    encrypted_address: bytes = b""
    resume: tuple[ScopeNumber, ...] = ()
    signals: tuple[ScopeNumber, ...] = ()
    key_id: int = CONFIRMATION_KEY_ID
    delay_hours: int = 0

    def is_expired(self, now: Millis) -> bool:
        """Whether the lifetime of 48 hours is over. `now` is in milliseconds."""
        return now >= self.requested_at + self.delay_hours * _HOUR + CONFIRMATION_LIFETIME


def hours_waited(requested_at: Millis, now: Millis) -> int:
    """Returns the hours that a mail has waited, rounded up so that they are never too few.

    The result is 0 within the first minute. After two days it is rounded up to half days.

    Args:
        requested_at: the time of the request, milliseconds.
        now: milliseconds.
    """
    delay = now - requested_at
    if delay < _NO_DELAY:
        return 0
    return next((hours for hours in _HOURS if hours * _HOUR > delay), _HOURS[-1])


def mint_confirmation_token(token: ConfirmationToken, key: bytes) -> str:
    """Returns the text of a confirmation token."""
    actions = [
        *((ConfirmedAction.CHOICE, scope) for scope in token.scopes),
        *((ConfirmedAction.RESUME, scope) for scope in token.resume),
        *((ConfirmedAction.SIGNAL_OFF, scope) for scope in token.signals),
    ]
    head = _HEAD.pack(
        _FIRST_BYTE,
        token.key_id,
        recipients.recipient_to_bytes(token.recipient),
        token.requested_at,
        _CODES[token.intent] | _HOURS.index(token.delay_hours) << _HOURS_SHIFT,
        len(actions),
    )
    payload = head + b"".join(_SCOPE.pack(*each) for each in actions) + token.encrypted_address
    return sign_payload(payload, key)


def verify_confirmation_token(text: str, key_for: Callable[[int], bytes]) -> ConfirmationToken:
    """Verifies the tag of a token and returns its content. The caller checks whether it is expired.

    Raises:
        InvalidToken: the token is altered, truncated, for another purpose, or signed with an unknown key.
    """
    if len(text) > MAX_CONFIRMATION_LENGTH:
        raise InvalidToken("too long")
    payload = verify_payload(text, _FIRST_BYTE, _HEAD.size, key_for)
    _, key_id, recipient, issued, code, count = _HEAD.unpack_from(payload)
    end = _HEAD.size + _SCOPE.size * count
    actions = list(_SCOPE.iter_unpack(payload[_HEAD.size : end]))
    return ConfirmationToken(
        recipient=recipients.recipient_from_bytes(recipient),
        intent=_INTENTS[code & (1 << _HOURS_SHIFT) - 1],
        scopes=tuple(scope for action, scope in actions if action == ConfirmedAction.CHOICE),
        resume=tuple(scope for action, scope in actions if action == ConfirmedAction.RESUME),
        signals=tuple(scope for action, scope in actions if action == ConfirmedAction.SIGNAL_OFF),
        requested_at=issued,
        encrypted_address=payload[end:],
        key_id=key_id,
        delay_hours=_HOURS[code >> _HOURS_SHIFT],
    )
