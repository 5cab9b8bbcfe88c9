"""Who someone is to Heed: a keyed hash of the address, and nothing else."""

from __future__ import annotations

import hmac
import re

from heed.domain.errors import InvalidRecipient

MESSAGE_TAG = "heed-recipient"
"""The message tag of SES by which its events name the recipient whom a mail was for."""

RECIPIENT_SIZE = 16  # bytes of the hash that are kept; 128 bits
_BASE32 = re.compile(r"[a-z2-7]{26}")
_DIGITS = "abcdefghijklmnopqrstuvwxyz234567"
_PAIRS = [first + second for first in _DIGITS for second in _DIGITS]
_SHIFTS = range(120, -1, -10)
_SPARE = 2  # bits of the last digit that hold nothing, and are zero
_CANONICAL = re.compile(r"[a-z2-7]{25}[aeimquy4]")
_TO_INT = str.maketrans(_DIGITS, "0123456789abcdefghijklmnopqrstuv")
_HEX = re.compile(r"[0-9a-fA-F]{32}")


def recipient_id(identity_key: bytes, normalised: str) -> str:
    """The id of a normalised address: 26 characters of lower-case base32.

    HMAC-SHA256 truncated to 128 bits: approved by FIPS 198-1, what KMS offers, and in every
    platform's library, so that a platform can compute ids by itself.
    """
    return recipient_from_bytes(hmac.digest(identity_key, normalised.encode(), "sha256")[:RECIPIENT_SIZE])


def parse_recipient(text: str) -> str:
    """A recipient id as callers write it: base32 (any case), or the same 16 bytes as 32 hex digits.

    Raises:
        InvalidRecipient: it is neither, or base32 with bits to spare that are not zero.
    """
    if _HEX.fullmatch(text):
        return recipient_from_bytes(bytes.fromhex(text))
    lowered = text.lower()
    if text.isascii() and _CANONICAL.fullmatch(lowered):
        return lowered
    raise InvalidRecipient("neither 26 base32 characters nor 32 hex digits")


def recipient_to_bytes(recipient: str) -> bytes:
    """The 16 bytes behind an id."""
    if not _BASE32.fullmatch(recipient):
        raise InvalidRecipient("not base32")
    return (int(recipient.translate(_TO_INT), 32) >> _SPARE).to_bytes(RECIPIENT_SIZE, "big")


def recipient_from_bytes(raw: bytes) -> str:
    """The id of 16 bytes: base32 (RFC 4648 §6), ten bits at a time; a check makes a thousand."""
    bits = int.from_bytes(raw, "big") << _SPARE
    return "".join([_PAIRS[bits >> shift & 1023] for shift in _SHIFTS])
