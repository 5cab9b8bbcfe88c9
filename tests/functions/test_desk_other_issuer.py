"""Signing in at an issuer that others wrote: oidc-provider-mock, which builds on Authlib."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from tests.support.deployment import World, client, parts, restart
from tests.support.desk import Browser
from tests.support.issuer import CLIENT, OFFICERS, SESSION_COOKIE, call_back
from tests.system.running import free_ports, wait_until

pytestmark = pytest.mark.system  # it starts a process

OLGA = {"sub": "olga", "name": "Olga Officer", "groups": [OFFICERS]}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """The URL of the issuer, which runs in a process of its own."""
    (port,) = free_ports(1)
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), "--require-nonce", "true"]
    with subprocess.Popen(
        [*command, "--user-claims", json.dumps(OLGA)], stderr=subprocess.DEVNULL
    ) as process:
        try:

            def answers() -> bool:
                with suppress(httpx.TransportError):
                    return httpx.get(address, trust_env=False).is_success
                return False

            wait_until(answers)
            yield address
        finally:
            process.terminate()


@pytest.fixture
def browser(world: World, url: str) -> Browser:
    secret = client("secretsmanager").create_secret(Name="other", SecretString="a secret")["ARN"]
    restart(
        DESK_ISSUER=url,
        DESK_CLIENT_ID=CLIENT,
        DESK_CLIENT_SECRET_ARN=secret,
        DESK_GROUPS_CLAIM="groups",
        DESK_PRIVACY_GROUP=OFFICERS,
    )
    return Browser(world)


def authorize(location: str, **form: str) -> dict[str, str]:
    """Sends the form of the issuer's page, and returns the query of the callback."""
    answer = httpx.post(location, data=form, trust_env=False)
    assert answer.status_code == 302, answer.text
    return dict(parse_qsl(urlsplit(answer.headers["location"]).query))


def test_a_person_signs_in(browser: Browser) -> None:
    now = int(time.time() * 1000)  # the issuer has the clock of this machine
    begun = browser.get("/desk/sign-in", at=now)["headers"]["Location"]
    assert call_back(browser, authorize(begun, sub="olga"), at=now)["statusCode"] == 303
    assert "Olga Officer (privacy officer)" in browser.page("/desk", at=now)
    assert parts().desk_sessions.end_all_of("Olga Officer") == 1


def test_a_person_who_refuses_is_not_signed_in(browser: Browser) -> None:
    now = int(time.time() * 1000)
    begun = browser.get("/desk/sign-in", at=now)["headers"]["Location"]
    query = authorize(begun, action="deny")
    assert query["error"] == "access_denied"
    assert call_back(browser, query, at=now)["statusCode"] == 403
    assert SESSION_COOKIE not in browser.cookies


def test_a_person_without_groups_has_no_role(browser: Browser) -> None:
    now = int(time.time() * 1000)
    begun = browser.get("/desk/sign-in", at=now)["headers"]["Location"]
    assert call_back(browser, authorize(begun, sub="somebody@example.com"), at=now)["statusCode"] == 403
