"""The ports of the desk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from heed.domain.desk.identity import Claims
from heed.domain.desk.session import DeskSession
from heed.domain.milliseconds import Millis


class DeskSessions(Protocol):
    """The sessions of people who are signed in to the desk."""

    def find(self, session_hash: str) -> DeskSession | None:
        """Returns the session with this hash, also if it is no longer valid; None if it cannot be read.

        Raises:
            StoreUnavailable: The store did not answer.
        """
        ...

    def create(self, session: DeskSession) -> None:
        """Stores a new session.

        Raises:
            StoreUnavailable: The store did not answer.
        """
        ...

    def touch(self, session: DeskSession, now: Millis) -> None:
        """Stores the time of a request, unless the session has ended meanwhile.

        Raises:
            StoreUnavailable: The store did not answer.
        """
        ...

    def end(self, session_hash: str) -> None:
        """Ends a session. It does nothing if there is none.

        Raises:
            StoreUnavailable: The store did not answer.
        """
        ...

    def renew(self, session: DeskSession) -> bool:
        """Stores the role and the brands that the issuer confirmed, with their time and the refresh token.

        Returns:
            Whether the session still exists. One that has ended does not come back.

        Raises:
            StoreUnavailable: The store did not answer.
        """
        ...

    def end_all_of(self, who: str) -> int:
        """Ends all sessions of a person. `who` is the key or the name of the person.

        Returns:
            The number of sessions that ended.

        Raises:
            StoreUnavailable: The store did not answer.
        """
        ...


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """What the desk asks the issuer for when somebody signs in.

    Attributes:
        return_to: the URL to which the issuer sends the browser back.
        state: a random value that comes back with the code.
        nonce: a random value that the ID token contains.
        verifier: the secret of PKCE (RFC 7636). The issuer first gets only its hash.
        max_age: for how long the proof of who the person is may be past, seconds; None if that does not
            matter.
    """

    return_to: str
    state: str
    nonce: str
    verifier: str
    max_age: int | None = None


@dataclass(frozen=True, slots=True)
class IssuedTokens:
    """What the issuer gives for a code or for a refresh token.

    Attributes:
        claims: the claims of the ID token, whose signature, issuer, audience, expiry and nonce are checked.
        refresh_token: the refresh token; "" if there is none.
    """

    claims: Claims
    refresh_token: str


class IdentityProvider(Protocol):
    """The issuer of OpenID Connect at which people sign in to the desk."""

    def authorization_url(self, request: AuthorizationRequest) -> str:
        """Returns the URL of the issuer's page at which the person signs in.

        Raises:
            IssuerUnavailable: The issuer did not answer.
        """
        ...

    def redeem_code(self, code: str, request: AuthorizationRequest, now: Millis) -> IssuedTokens:
        """Exchanges a code for tokens. A code works once.

        Raises:
            SignInRefused: The issuer refused the code, or the ID token is not valid.
            IssuerUnavailable: The issuer did not answer.
        """
        ...

    def refresh(self, refresh_token: str, now: Millis) -> IssuedTokens:
        """Exchanges a refresh token for tokens.

        Raises:
            SignInRefused: The issuer refused the token, or the ID token is missing or not valid.
            IssuerUnavailable: The issuer did not answer.
        """
        ...

    def end_session_url(self, return_to: str) -> str:
        """Returns the URL of the issuer's page that ends the session there; "" if it has none.

        Args:
            return_to: The URL to which the issuer sends the browser back.

        Raises:
            IssuerUnavailable: The issuer did not answer.
        """
        ...


class CookieEncryption(Protocol):
    """The encryption of what the desk keeps in a browser. Only the desk can read it or make it."""

    def encrypt(self, use: str, content: Mapping[str, object], ends_at: Millis) -> str:
        """Returns the encrypted content, a text that a cookie may have.

        Args:
            use: what the cookie is for. The content of one use cannot be read as that of another.
            content: the content, as JSON has it.
            ends_at: from when on the content is not read, milliseconds.

        Raises:
            KeysUnavailable: The key could not be derived.
        """
        ...

    def decrypt(self, use: str, text: str, now: Millis) -> Mapping[str, Any] | None:
        """Returns the content, or None: it is not one of this use and this deployment, or it has ended.

        Raises:
            KeysUnavailable: The key could not be derived.
        """
        ...


class RefreshTokenEncryption(Protocol):
    """The encryption of the issuer's refresh token with the value of the session's cookie.

    The table has the token only in this form. Without the browser, nobody can read it.
    """

    def encrypt_token(self, token: str, value: str) -> str:
        """Returns the encrypted token; `value` is the value of the cookie."""
        ...

    def decrypt_token(self, text: str, value: str) -> str | None:
        """Returns the token, or None: it was not encrypted with this value."""
        ...
