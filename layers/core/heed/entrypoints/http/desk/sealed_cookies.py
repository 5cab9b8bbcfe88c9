"""Encrypted cookies of the desk. Each belongs to one session, and to one person's page or to all pages.

API Gateway accepts at most 10,240 bytes of headers, so all of them together must stay far below that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.shared.cookies import Cookie, SameSite

from heed.domain.desk.session import DeskSession
from heed.domain.milliseconds import Millis
from heed.entrypoints.http.desk.cookies import read_cookie

if TYPE_CHECKING:
    from heed.use_cases.ports.desk import CookieEncryption

_KEPT_OVER_SIGN_IN = {"person", "own"}
"""The uses whose cookie the same user keeps in the next session, for example after a fresh sign-in."""


def person_path(recipient: str) -> str:
    """Returns the path of a person's page."""
    return f"/desk/people/{recipient}"


@dataclass(frozen=True, slots=True)
class SealedCookies:
    """Makes and reads the cookies of a request.

    Attributes:
        encryption: encrypts what a cookie contains.
        is_secure: whether the site has TLS. The local stack has none.
        event: the event of Lambda, payload format 2.0.
        session: the session. A cookie of another one is not read, or of another user.
        now: when the request arrived, milliseconds.
    """

    encryption: CookieEncryption
    is_secure: bool
    event: Mapping[str, Any]
    session: DeskSession
    now: Millis

    def make(self, use: str, content: Mapping[str, object], ends_at: Millis, recipient: str = "") -> Cookie:
        """Returns a cookie.

        Args:
            use: what it is for. Each use has a key and a name of its own.
            content: the content, as JSON has it.
            ends_at: from when on it is not read, milliseconds.
            recipient: the recipient id of the person on whose pages it is sent; "": on all pages.
        """
        sealed = {"content": content, "recipient": recipient, "owner": self._owner(use)}
        return Cookie(
            name=self._name(use, recipient),
            value=self.encryption.encrypt(use, sealed, ends_at),
            path=person_path(recipient) if recipient else "/",
            secure=self.is_secure,
            http_only=True,
            same_site=SameSite.STRICT_MODE,
            max_age=max(0, ends_at - self.now) // 1000,
        )

    def read(self, use: str, recipient: str = "") -> Mapping[str, Any] | None:
        """Returns the content of a cookie of this session and this person, or None."""
        value = read_cookie(self.event, self._name(use, recipient))
        sealed = self.encryption.decrypt(use, value, self.now) if value else None
        if sealed is None or (sealed["owner"], sealed["recipient"]) != (self._owner(use), recipient):
            return None
        content: Mapping[str, Any] = sealed["content"]
        return content

    def _owner(self, use: str) -> str:
        return self.session.key if use in _KEPT_OVER_SIGN_IN else self.session.hash

    def _name(self, use: str, recipient: str) -> str:
        """Returns the name. Browsers accept `__Host-` only for all paths (RFC 6265bis §4.1.3)."""
        prefix = ("__Secure-" if recipient else "__Host-") if self.is_secure else ""
        return f"{prefix}desk-{use}"
