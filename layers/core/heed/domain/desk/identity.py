"""Who signs in to the desk: what the claims of an ID token say about a person.

The claims are those of a verified token. Each claim may still have any JSON value.
"""

from __future__ import annotations

import hmac
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

from heed.domain.desk.session import DESK_KEY_PREFIX, DeskRole
from heed.domain.errors import SignInRefused
from heed.domain.milliseconds import Millis
from heed.domain.preferences.brand_access import ALL_BRANDS, NO_BRANDS, BrandAccess
from heed.domain.preferences.evidence import scrub_text
from heed.domain.preferences.register import ScopeNumber

Claims = Mapping[str, object]

BRAND_SEPARATOR = "/"
"""Between the name of the group of agents and that of a brand."""

_KEY_DIGITS = 16
_NAME_DIGITS = 8
_MAX_NAME = 80
_CLOCK_DIFFERENCE = 60
"""How far the issuer's clock may be ahead or behind, seconds."""


@dataclass(frozen=True, slots=True)
class DeskGroups:
    """Which groups of the issuer have which role.

    Attributes:
        claim: the claim with the groups of a person.
        agent: the group of agents; "" if there is none.
        privacy: the group of privacy officers; "" if there is none.
        brands: the numbers of the brands, by name.
    """

    claim: str
    agent: str
    privacy: str
    brands: Mapping[str, ScopeNumber] = field(default_factory=dict)

    def role_of(self, claims: Claims) -> tuple[DeskRole, BrandAccess] | None:
        """Returns the role of a person and the brands to which it is limited, or None.

        A person in the group of agents is an agent of all brands. A person in a group `<agents>/<brand>` is
        one of that brand, and of the brands of other such groups. Privacy officers are not limited.

        Only a list of texts names groups. A text is not searched: one group may be a part of another's name.
        """
        value = claims.get(self.claim)
        if not isinstance(value, list) or not all(isinstance(group, str) for group in value):
            return None
        if self.privacy and self.privacy in value:
            return DeskRole.PRIVACY, ALL_BRANDS
        if not self.agent:
            return None
        if self.agent in value:
            return DeskRole.AGENT, ALL_BRANDS
        brands = frozenset(
            number for name, number in self.brands.items() if f"{self.agent}{BRAND_SEPARATOR}{name}" in value
        )
        return (DeskRole.AGENT, BrandAccess(brands)) if brands else None


@dataclass(frozen=True, slots=True)
class Identity:
    """A person whom the issuer has identified.

    Attributes:
        key: who it is, in evidence (`DeskSession.key`).
        agent: the name, in evidence. It is never an address.
        role: the role, or None: the person is in no group of the desk.
        brands: the brands to which the role is limited.
        proved_at: when the person proved to the issuer who they are, milliseconds; 0 if the issuer does not
            say.
    """

    key: str
    agent: str
    role: DeskRole | None
    brands: BrandAccess
    proved_at: Millis


def identify_person(claims: Claims, groups: DeskGroups, secret: bytes) -> Identity:
    """Returns the person whom the claims of an ID token are about.

    Args:
        claims: The claims of a verified token.
        groups: Which groups have which role.
        secret: The key of the hash of issuer and subject.

    Raises:
        SignInRefused: The token names nobody.
    """
    issuer, subject = claims.get("iss"), claims.get("sub")
    if not isinstance(issuer, str) or not isinstance(subject, str) or not subject:
        raise SignInRefused("subject")
    # The length separates the two, so that no other pair has the same text.
    text = f"{len(issuer)}:{issuer}{subject}".encode("utf-8", "surrogatepass")
    digits = hmac.digest(secret, text, "sha256").hex()[:_KEY_DIGITS]
    proved_at = claims.get("auth_time")
    role, brands = groups.role_of(claims) or (None, NO_BRANDS)
    return Identity(
        key=DESK_KEY_PREFIX + digits,
        agent=_name_of(claims) or digits[:_NAME_DIGITS],
        role=role,
        brands=brands,
        proved_at=Millis(proved_at * 1000 if type(proved_at) is int and proved_at > 0 else 0),
    )


def check_audience(claims: Claims, client_id: str) -> None:
    """Checks that a token was issued for this client alone (OpenID Connect Core §3.1.3.7, 3 to 5).

    Raises:
        SignInRefused: The token was issued for another client, or for several.
    """
    if claims.get("aud") not in (client_id, [client_id]) or claims.get("azp", client_id) != client_id:
        raise SignInRefused("audience")


def check_recent_proof(identity: Identity, now: Millis, max_age: int) -> None:
    """Checks that the person proved to the issuer who they are within `max_age` seconds.

    Raises:
        SignInRefused: It is longer ago, or the issuer does not say when it was.
    """
    if now > identity.proved_at + (max_age + _CLOCK_DIFFERENCE) * 1000:
        raise SignInRefused("auth_time")


def _name_of(claims: Claims) -> str:
    """Returns the name of a person; "" if there is none, or if it may be an address."""
    name = claims.get("name")
    if not isinstance(name, str):
        return ""
    text = " ".join(unicodedata.normalize("NFKC", name).split())[:_MAX_NAME]
    return text if text.isprintable() and scrub_text(text) == text else ""
