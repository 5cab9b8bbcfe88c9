"""What the desk keeps in a browser about the person of a page: the address, and the entered disclosures.

The address of a page view is in an encrypted cookie with the path of that page. It names the person and the
session that it belongs to, and ends after ten minutes. No other place has the address.

A second encrypted cookie has a short hash for each person and purpose that the session has entered in the
register of disclosures, so that the register has one entry for each.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from heed.domain.desk.session import SESSION_LIMIT
from heed.domain.milliseconds import Millis
from heed.domain.privacy.disclosure import DisclosurePurpose

if TYPE_CHECKING:
    from aws_lambda_powertools.shared.cookies import Cookie

    from heed.entrypoints.http.desk.sealed_cookies import SealedCookies

PERSON_COOKIE_LIFETIME = Millis(10 * 60_000)
"""The address of a page view is kept for this time, milliseconds."""

_PERSON, _DISCLOSED = "person", "disclosed"
_MAX_DISCLOSED = 100  # hashes
_HASH_LENGTH = 8  # characters of base64, so 48 bits


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

    def make(self, cookies: SealedCookies) -> Cookie:
        """Returns the cookie of a page view."""
        content = {"address": self.address, "purpose": self.purpose.value}
        return cookies.make(_PERSON, content, Millis(cookies.now + PERSON_COOKIE_LIFETIME), self.recipient)

    @classmethod
    def read(cls, cookies: SealedCookies, recipient: str) -> PersonCookie:
        """Returns the person of a page view, without an address if the cookie is not one of this page."""
        content = cookies.read(_PERSON, recipient)
        if content is None:
            return cls(recipient)
        return cls(recipient, content["address"], DisclosurePurpose(content["purpose"]))

    def is_disclosed(self, cookies: SealedCookies) -> bool:
        """Returns whether this session has entered the disclosure of the person for the purpose."""
        return self._hash in _read_disclosed(cookies)

    def add_disclosed(self, cookies: SealedCookies) -> Cookie:
        """Returns the cookie of the disclosures that the session has entered, with this one.

        It forgets the oldest after 100. The register then has a second entry for such a person.
        """
        hashes = [*_read_disclosed(cookies), self._hash][-_MAX_DISCLOSED:]
        ends_at = Millis(cookies.session.started_at + SESSION_LIMIT)
        return cookies.make(_DISCLOSED, {"hashes": "".join(hashes)}, ends_at)

    @property
    def _hash(self) -> str:
        text = f"{self.recipient} {self.purpose}"
        return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode()[:_HASH_LENGTH]


def _read_disclosed(cookies: SealedCookies) -> list[str]:
    content = cookies.read(_DISCLOSED)
    text = content["hashes"] if content else ""
    return [text[start : start + _HASH_LENGTH] for start in range(0, len(text), _HASH_LENGTH)]
