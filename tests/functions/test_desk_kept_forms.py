"""A form whose session has ended comes back after the same person has signed in again."""

from __future__ import annotations

import re
from typing import Any

import pytest

from functions.desk import app
from heed.domain.desk.session import IDLE_LIMIT, RECENT_SIGN_IN, DeskRole
from heed.entrypoints.http.desk.routes import DeskRoutes
from heed.entrypoints.http.desk.views import DeskView
from heed.entrypoints.http.desk.visit import DeskForm, DeskRequest
from tests.support.deployment import NOW, World
from tests.support.desk import Browser, sign_in

MINUTE = 60_000
LATE = NOW + IDLE_LIMIT
KEPT = "__Host-desk-form"
FORM = [("reason", "Sie möchte nichts mehr"), ("topic", "2"), ("topic", "3"), ("person", "joan@example.com")]


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[DeskForm | None]:
    """Adds pages with a form, and returns the kept form that each request got."""
    seen: list[DeskForm | None] = []
    desk = DeskRoutes(lambda: app.heed)

    def show(call: DeskRequest) -> Any:
        seen.append(call.kept_form)
        return call.page("missing", DeskView(frame=call.frame))

    def send(call: DeskRequest) -> Any:
        return call.redirect("/desk/form")

    for path in ("/desk/form", "/desk/other"):
        desk.route("GET", path, DeskRole.AGENT)(show)
        desk.route("POST", path, DeskRole.AGENT)(send)
    desk.route("POST", "/desk/form/grave", DeskRole.AGENT, recent_sign_in=True)(send)
    monkeypatch.setattr(app, "desk", desk)
    return seen


def lose_session(browser: Browser, path: str = "/desk/form") -> dict[str, Any]:
    answer = browser.post(path, FORM, at=LATE)
    assert answer["statusCode"] == 403
    return answer


def again(world: World, browser: Browser, role: DeskRole = DeskRole.AGENT, *, at: int = LATE) -> Browser:
    """Signs a person in again in the same browser."""
    return Browser(world, sign_in(world, role, at=at).value, cookies=browser.cookies)


def test_the_form_is_given_back_on_its_page_until_it_is_sent(
    world: World, shown: list[DeskForm | None]
) -> None:
    browser = sign_in(world)
    lost = lose_session(browser)
    assert "What you entered comes back" in lost["body"]
    assert 'href="/desk/sign-in?next=%2Fdesk%2Fform"' in lost["body"]
    browser = again(world, browser)
    for _ in range(2):
        browser.get("/desk/form", at=LATE)
        assert shown.pop() == DeskForm(FORM)
    browser.get("/desk/other", at=LATE)
    assert shown.pop() is None
    assert browser.post("/desk/form", FORM, at=LATE)["statusCode"] == 303
    browser.get("/desk/form", at=LATE)
    assert shown.pop() is None


def test_another_person_at_the_same_computer_does_not_get_the_form(
    world: World, shown: list[DeskForm | None]
) -> None:
    browser = sign_in(world)
    lose_session(browser)
    again(world, browser, DeskRole.PRIVACY).get("/desk/form", at=LATE)
    assert shown == [None]


def test_a_form_is_kept_for_thirty_minutes(world: World, shown: list[DeskForm | None]) -> None:
    browser = sign_in(world)
    lose_session(browser)
    for minutes, kept in ((29, DeskForm(FORM)), (30, None)):
        at = LATE + minutes * MINUTE
        again(world, browser, at=at).get("/desk/form", at=at)
        assert shown.pop() == kept


def test_the_cookie_shows_none_of_the_form_and_is_for_no_script(
    world: World, shown: list[DeskForm | None]
) -> None:
    (cookie,) = lose_session(sign_in(world))["cookies"]
    assert cookie.startswith(f"{KEPT}=ey")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=1800"} <= set(cookie.split("; "))
    assert "joan" not in cookie and "token" not in cookie


def test_the_page_says_that_a_long_form_is_lost(world: World, shown: list[DeskForm | None]) -> None:
    browser = sign_in(world)
    lost = browser.post("/desk/form", [(f"field{number}", "x" * 1000) for number in range(3)], at=LATE)
    assert (lost["statusCode"], "is lost" in lost["body"]) == (403, True)
    assert KEPT not in browser.cookies


def test_the_page_says_that_the_form_of_nobody_is_lost(world: World, shown: list[DeskForm | None]) -> None:
    browser = sign_in(world)
    browser.value = "a value of no session"
    lost = browser.post("/desk/form", FORM)
    assert (lost["statusCode"], "is lost" in lost["body"]) == (403, True)
    assert KEPT not in browser.cookies


def test_a_form_of_another_site_is_not_kept(world: World, shown: list[DeskForm | None]) -> None:
    browser = sign_in(world)
    browser.post("/desk/form", FORM, at=LATE, origin="https://evil.example")
    browser.post("/desk/form", FORM, at=LATE, token="0" * 32)
    assert KEPT not in browser.cookies


@pytest.mark.parametrize("value", ["x", "", "a" * 5000, "ey.ey"])
def test_a_changed_cookie_gives_nothing_back(world: World, shown: list[DeskForm | None], value: str) -> None:
    browser = sign_in(world)
    browser.cookies[KEPT] = value
    assert browser.get("/desk/form")["statusCode"] == 200
    assert shown == [None]


def test_a_form_that_needs_a_recent_sign_in_is_kept_too(world: World, shown: list[DeskForm | None]) -> None:
    browser = sign_in(world, signed_in_at=NOW - RECENT_SIGN_IN)
    answer = browser.post("/desk/form/grave", FORM)
    assert answer["statusCode"] == 403
    assert re.findall('href="(/desk/sign-in[^"]*)"', answer["body"]) == [
        "/desk/sign-in?fresh=1&amp;next=%2Fdesk%2Fform"
    ]
    browser.get("/desk/form")
    assert shown == [DeskForm(FORM)]
