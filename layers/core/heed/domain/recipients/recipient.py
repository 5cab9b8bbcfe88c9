"""The recipient id: a keyed hash of the address. Heed knows a person only by this id."""

from __future__ import annotations

import hmac
import re

from heed.domain.errors import InvalidRecipient

MESSAGE_TAG = "heed-recipient"
"""The SES message tag that names the recipient of a mail in SES events."""

DOCTOR_RECIPIENT = "nbswkzb2mrxwg5dpoi5gqzlfmq"
"""The recipient of `heed doctor`: the 16 bytes `heed:doctor:heed`, which are no hash of any address.

It is the same in every stack, and stays on record. Neither numbers nor webhooks have it (NumbersRule and
WebhookRule in template.yaml).
"""

RECIPIENT_SIZE = 16  # bytes of the hash that are used; 128 bits
_BASE32 = re.compile(r"[a-z2-7]{26}")
_DIGITS = "abcdefghijklmnopqrstuvwxyz234567"
_PAIRS = [first + second for first in _DIGITS for second in _DIGITS]
_SHIFTS = range(120, -1, -10)
_UNUSED_BITS = 2  # in the last digit; they are zero
_CANONICAL = re.compile(r"[a-z2-7]{25}[aeimquy4]")
_TO_INT = str.maketrans(_DIGITS, "0123456789abcdefghijklmnopqrstuv")
_HEX = re.compile(r"[0-9a-fA-F]{32}")


def recipient_id(identity_key: bytes, normalised: str) -> str:
    """Returns the id of a normalised address: 26 characters of lower-case base32.

    It is HMAC-SHA256, cut to 128 bits. FIPS 198-1 approves it, KMS offers it, and the library of each
    platform has it. So a sending platform can compute ids itself.
    """
    return recipient_from_bytes(hmac.digest(identity_key, normalised.encode(), "sha256")[:RECIPIENT_SIZE])


def parse_recipient(text: str) -> str:
    """Parses a recipient id of a caller: base32 in any case, or the same 16 bytes as 32 hex digits.

    Raises:
        InvalidRecipient: the text is neither, or it is base32 whose unused bits are not zero.
    """
    if _HEX.fullmatch(text):
        return recipient_from_bytes(bytes.fromhex(text))
    lowered = text.lower()
    if text.isascii() and _CANONICAL.fullmatch(lowered):
        return lowered
    raise InvalidRecipient("neither 26 base32 characters nor 32 hex digits")


def recipient_to_bytes(recipient: str) -> bytes:
    """Returns the 16 bytes of an id.

    Raises:
        InvalidRecipient: the text is not base32.
    """
    if not _BASE32.fullmatch(recipient):
        raise InvalidRecipient("not base32")
    return (int(recipient.translate(_TO_INT), 32) >> _UNUSED_BITS).to_bytes(RECIPIENT_SIZE, "big")


def snapshot_key(recipient: str) -> int:
    """Returns the key of an id in the filters of a snapshot: its first 8 bytes as a big-endian number.

    It decodes only their 13 digits, because a sender looks up millions of ids.

    Raises:
        InvalidRecipient: the text is not base32.
    """
    if not _BASE32.fullmatch(recipient):
        raise InvalidRecipient("not base32")
    return int(recipient[:13].translate(_TO_INT), 32) >> 1


def recipient_from_bytes(raw: bytes) -> str:
    """Returns the id of 16 bytes in base32 (RFC 4648 §6).

    It encodes ten bits at a time, because one check computes a thousand ids.
    """
    bits = int.from_bytes(raw, "big") << _UNUSED_BITS
    return "".join([_PAIRS[bits >> shift & 1023] for shift in _SHIFTS])
