"""What the desk keeps in a browser about the person of a page: the address, and the entered disclosures.

The address of a page view is in an encrypted cookie with the path of that page. It names the person and the
session that it belongs to, and ends after ten minutes. The address stands nowhere else.

A second encrypted cookie has a short hash for each person and purpose that the session has entered in the
register of disclosures, so that the register has one entry for each.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.shared.cookies import Cookie, SameSite

from heed.domain.desk.session import SESSION_LIMIT, DeskSession
from heed.domain.milliseconds import Millis
from heed.domain.privacy.disclosure import DisclosurePurpose
from heed.entrypoints.http.desk.cookies import read_cookie

if TYPE_CHECKING:
    from heed.use_cases.ports.desk import CookieEncryption

PERSON_COOKIE_LIFETIME = Millis(10 * 60_000)
"""The address of a page view is kept for this time, milliseconds."""

_PERSON, _DISCLOSED = "person", "disclosed"  # the uses of the encryption, each with a key of its own
_MAX_DISCLOSED = 200  # hashes; browsers keep no cookie with more than 4,096 characters
_HASH_LENGTH = 10  # characters


@dataclass(frozen=True, slots=True)
class PersonCookie:
    """The person of a page view.

    Attributes:
        recipient: the recipient id.
        address: the normalised address, or "" if the person was not looked up by address.
        purpose: the purpose of the disclosure.
    """

    recipient: str
    address: str = ""
    purpose: DisclosurePurpose = DisclosurePurpose.DATA_SUBJECT


def person_path(recipient: str) -> str:
    """Returns the path of a person's page."""
    return f"/desk/people/{recipient}"


@dataclass(frozen=True, slots=True)
class PersonCookies:
    """Makes and reads the two cookies.

    Attributes:
        encryption: encrypts what a cookie contains.
        is_secure: whether the site has TLS. The local stack has none.
    """

    encryption: CookieEncryption
    is_secure: bool

    def make(self, person: PersonCookie, session: DeskSession, now: Millis) -> Cookie:
        """Returns the cookie of a page view. `now` is in milliseconds."""
        content = {
            "recipient": person.recipient,
            "address": person.address,
            "purpose": person.purpose.value,
            "session": session.hash,
        }
        return Cookie(
            name=self._person_name,
            value=self.encryption.encrypt(_PERSON, content, Millis(now + PERSON_COOKIE_LIFETIME)),
            path=person_path(person.recipient),
            secure=self.is_secure,
            http_only=True,
            same_site=SameSite.STRICT_MODE,
            max_age=PERSON_COOKIE_LIFETIME // 1000,
        )

    def read(
        self, event: Mapping[str, Any], recipient: str, session: DeskSession, now: Millis
    ) -> PersonCookie:
        """Returns the person of a page view, without an address if the cookie is not one of this page."""
        content = self._decrypt(event, self._person_name, _PERSON, session, now)
        if content is None or content["recipient"] != recipient:
            return PersonCookie(recipient)
        return PersonCookie(recipient, content["address"], DisclosurePurpose(content["purpose"]))

    def is_disclosed(
        self, event: Mapping[str, Any], person: PersonCookie, session: DeskSession, now: Millis
    ) -> bool:
        """Returns whether this session has entered the disclosure of a person for a purpose."""
        return _hash(person) in self._read_disclosed(event, session, now)

    def add_disclosed(
        self, event: Mapping[str, Any], person: PersonCookie, session: DeskSession, now: Millis
    ) -> Cookie:
        """Returns the cookie of the disclosures that the session has entered, with one more.

        It forgets the oldest after 200. The register then has a second entry for such a person.
        """
        hashes = [*self._read_disclosed(event, session, now), _hash(person)][-_MAX_DISCLOSED:]
        content = {"hashes": "".join(hashes), "session": session.hash}
        return Cookie(
            name=self._disclosed_name,
            value=self.encryption.encrypt(_DISCLOSED, content, Millis(session.started_at + SESSION_LIMIT)),
            path="/",
            secure=self.is_secure,
            http_only=True,
            same_site=SameSite.LAX_MODE,
        )

    @property
    def _person_name(self) -> str:
        return "__Secure-desk-person" if self.is_secure else "desk-person"

    @property
    def _disclosed_name(self) -> str:
        return "__Host-desk-disclosed" if self.is_secure else "desk-disclosed"

    def _read_disclosed(self, event: Mapping[str, Any], session: DeskSession, now: Millis) -> list[str]:
        content = self._decrypt(event, self._disclosed_name, _DISCLOSED, session, now)
        text = content["hashes"] if content else ""
        return [text[start : start + _HASH_LENGTH] for start in range(0, len(text), _HASH_LENGTH)]

    def _decrypt(
        self, event: Mapping[str, Any], name: str, use: str, session: DeskSession, now: Millis
    ) -> Mapping[str, Any] | None:
        """Returns the content of a cookie of this session, or None."""
        value = read_cookie(event, name)
        content = self.encryption.decrypt(use, value, now) if value else None
        return content if content is not None and content["session"] == session.hash else None


def _hash(person: PersonCookie) -> str:
    text = f"{person.recipient} {person.purpose}"
    return hashlib.sha256(text.encode()).hexdigest()[:_HASH_LENGTH]
