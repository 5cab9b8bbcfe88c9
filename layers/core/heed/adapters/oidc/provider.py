"""The issuer, found by discovery: its pages, its tokens and its keys."""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

from heed.adapters.http_urls import is_permitted_url
from heed.adapters.oidc.http import get_json, post_form
from heed.domain.desk.identity import check_audience
from heed.domain.errors import IssuerUnavailable, SignInRefused
from heed.domain.milliseconds import Millis
from heed.domain.urls import is_loopback
from heed.override import override
from heed.use_cases.ports.desk import AuthorizationRequest, IdentityProvider, IssuedTokens

if TYPE_CHECKING:
    from heed.adapters.oidc.id_token import IssuerKeys

_DISCOVERY = "/.well-known/openid-configuration"
_DISCOVERY_SECONDS = 3600
_SCOPE = "openid profile"
_MAX_REFRESH_TOKEN = 8 * 1024


@dataclass(frozen=True, slots=True)
class OidcClient:
    """The desk as a client of the issuer.

    Attributes:
        issuer: the URL of the issuer, exactly as its tokens name it.
        client_id: the id of the client.
        secret: returns the secret of the client; "" if it is a public client.
    """

    issuer: str
    client_id: str
    secret: Callable[[], str]


class OidcProvider(IdentityProvider):
    """Implements the port IdentityProvider for any issuer of OpenID Connect.

    Args:
        client: The desk as a client of the issuer.
        clock: Returns seconds. Only differences matter.
    """

    def __init__(self, client: OidcClient, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._clock = clock
        self._document: Mapping[str, Any] = {}
        self._read_at = 0.0

    @override
    def authorization_url(self, request: AuthorizationRequest) -> str:
        digest = hashlib.sha256(request.verifier.encode()).digest()
        query = {
            "response_type": "code",
            "client_id": self._client.client_id,
            "redirect_uri": request.return_to,
            "scope": _SCOPE,
            "state": request.state,
            "nonce": request.nonce,
            "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
            "code_challenge_method": "S256",
        }
        if request.max_age is not None:
            # Some issuers know only one of the two.
            query |= {"max_age": str(request.max_age), "prompt": "login"}
        return _with_query(self._endpoint("authorization_endpoint"), query)

    @override
    def redeem_code(self, code: str, request: AuthorizationRequest, now: Millis) -> IssuedTokens:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": request.return_to,
            "code_verifier": request.verifier,
        }
        return self._request_tokens(form, request.nonce, now)

    @override
    def refresh(self, refresh_token: str, now: Millis) -> IssuedTokens:
        issued = self._request_tokens(
            {"grant_type": "refresh_token", "refresh_token": refresh_token}, None, now
        )
        # Without a new refresh token the old one stays valid (RFC 6749 §6).
        return IssuedTokens(issued.claims, issued.refresh_token or refresh_token)

    @override
    def end_session_url(self, return_to: str) -> str:
        if not self._discover().get("end_session_endpoint"):
            return ""
        # Cognito knows `logout_uri`, the standard `post_logout_redirect_uri`.
        query = {
            "client_id": self._client.client_id,
            "logout_uri": return_to,
            "post_logout_redirect_uri": return_to,
        }
        return _with_query(self._endpoint("end_session_endpoint"), query)

    @cached_property
    def _keys(self) -> IssuerKeys:
        from heed.adapters.oidc.id_token import IssuerKeys  # joserfc is slow to import

        return IssuerKeys(lambda: get_json(self._endpoint("jwks_uri")), self._clock)

    def _request_tokens(self, form: Mapping[str, str], nonce: str | None, now: Millis) -> IssuedTokens:
        from heed.adapters.oidc.id_token import verify_id_token

        credentials, headers = self._authenticate()
        answer = post_form(self._endpoint("token_endpoint"), {**form, **credentials}, headers)
        if answer.status >= 500:
            raise IssuerUnavailable(f"status {answer.status}")
        if answer.status != 200:
            raise SignInRefused("code" if nonce is not None else "refresh")
        claims = verify_id_token(answer.content.get("id_token"), self._keys, self._client.issuer, nonce, now)
        check_audience(claims, self._client.client_id)
        token = answer.content.get("refresh_token")
        is_usable = isinstance(token, str) and len(token) <= _MAX_REFRESH_TOKEN
        return IssuedTokens(claims, str(token) if is_usable else "")

    def _authenticate(self) -> tuple[dict[str, str], dict[str, str]]:
        """Returns the fields and the headers by which the desk proves to the issuer who it is."""
        client_id, secret = self._client.client_id, self._client.secret()
        methods = self._discover().get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        if not secret:
            return {"client_id": client_id}, {}
        if isinstance(methods, list) and "client_secret_basic" not in methods:
            return {"client_id": client_id, "client_secret": secret}, {}
        pair = f"{quote(client_id, safe='')}:{quote(secret, safe='')}"  # RFC 6749 §2.3.1
        return {}, {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}

    def _endpoint(self, name: str) -> str:
        url = self._discover().get(name)
        if not is_permitted_url(url, loopback=is_loopback(self._client.issuer)):
            raise IssuerUnavailable(f"no usable {name}")
        return str(url)

    def _discover(self) -> Mapping[str, Any]:
        """Returns the document about the issuer. It is kept for an hour."""
        if not self._document or self._clock() - self._read_at >= _DISCOVERY_SECONDS:
            issuer = self._client.issuer
            if not is_permitted_url(issuer, loopback=is_loopback(issuer)):
                raise IssuerUnavailable("the issuer has no https")
            document = get_json(issuer.rstrip("/") + _DISCOVERY)
            # Otherwise it could name the endpoints of another issuer (OpenID Connect Discovery §4.3).
            if document.get("issuer") != issuer:
                raise IssuerUnavailable("the document is about another issuer")
            self._document, self._read_at = document, self._clock()
        return self._document


def _with_query(url: str, query: Mapping[str, str]) -> str:
    return f"{url}{'&' if urlsplit(url).query else '?'}{urlencode(query)}"
