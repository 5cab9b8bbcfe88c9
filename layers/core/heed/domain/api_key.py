"""API keys for the routes under /v1: they identify the caller and say what the caller may do.

A key is `heed_` and 256 random bits. Heed shows it once and stores only its SHA-256. The hash needs no
salt, because a random key cannot be guessed. The id of a key is the beginning of its hash. So one read
finds the key by its id and also by its hash.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from heed.domain.errors import PurposeRefused
from heed.domain.milliseconds import Millis
from heed.domain.preferences.brand_access import ALL_BRANDS, BrandAccess
from heed.domain.privacy.disclosure import DisclosurePurpose, parse_purpose

KEY_PREFIX = "heed_"
_KEY = re.compile(r"heed_[A-Za-z0-9_-]{43}")
_ID_LENGTH = 16  # hex digits


class KeyScope(StrEnum):
    """A permission of a key. Each route requires one of these."""

    CHECK = "check"
    LINKS = "links"
    READ = "read"
    WRITE = "write"
    PRIVACY = "privacy"
    IMPORT = "import"
    EXPORT = "export"
    CASES = "cases"


BRAND_SCOPES = frozenset({KeyScope.CHECK, KeyScope.LINKS, KeyScope.READ, KeyScope.WRITE})
"""What a key that is limited to brands may do. Everything else concerns the whole person, or all brands."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """The stored facts about a key. The key itself is not stored.

    Attributes:
        id: 16 hex digits. It is part of the evidence of every change that the key makes.
        hash: SHA-256 of the key, 64 hex digits.
        name: the use of the key, in words.
        owner: the person who is responsible for it. A task for two people needs keys of two owners.
        scopes: the permissions of the key.
        created_at: milliseconds since the Unix epoch.
        expires_at: the key is invalid from this instant on, milliseconds; None if it never expires.
        revoked_at: milliseconds; None if the key is not revoked.
        purposes: the purposes of disclosures that the key may state for bulk work on files.
        brands: the brands to which the key is limited.
    """

    id: str
    hash: str
    name: str
    owner: str
    scopes: frozenset[KeyScope]
    created_at: Millis
    expires_at: Millis | None = None
    revoked_at: Millis | None = None
    purposes: frozenset[DisclosurePurpose] = frozenset({DisclosurePurpose.SENDING})
    brands: BrandAccess = ALL_BRANDS

    def choose_purpose(self, stated: str) -> DisclosurePurpose:
        """Returns the purpose of a disclosure.

        Args:
            stated: the purpose in the request. "": the key's only purpose, otherwise `sending`.

        Raises:
            PurposeRefused: the purpose is not one of the key's purposes.
        """
        default = next(iter(self.purposes)) if len(self.purposes) == 1 else DisclosurePurpose.SENDING
        purpose = parse_purpose(stated or default)
        if purpose not in self.purposes:
            raise PurposeRefused("the key does not have this purpose")
        return purpose

    def is_valid_at(self, now: Millis) -> bool:
        """Whether the key is neither revoked nor expired at `now` (milliseconds)."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


def is_visible_text(text: str) -> bool:
    """Whether all characters of a name are visible, and its only white space is the plain space."""
    # Imported here because few calls need the table.
    from heed.domain.recipients.unicode_table import is_invisible, is_no_text

    return not any(is_no_text(c) or is_invisible(c) or (c.isspace() and c != " ") for c in text)


def normalise_owner(name: str) -> str:
    """Returns the canonical spelling of an owner's name.

    Names that differ only in width, case, white space or invisible characters have the same spelling.
    """
    visible = "".join(c for c in name if c.isspace() or is_visible_text(c))
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", visible).casefold())
    return " ".join(folded.split())


def is_api_key(text: str) -> bool:
    """Whether a text has the format of an API key."""
    return _KEY.fullmatch(text) is not None


def hash_api_key(key: str) -> str:
    """Returns the stored form of a key: its SHA-256, 64 hex digits."""
    return hashlib.sha256(key.encode()).hexdigest()


def api_key_id(key_hash: str) -> str:
    """Returns the id of the key with this hash."""
    return key_hash[:_ID_LENGTH]
