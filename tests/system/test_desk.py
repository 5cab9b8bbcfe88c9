"""Signing in to the desk of a local stack, as a browser does."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest

pytestmark = pytest.mark.system


def sign_in(browser: httpx.Client, stack: dict[str, Any], name: str) -> httpx.Response:
    """Opens the desk, signs in on the page of the issuer, and returns the page to which that leads."""
    (person,) = [each for each in stack["desk"]["users"] if each["name"] == name]
    page = browser.get(stack["desk"]["url"])
    assert str(page.url).startswith(stack["aws"]), "the page of the issuer"
    hidden = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page.text)
    (action,) = re.findall(r'<form method="POST" action="([^"]*)"', page.text)
    form = {field: unescape(value) for field, value in hidden}
    form |= {"username": person["name"], "password": person["password"]}
    return browser.post(urljoin(str(page.url), action), data=form)


def new_browser() -> httpx.Client:
    return httpx.Client(follow_redirects=True, timeout=60, trust_env=False)


@pytest.mark.parametrize(
    ("name", "shown"), [("agent", "Ada Agent (agent)"), ("officer", "Olga Officer (privacy officer)")]
)
def test_a_person_signs_in_and_out(stack: dict[str, Any], name: str, shown: str) -> None:
    with new_browser() as browser:
        page = sign_in(browser, stack, name)
        assert (page.status_code, str(page.url)) == (200, stack["desk"]["url"])
        assert shown in page.text
        (token,) = set(re.findall(r'name="token" value="([^"]*)"', page.text))
        out = browser.post(
            f"{stack['desk']['url']}/sign-out", data={"token": token}, headers={"origin": stack["api"]}
        )
        assert out.status_code == 200 and "You are signed out" in out.text
        back = browser.get(out.headers["refresh"].removeprefix("0; url="))
        assert str(back.url) == f"{stack['desk']['url']}/signed-out"
        assert str(browser.get(stack["desk"]["url"]).url).startswith(stack["aws"])


def test_a_wrong_password_does_not_sign_in(stack: dict[str, Any]) -> None:
    people = [{**person, "password": "wrong"} for person in stack["desk"]["users"]]
    wrong = {**stack, "desk": {**stack["desk"], "users": people}}
    with new_browser() as browser:
        page = sign_in(browser, wrong, "agent")
        assert str(page.url).startswith(stack["aws"])
        assert "desk" not in browser.cookies


def test_an_agent_looks_a_person_up_records_a_call_and_takes_it_back(stack: dict[str, Any]) -> None:
    origin = {"origin": stack["api"]}
    with new_browser() as browser:
        home = sign_in(browser, stack, "agent")
        (token,) = set(re.findall(r'name="token" value="([^"]*)"', home.text))

        def send(path: str, **fields: str) -> httpx.Response:
            return browser.post(urljoin(stack["api"], path), data={"token": token, **fields}, headers=origin)

        page = send("/desk/people", person="Caller <desk.caller@example.com>")
        assert "desk.caller@example.com" in page.text and "desk.caller" not in str(page.url)
        call = {"change": "all", "source": "phone", "reference": "CALL-1"}
        assert "Check before you record" in send(f"{page.url.path}/changes", **call).text
        recorded = send(f"{page.url.path}/changes", step="record", **call)
        assert "You have been unsubscribed from all our marketing emails." in recorded.text
        assert "No marketing; service mail only" in browser.get(page.url).text
        assert "Taken back" in send(f"{page.url.path}/taken-back").text
        assert "No marketing" not in browser.get(page.url).text
        assert "/p/" in send(f"{page.url.path}/link").text
