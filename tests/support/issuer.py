"""An issuer of OpenID Connect on this machine, which answers as a test wants: right, wrong or hostile."""

from __future__ import annotations

import base64
import functools
import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from heed.entrypoints.http.desk.cookies import session_cookie_name
from tests.support.deployment import NOW, restart
from tests.support.desk import Browser

CLIENT = "heed-desk"
AGENTS, OFFICERS = "desk-agents", "desk-officers"
SESSION_COOKIE = session_cookie_name(is_loopback=False)


@functools.cache
def signing_key(kind: str = "RSA", name: str = "one") -> RSAKey | ECKey:
    """Returns a key of the issuer. Making one takes long, so all tests share it."""
    if kind == "EC":
        return ECKey.generate_key("P-256", {"kid": name, "use": "sig"})
    return RSAKey.generate_key(2048, {"kid": name, "use": "sig"})


@dataclass
class _Authorization:
    """What a browser requested."""

    query: dict[str, str]
    claims: dict[str, Any]


@dataclass
class Issuer:
    """An issuer, its person, and how it deviates from what is right.

    Attributes:
        url: Its URL.
        subject: Who signs in.
        groups: The value of the claim `groups`; None: there is no such claim.
        name: The value of the claim `name`.
        claims: Claims that replace those of the token. None removes one.
        header: The header of the token.
        key: The key that signs; bytes are a shared secret.
        published: The keys that the issuer publishes.
        document: Members that replace those of the discovery document. None removes one.
        answers: Answers that replace those of a path: status, headers and body.
        requests: Each request that arrived: the path, the form and the headers.
        gives_refresh_tokens: Whether there is a refresh token.
        is_refusing: Whether the issuer refuses each code and each refresh token.
    """

    url: str
    subject: str = "person-1"
    groups: object = field(default_factory=lambda: [AGENTS])
    name: object = "Ada Agent"
    claims: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=lambda: {"alg": "RS256", "kid": "one"})
    key: Any = field(default_factory=signing_key)
    published: list[Any] = field(default_factory=lambda: [signing_key()])
    document: dict[str, Any] = field(default_factory=dict)
    answers: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    requests: list[tuple[str, dict[str, str], dict[str, str]]] = field(default_factory=list)
    gives_refresh_tokens: bool = False
    is_refusing: bool = False
    now: int = NOW
    _codes: dict[str, _Authorization] = field(default_factory=dict)
    _tokens: dict[str, str] = field(default_factory=dict)

    def authorize(self, url: str) -> dict[str, str]:
        """Signs the person in at the issuer's page, and returns the query of the callback."""
        assert url.startswith(f"{self.url}/authorize?")
        query = dict(parse_qsl(urlsplit(url).query))
        assert (query["response_type"], query["client_id"]) == ("code", CLIENT)
        assert query["code_challenge_method"] == "S256" and "openid" in query["scope"].split()
        code = f"code-{len(self._codes)}"
        self._codes[code] = _Authorization(query, {"nonce": query["nonce"]})
        return {"code": code, "state": query["state"]}

    def paths(self) -> list[str]:
        """Returns the path of each request that arrived."""
        return [path for path, _, _ in self.requests]

    def id_token(self, **claims: object) -> str:
        """Returns a token as the issuer makes it now."""
        seconds = self.now // 1000
        content: dict[str, Any] = {
            "iss": self.url,
            "sub": self.subject,
            "aud": CLIENT,
            "iat": seconds,
            "exp": seconds + 300,
            "auth_time": seconds,
            "name": self.name,
            "groups": self.groups,
            **claims,
            **self.claims,
        }
        present = {name: value for name, value in content.items() if value is not None}
        if self.header["alg"] == "none":
            return f"{encode_part(self.header)}.{encode_part(present)}."
        if isinstance(self.key, bytes):
            text = f"{encode_part(self.header)}.{encode_part(present)}"
            return f"{text}.{encode_part(hmac.digest(self.key, text.encode(), 'sha256'))}"
        algorithms = [self.header["alg"]]
        return jwt.encode(self.header, present, self.key, algorithms=algorithms)

    def answer(self, path: str, form: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        """Returns the answer to a request: status, headers and body."""
        if path in self.answers:
            return self.answers[path]
        if path == "/.well-known/openid-configuration":
            document = {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/keys",
                "end_session_endpoint": f"{self.url}/logout",
                **self.document,
            }
            return _json(200, {name: value for name, value in document.items() if value is not None})
        if path == "/keys":
            return _json(200, {"keys": [key.as_dict(private=False) for key in self.published]})
        return self._exchange(form) if path == "/token" else _json(404, {})

    def _exchange(self, form: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        if form["grant_type"] == "refresh_token":
            known = self._tokens.pop(form["refresh_token"], None)
            if known is None or self.is_refusing:
                return _json(400, {"error": "invalid_grant"})
            return self._issue({})
        begun = self._codes.pop(form["code"], None)
        if begun is None or self.is_refusing or begun.query["redirect_uri"] != form["redirect_uri"]:
            return _json(400, {"error": "invalid_grant"})
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        if base64.urlsafe_b64encode(digest).decode().rstrip("=") != begun.query["code_challenge"]:
            return _json(400, {"error": "invalid_grant"})
        return self._issue(begun.claims)

    def _issue(self, claims: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        content = {"access_token": "a", "token_type": "Bearer", "id_token": self.id_token(**claims)}
        if self.gives_refresh_tokens:
            token = f"refresh-{len(self.requests)}"
            self._tokens[token] = self.subject
            content["refresh_token"] = token
        return _json(200, content)


@contextmanager
def running_issuer() -> Iterator[Issuer]:
    """Provides an issuer while the block runs."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    issuer = Issuer(f"http://127.0.0.1:{server.server_port}")
    server.RequestHandlerClass = _make_handler(issuer)
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01), daemon=True)
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _make_handler(issuer: Issuer) -> Callable[..., BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._respond({})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._respond({name: values[0] for name, values in parse_qs(body).items()})

        def _respond(self, form: dict[str, str]) -> None:
            path = urlsplit(self.path).path
            issuer.requests.append(
                (path, form, {name.lower(): value for name, value in self.headers.items()})
            )
            status, headers, body = issuer.answer(path, form)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Prints nothing."""

    return Handler


def _json(status: int, content: object) -> tuple[int, dict[str, str], bytes]:
    return status, {"Content-Type": "application/json"}, json.dumps(content).encode()


def encode_part(content: object) -> str:
    """Returns a part of a token, of bytes or of JSON."""
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def use_issuer(issuer: Issuer) -> None:
    """Gives the deployment a desk with this issuer."""
    restart(
        DESK_ISSUER=issuer.url,
        DESK_CLIENT_ID=CLIENT,
        DESK_GROUPS_CLAIM="groups",
        DESK_AGENT_GROUP=AGENTS,
        DESK_PRIVACY_GROUP=OFFICERS,
    )


def sign_in_by(
    browser: Browser, issuer: Issuer, url: str = "/desk/sign-in", *, at: int = NOW, **changed: str
) -> dict[str, Any]:
    """Signs in as a browser does, and returns the last answer. `changed` replaces parts of the callback."""
    issuer.now = at
    begun = browser.get(url, at=at)
    assert begun["statusCode"] == 303, begun
    query = {**issuer.authorize(begun["headers"]["Location"]), **changed}
    return call_back(browser, query, at=at)


def call_back(browser: Browser, query: Mapping[str, str], *, at: int = NOW) -> dict[str, Any]:
    """Sends a browser back from the issuer, and returns the answer."""
    answer = browser.get(f"/desk/signed-in?{urlencode(query)}", at=at)
    browser.value = browser.cookies.pop(SESSION_COOKIE, browser.value)
    return answer
