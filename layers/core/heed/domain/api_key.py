"""Keys of the API under /v1: who calls, and what they may ask for.

A key is `heed_` and 256 random bits. It is shown once; what is stored is its SHA-256, which needs no
salt where there is nothing to guess. Its id is the beginning of that hash, so that one read finds it
by either.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

KEY_PREFIX = "heed_"
_KEY = re.compile(r"heed_[A-Za-z0-9_-]{43}")
_ID_LENGTH = 16  # hex digits


class KeyScope(StrEnum):
    """What a key may be used for; a route asks for one of these."""

    CHECK = "check"
    LINKS = "links"
    READ = "read"
    WRITE = "write"
    PRIVACY = "privacy"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What is known of a key; the key itself is not.

    Attributes:
        id: 16 hex digits; part of the evidence of every change that was made with the key.
        hash: SHA-256 of the key, 64 hex digits.
        name: what it is for.
        owner: who answers for it; what needs two people needs keys of two owners.
        scopes: what it may be used for.
        created: milliseconds since the epoch.
        ends: from when it is no longer taken, milliseconds, or None.
        revoked: when it was revoked, milliseconds, or None.
    """

    id: str
    hash: str
    name: str
    owner: str
    scopes: frozenset[KeyScope]
    created: int
    ends: int | None = None
    revoked: int | None = None

    def is_valid_at(self, now: int) -> bool:
        """Whether the key is taken at an instant."""
        return self.revoked is None and (self.ends is None or now < self.ends)


def is_visible_text(text: str) -> bool:
    """Whether a name holds nothing that a reader cannot see, and no space but the plain one."""
    from heed.domain.recipients.unicode_table import is_invisible, is_no_text  # for the few

    return not any(is_no_text(c) or is_invisible(c) or (c.isspace() and c != " ") for c in text)


def normalise_owner(name: str) -> str:
    """The one spelling of an owner: two that look alike by width, case or what nobody sees are one."""
    seen = "".join(c for c in name if c.isspace() or is_visible_text(c))
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", seen).casefold())
    return " ".join(folded.split())


def is_api_key(text: str) -> bool:
    """Whether a text has the form of a key."""
    return _KEY.fullmatch(text) is not None


def hash_api_key(key: str) -> str:
    """What is stored of a key: 64 hex digits."""
    return hashlib.sha256(key.encode()).hexdigest()


def api_key_id(key_hash: str) -> str:
    """The id of the key that has a hash."""
    return key_hash[:_ID_LENGTH]
