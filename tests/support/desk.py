"""Visits to the desk, as the browser of somebody who is signed in makes them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl

from functions.desk import app
from heed.domain.desk.session import DeskRole, DeskSession, form_token, hash_session_value
from heed.domain.milliseconds import Millis
from heed.domain.preferences.brand_access import ALL_BRANDS, BrandAccess
from heed.entrypoints.http.desk.cookies import session_cookie_name
from tests.support.aws_calls import outside_handlers
from tests.support.deployment import NOW, World, http_event, parts, restart
from tests.support.html_check import check_page

ISSUER = "https://login.example.com"
ORIGIN = "https://prefs.example.com"
AGENT, OFFICER = "Ada Agent", "Olga Officer"

Form = Mapping[str, str] | Sequence[tuple[str, str]]


@dataclass
class Browser:
    """The browser of a person at the desk, with its cookies.

    Attributes:
        world: The deployment.
        value: The value of the cookie of the session.
        cookies: The other cookies, by name.
        language: The value of the header `Accept-Language`.
    """

    world: World
    value: str = ""
    cookies: dict[str, str] = field(default_factory=dict)
    language: str = "en"

    @property
    def token(self) -> str:
        """The token that each form of the session contains."""
        return form_token(self.value)

    def get(self, url: str, *, at: int = NOW) -> dict[str, Any]:
        """Opens a page and returns the answer."""
        path, _, query = url.partition("?")
        return self._send(http_event("GET", path, query=dict(parse_qsl(query)), at=at))

    def post(
        self, path: str, form: Form = (), *, at: int = NOW, origin: str = ORIGIN, token: str | None = None
    ) -> dict[str, Any]:
        """Sends a form with the token of the session, and returns the answer."""
        fields = [*(form.items() if isinstance(form, Mapping) else form)]
        fields.append(("token", self.token if token is None else token))
        headers = {"origin": origin} if origin else {}
        return self._send(http_event("POST", path, form=fields, headers=headers, at=at))

    def page(self, url: str, *, at: int = NOW) -> str:
        """Returns the HTML of a page."""
        answer = self.get(url, at=at)
        assert answer["statusCode"] == 200, answer
        return str(answer["body"])

    def follow(self, answer: Mapping[str, Any], *, at: int = NOW) -> str:
        """Returns the HTML of the page to which the answer of a form leads."""
        assert answer["statusCode"] == 303, answer
        return self.page(answer["headers"]["Location"], at=at)

    def _send(self, event: dict[str, Any]) -> dict[str, Any]:
        event["headers"]["accept-language"] = self.language
        sent = {
            **self.cookies,
            **({session_cookie_name(is_loopback=False): self.value} if self.value else {}),
        }
        event["cookies"] = [f"{name}={value}" for name, value in sent.items()]
        answer: dict[str, Any] = app.handler(event, self.world.context)
        for cookie in answer.get("cookies", ()):
            name, value = re.match("([^=]*)=([^;]*)", cookie).groups()  # type: ignore[union-attr]
            self.cookies[name] = value
        if answer.get("body") and answer["headers"].get("Content-Type", "").startswith("text/html"):
            check_page(answer["body"])
        return answer


def open_desk() -> None:
    """Gives the deployment a desk."""
    if not parts().has_desk:
        restart(
            DESK_ISSUER=ISSUER,
            DESK_CLIENT_ID="heed-desk",
            DESK_GROUPS_CLAIM="groups",
            DESK_AGENT_GROUP="desk-agents",
            DESK_PRIVACY_GROUP="desk-officers",
        )


def sign_in(
    world: World,
    role: DeskRole = DeskRole.AGENT,
    *,
    name: str = "",
    key: str = "",
    at: int = NOW,
    signed_in_at: int | None = None,
    brands: BrandAccess = ALL_BRANDS,
) -> Browser:
    """Signs a person in by a session, without an issuer, and returns the person's browser.

    Args:
        world: The deployment.
        role: The role of the person.
        name: The name of the person, if it matters.
        key: The key of the person, if it matters: two keys are two owners.
        at: The start of the session and its last request, milliseconds.
        signed_in_at: When the person proved to the issuer who they are, if it was not then.
        brands: The brands to which the person is limited.
    """
    open_desk()
    agent = name or (OFFICER if role is DeskRole.PRIVACY else AGENT)
    value = f"a made-up session of {agent} {key} {at}".replace(" ", "-")
    start = Millis(at)
    session = DeskSession(
        hash=hash_session_value(value),
        key=key or ("oidc:00000000000000b2" if role is DeskRole.PRIVACY else "oidc:00000000000000a1"),
        agent=agent,
        role=role,
        started_at=start,
        used_at=start,
        signed_in_at=Millis(at if signed_in_at is None else signed_in_at),
        brands=brands,
    )
    with outside_handlers():
        parts().desk_sessions.create(session)
    return Browser(world, value)


def confirm_role(browser: Browser, at: int) -> None:
    """Confirms the role of a person as the issuer does each hour."""
    with outside_handlers():
        session = parts().desk_sessions.find(hash_session_value(browser.value))
        assert session is not None
        parts().desk_sessions.renew(replace(session, role_read_at=Millis(at)))
