"""The session of a person who is signed in to the desk.

The cookie contains a random value of 256 bits. Heed stores only its SHA-256, as with API keys.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from heed.domain.milliseconds import Millis
from heed.domain.preferences.brand_access import ALL_BRANDS, BrandAccess

IDLE_LIMIT = Millis(30 * 60_000)
"""A session ends after this time without a request, milliseconds."""
SESSION_LIMIT = Millis(8 * 3_600_000)
"""A session ends this long after its start, milliseconds."""
DESK_KEY_PREFIX = "oidc:"
"""The key of a person at the desk begins with this. The id of an API key does not."""
RECENT_SIGN_IN = Millis(10 * 60_000)
"""An erasure, a report of a minor, a hold and a lift need a sign-in of the last 10 minutes."""
ROLE_LIMIT = Millis(3_600_000)
"""The issuer confirms the role of a person at least this often, milliseconds."""


class DeskRole(StrEnum):
    """What a person may do at the desk. A privacy officer may do all that an agent may do."""

    AGENT = "agent"
    PRIVACY = "privacy"


@dataclass(frozen=True, slots=True)
class DeskSession:
    """A session.

    Attributes:
        hash: SHA-256 of the value in the cookie, 64 hex digits.
        key: who it is, in evidence and in the register of disclosures: `oidc:` and 16 hex digits, a keyed
            hash of issuer and subject.
        agent: the name of the person, for evidence. It is never an address.
        role: the role.
        started_at: milliseconds since the Unix epoch.
        used_at: the last request, milliseconds. It is stored about once a minute.
        signed_in_at: when the person last proved to the issuer who they are, milliseconds.
        role_read_at: when the issuer last confirmed the role, milliseconds; None means at the start.
        refresh_token: the issuer's refresh token, encrypted with a key that only the cookie has. It is empty
            if the issuer gives none.
        brands: the brands to which an agent is limited. A privacy officer is not limited.
    """

    hash: str
    key: str
    agent: str
    role: DeskRole
    started_at: Millis
    used_at: Millis
    signed_in_at: Millis
    role_read_at: Millis | None = None
    refresh_token: str = ""
    brands: BrandAccess = ALL_BRANDS

    def is_valid_at(self, now: Millis) -> bool:
        """Returns whether the session is neither idle for too long nor too old. `now` is in milliseconds."""
        return now < self.used_at + IDLE_LIMIT and now < self.started_at + SESSION_LIMIT

    def has_role(self, role: DeskRole) -> bool:
        """Returns whether the person may do what a role may do."""
        return self.role is DeskRole.PRIVACY or role is DeskRole.AGENT

    def is_role_current(self, now: Millis) -> bool:
        """Returns whether the issuer confirmed the role recently. `now` is in milliseconds."""
        read_at = self.started_at if self.role_read_at is None else self.role_read_at
        return now < read_at + ROLE_LIMIT

    def is_sign_in_recent(self, now: Millis) -> bool:
        """Returns whether the sign-in is recent enough for what cannot be undone. `now`: milliseconds."""
        return now < self.signed_in_at + RECENT_SIGN_IN


def hash_session_value(value: str) -> str:
    """Returns the stored form of the value in a session's cookie: SHA-256, 64 hex digits."""
    return hashlib.sha256(value.encode()).hexdigest()


def form_token(value: str) -> str:
    """Returns the token that each form of a session contains. `value` is the value in the cookie.

    A site that makes the browser send a form cannot read the cookie, so it does not know this token.
    """
    return hashlib.sha256(b"form " + value.encode()).hexdigest()[:32]
