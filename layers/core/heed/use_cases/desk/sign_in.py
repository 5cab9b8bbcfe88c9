"""Signs people in to the desk by OpenID Connect: the authorization code flow with PKCE.

What belongs to one sign-in (state, nonce, verifier, the page behind it) is in an encrypted cookie of the
browser that began it. So nobody can end in a browser a sign-in that was begun in another one.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from heed.domain.desk.identity import DeskGroups, Identity, check_recent_proof, identify_person
from heed.domain.desk.next_page import choose_next_page
from heed.domain.desk.session import RECENT_SIGN_IN, DeskSession, hash_session_value
from heed.domain.errors import NoDeskRole, SignInRefused
from heed.domain.milliseconds import Millis
from heed.use_cases.ports.desk import (
    AuthorizationRequest,
    CookieEncryption,
    DeskSessions,
    IdentityProvider,
    IssuedTokens,
    RefreshTokenEncryption,
)

SIGN_IN_LIMIT = Millis(10 * 60_000)
"""A sign-in must end within this time, milliseconds."""
_COOKIE_USE = "login"
_RANDOM_BYTES = 32


@dataclass(frozen=True, slots=True)
class StartedSignIn:
    """A sign-in that has begun: the issuer's page, and the encrypted content of the browser's cookie."""

    url: str
    cookie: str


@dataclass(frozen=True, slots=True)
class CompletedSignIn:
    """A sign-in that succeeded: the session, the value of its cookie, and the page to which it leads."""

    session: DeskSession
    value: str
    page: str


@dataclass(frozen=True, slots=True)
class Callback:
    """The request with which the issuer sends the browser back.

    Attributes:
        code: the code; "" if there is none.
        state: the state.
        cookie: the encrypted content of the cookie of the sign-in.
        old_value: the value of the cookie of an earlier session; "" if there is none.
        at: when it arrived, milliseconds.
    """

    code: str
    state: str
    cookie: str
    old_value: str
    at: Millis


@dataclass(frozen=True)
class IdentifyPerson:
    """Tells who signs in from what the issuer gave.

    Attributes:
        groups: returns which groups have which role.
        secret: returns the key of the hash of issuer and subject.
    """

    groups: Callable[[], DeskGroups]
    secret: Callable[[], bytes]

    def __call__(self, issued: IssuedTokens) -> Identity:
        """Returns the person.

        Raises:
            SignInRefused: The token names nobody.
            KeysUnavailable: The key of the hash could not be derived.
        """
        return identify_person(issued.claims, self.groups(), self.secret())


@dataclass(frozen=True)
class StartSignIn:
    """Begins a sign-in."""

    provider: IdentityProvider
    encryption: CookieEncryption

    def __call__(self, page: str, return_to: str, at: Millis, *, fresh: bool) -> StartedSignIn:
        """Returns the issuer's page and the cookie.

        Args:
            page: The page to which the sign-in leads. One that is not of the desk is replaced.
            return_to: The URL to which the issuer sends the browser back.
            at: The current time, milliseconds.
            fresh: Whether the person must prove who they are, although the issuer may remember it.

        Raises:
            IssuerUnavailable: The issuer did not answer.
            KeysUnavailable: The key of the cookie could not be derived.
        """
        state, nonce, verifier = (secrets.token_urlsafe(_RANDOM_BYTES) for _ in range(3))
        content: dict[str, Any] = {
            "state": state,
            "nonce": nonce,
            "verifier": verifier,
            "return_to": return_to,
            "page": choose_next_page(page),
            "fresh": fresh,
        }
        url = self.provider.authorization_url(_to_request(content))
        return StartedSignIn(url, self.encryption.encrypt(_COOKIE_USE, content, Millis(at + SIGN_IN_LIMIT)))


@dataclass(frozen=True)
class CompleteSignIn:
    """Ends a sign-in: redeems the code, and starts a session.

    `end_session` ends the session with a hash, also where it is remembered.
    """

    provider: IdentityProvider
    encryption: CookieEncryption
    refresh_tokens: RefreshTokenEncryption
    sessions: DeskSessions
    end_session: Callable[[str], None]
    identify: IdentifyPerson

    def __call__(self, callback: Callback) -> CompletedSignIn:
        """Returns the new session. It has a new random value, and an earlier session of the browser ends.

        Raises:
            SignInRefused: The sign-in was not begun in this browser, or the issuer's answer is not valid.
            NoDeskRole: The person is in no group of the desk.
            IssuerUnavailable: The issuer did not answer.
            KeysUnavailable: A key could not be derived.
            StoreUnavailable: The store of sessions did not answer.
        """
        content = self.encryption.decrypt(_COOKIE_USE, callback.cookie, callback.at)
        if content is None:
            raise SignInRefused("cookie")
        if not hmac.compare_digest(content["state"].encode(), callback.state.encode("utf-8", "replace")):
            raise SignInRefused("state")
        if not callback.code:
            raise SignInRefused("issuer")
        request = _to_request(content)
        issued = self.provider.redeem_code(callback.code, request, callback.at)
        identity = self.identify(issued)
        if request.max_age is not None:
            check_recent_proof(identity, callback.at, request.max_age)
        if callback.old_value:
            self.end_session(hash_session_value(callback.old_value))
        if identity.role is None:
            raise NoDeskRole(identity.key)
        value = secrets.token_urlsafe(_RANDOM_BYTES)
        token = issued.refresh_token
        session = DeskSession(
            hash=hash_session_value(value),
            key=identity.key,
            agent=identity.agent,
            role=identity.role,
            brands=identity.brands,
            started_at=callback.at,
            used_at=callback.at,
            signed_in_at=Millis(min(identity.proved_at, callback.at)),
            refresh_token=self.refresh_tokens.encrypt_token(token, value) if token else "",
        )
        self.sessions.create(session)
        return CompletedSignIn(session, value, content["page"])


@dataclass(frozen=True)
class RenewRole:
    """Asks the issuer again for the role of a person whose session is older than an hour.

    `provider` returns the issuer. Most requests need none, and its library is slow to import.
    """

    provider: Callable[[], IdentityProvider]
    refresh_tokens: RefreshTokenEncryption
    sessions: DeskSessions
    identify: IdentifyPerson

    def __call__(self, session: DeskSession, value: str, at: Millis) -> DeskSession | None:
        """Returns the session with the role and brands that the issuer confirmed within the last hour.

        It returns None if the person must sign in again. The issuer then asks nothing of people whom it
        remembers.

        Args:
            session: A valid session.
            value: The value of its cookie.
            at: The current time, milliseconds.

        Raises:
            IssuerUnavailable: The issuer did not answer.
            KeysUnavailable: A key could not be derived.
            StoreUnavailable: The store of sessions did not answer.
        """
        if session.is_role_current(at):
            return session
        token = self.refresh_tokens.decrypt_token(session.refresh_token, value)
        if token is None:
            return None
        try:
            issued = self.provider().refresh(token, at)
            identity = self.identify(issued)
        except SignInRefused:
            return None
        if identity.key != session.key or identity.role is None:
            self.sessions.end(session.hash)
            return None
        encrypted = self.refresh_tokens.encrypt_token(issued.refresh_token, value)
        renewed = replace(
            session,
            role=identity.role,
            brands=identity.brands,
            role_read_at=at,
            refresh_token=encrypted,
        )
        return renewed if self.sessions.renew(renewed) else None


def _to_request(content: Mapping[str, Any]) -> AuthorizationRequest:
    return AuthorizationRequest(
        return_to=content["return_to"],
        state=content["state"],
        nonce=content["nonce"],
        verifier=content["verifier"],
        max_age=RECENT_SIGN_IN // 1000 if content["fresh"] else None,
    )
