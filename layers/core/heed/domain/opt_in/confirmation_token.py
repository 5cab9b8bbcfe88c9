"""A confirmation link: who, what is to be confirmed, and since when; signed, and good for 48 hours.

    head     version and purpose (1 byte) · key id (1) · recipient (16) · asked at, milliseconds (8)
             · intent, in the upper six bits how long the mail waited (1) · number of scopes (2)
    scopes   3 bytes each: what is confirmed of it (1), its number (2)
    sealed   the address as KMS encrypted it: nobody reads it off the link; empty for a way out
    tag      HMAC-SHA256 of all that under the confirm key, cut to 16 bytes

base64url, one canonical encoding, longer than every other link of ours. The first byte, the KMS key
and its label are this purpose's own: no token of another purpose passes here, nor this one there.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from heed.domain.errors import InvalidToken
from heed.domain.links.link_token import sign_payload, verified_payload
from heed.domain.preferences.register import ScopeNumber
from heed.domain.recipients import recipient as recipients

CONFIRMATION_LIFETIME = (
    48 * 60 * 60 * 1000
)  # milliseconds, from the request or, where its mail waited, from the mail
CONFIRMATION_KEY_ID = 1  # the links of two days need no ring of keys: losing one costs a second request
MAX_CONFIRMATION_LENGTH = (
    5_000  # characters; 400 topics, as many pauses of theirs and of 100 brands make under 4,400
)

_FIRST = 1 << 4 | 4  # version 1; purposes 1 to 3 are those of heed.domain.links.link_token
_HEAD = struct.Struct(">BB16sQBH")
_SCOPE = struct.Struct(">BH")


class Intent(StrEnum):
    """What somebody without a link asks for."""

    IN = "in"
    OUT = "out"


class ConfirmedAction(IntEnum):
    """What is confirmed of a scope."""

    CHOICE = 1  # of an IN the topic's yes; of an OUT its stop
    RESUME = 2  # the end of a pause
    SIGNAL_OFF = 3  # that advertising may be targeted again


_CODES = {Intent.IN: 1, Intent.OUT: 2}
_INTENTS = {code: intent for intent, code in _CODES.items()}
_HOUR = 60 * 60 * 1000  # milliseconds
_AT_ONCE = 60 * 1000  # milliseconds; a mail on its way within that has not waited
# Hours that six bits can say: each of two days, then half days up to nine. Two queues, each of which keeps
# a message for four days, let no mail wait for longer.
_HOURS: tuple[int, ...] = (*range(50), *range(60, 217, 12))
_WAITED = 2  # bits by which they are shifted


@dataclass(frozen=True, slots=True)
class ConfirmationToken:
    """What a verified confirmation link says.

    Attributes:
        recipient: recipient id.
        intent: what is to be confirmed.
        scopes: numbers of the topics that are chosen, or are to stop.
        issued: when it was asked for, milliseconds since the epoch.
        sealed: the encrypted address, or b"".
        resume: numbers of the scopes whose pause is to end.
        signals: numbers of the topics of advertising that may be targeted again.
        key_id: which confirm key signed it.
        waited: hours that the mail waited to be sent (`hours_waited`); the link lives longer by them.
    """

    recipient: str
    intent: Intent
    scopes: tuple[ScopeNumber, ...]
    issued: int
    sealed: bytes = b""
    resume: tuple[ScopeNumber, ...] = ()
    signals: tuple[ScopeNumber, ...] = ()
    key_id: int = CONFIRMATION_KEY_ID
    waited: int = 0

    def is_expired(self, now: int) -> bool:
        """Whether its 48 hours have passed."""
        return now >= self.issued + self.waited * _HOUR + CONFIRMATION_LIFETIME


def hours_waited(asked: int, now: int) -> int:
    """For how many hours a mail has waited by now, never too few.

    None within the first minute, then every one begun; after two days every half day begun.
    """
    waited = now - asked
    if waited < _AT_ONCE:
        return 0
    return next((hours for hours in _HOURS if hours * _HOUR > waited), _HOURS[-1])


def mint_confirmation_token(said: ConfirmationToken, key: bytes) -> str:
    """The text of a confirmation link's token."""
    asked = [
        *((ConfirmedAction.CHOICE, scope) for scope in said.scopes),
        *((ConfirmedAction.RESUME, scope) for scope in said.resume),
        *((ConfirmedAction.SIGNAL_OFF, scope) for scope in said.signals),
    ]
    head = _HEAD.pack(
        _FIRST,
        said.key_id,
        recipients.recipient_to_bytes(said.recipient),
        said.issued,
        _CODES[said.intent] | _HOURS.index(said.waited) << _WAITED,
        len(asked),
    )
    payload = head + b"".join(_SCOPE.pack(*each) for each in asked) + said.sealed
    return sign_payload(payload, key)


def verify_confirmation_token(text: str, key_for: Callable[[int], bytes]) -> ConfirmationToken:
    """What a token says, once its tag is proved; whether it is over is for the caller to ask.

    Raises:
        InvalidToken: altered, cut short, of another purpose, or signed with a key never ours.
    """
    if len(text) > MAX_CONFIRMATION_LENGTH:
        raise InvalidToken("too long")
    payload = verified_payload(text, _FIRST, _HEAD.size, key_for)
    _, key_id, recipient, issued, code, count = _HEAD.unpack_from(payload)
    end = _HEAD.size + _SCOPE.size * count
    asked = list(_SCOPE.iter_unpack(payload[_HEAD.size : end]))
    return ConfirmationToken(
        recipient=recipients.recipient_from_bytes(recipient),
        intent=_INTENTS[code & (1 << _WAITED) - 1],
        scopes=tuple(scope for ask, scope in asked if ask == ConfirmedAction.CHOICE),
        resume=tuple(scope for ask, scope in asked if ask == ConfirmedAction.RESUME),
        signals=tuple(scope for ask, scope in asked if ask == ConfirmedAction.SIGNAL_OFF),
        issued=issued,
        sealed=payload[end:],
        key_id=key_id,
        waited=_HOURS[code >> _WAITED],
    )
