"""The desk: who may see a page, from where a form may come, and what each answer has."""

from __future__ import annotations

import re

import pytest

from functions.desk import app
from heed.domain.desk.session import IDLE_LIMIT, SESSION_LIMIT, DeskRole, hash_session_value
from heed.entrypoints.http.desk.routes import DeskRoutes
from heed.entrypoints.http.desk.views import DeskView
from heed.entrypoints.http.desk.visit import DeskRequest
from tests.support.deployment import NOW, World, http_event, parts, restart
from tests.support.desk import ISSUER, ORIGIN, confirm_role, open_desk, sign_in
from tests.support.failing_client import FailingCalls

MINUTE = 60_000
LANGUAGES = ("en", "en-GB", "de", "fr", "es", "ja")


@pytest.fixture
def probe(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Adds routes that the desk does not have, and returns what their handlers have done."""
    done: list[str] = []
    desk = DeskRoutes(lambda: app.heed)

    def answer(call: DeskRequest) -> object:
        done.append(
            f"{call.session.agent} {call.form.all('field') if call.event.get('body') else ''}".strip()
        )
        return call.page("missing", DeskView(frame=call.frame))

    desk.route("GET", "/desk/form", DeskRole.AGENT)(answer)  # type: ignore[arg-type]
    desk.route("POST", "/desk/form", DeskRole.AGENT)(answer)  # type: ignore[arg-type]
    desk.route("POST", "/desk/form/{id}/send", DeskRole.AGENT)(answer)  # type: ignore[arg-type]
    desk.route("GET", "/desk/grave", DeskRole.PRIVACY, recent_sign_in=True)(answer)  # type: ignore[arg-type]
    monkeypatch.setattr(app, "desk", desk)
    return done


def test_without_an_issuer_there_is_no_desk(world: World) -> None:
    for path in ("/desk", "/desk/people/7", "/desk/sign-in"):
        answer = app.handler(http_event("GET", path), world.context)
        assert (answer["statusCode"], "/desk" in answer["body"]) == (404, False)
    open_desk()
    assert app.handler(http_event("GET", "/desk"), world.context)["statusCode"] == 303


def test_a_desk_with_a_host_of_its_own_answers_only_there(world: World) -> None:
    browser = sign_in(world)
    restart(DESK_DOMAIN="desk.example.com")
    for path in ("/desk", "/desk/sign-in", "/desk/unknown"):
        event = http_event("GET", path)
        assert app.handler(event, world.context)["statusCode"] == 404
        event["requestContext"]["domainName"] = "desk.example.com"
        event["cookies"] = [f"__Host-desk={browser.value}"]
        answer = app.handler(event, world.context)
        assert (answer["statusCode"], "/desk" in answer["body"]) != (404, False)
    event = http_event("GET", "/u/x")
    event["requestContext"]["domainName"] = "desk.example.com"
    assert app.handler(event, world.context)["statusCode"] == 404


def test_somebody_who_is_not_signed_in_is_led_to_the_sign_in_and_back(world: World) -> None:
    open_desk()
    answer = app.handler(http_event("GET", "/desk", query={"lang": "de"}), world.context)
    assert answer["statusCode"] == 303
    assert answer["headers"]["Location"] == "/desk/sign-in?next=%2Fdesk%3Flang%3Dde"


def test_the_home_page_shows_one_field_with_the_focus_and_who_is_signed_in(world: World) -> None:
    page = sign_in(world).page("/desk")
    assert re.findall(r"<input[^>]*autofocus[^>]*>", page) == re.findall(r'<input id="person"[^>]*>', page)
    assert "Ada Agent (agent)" in page
    assert '<form method="post" action="/desk/sign-out">' in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_of_the_brand_has_the_desk(world: World, language: str) -> None:
    browser = sign_in(world)
    browser.language = language
    answer = browser.get("/desk")
    shown = "en" if language == "en-GB" else language
    assert answer["headers"]["Content-Language"] == shown
    assert f'<html lang="{shown}">' in answer["body"]


def test_the_headers_are_those_of_other_pages_but_the_browser_says_from_where_a_form_comes(
    world: World,
) -> None:
    headers = sign_in(world).get("/desk")["headers"]
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "script" not in headers["Content-Security-Policy"]


def test_a_session_that_is_idle_for_30_minutes_leads_to_the_sign_in(world: World) -> None:
    browser = sign_in(world)
    assert browser.get("/desk", at=NOW + IDLE_LIMIT - 1)["statusCode"] == 200
    assert browser.get("/desk", at=NOW + 2 * IDLE_LIMIT - 1)["statusCode"] == 303


def test_a_session_ends_after_8_hours_although_it_is_used(world: World) -> None:
    browser = sign_in(world)
    for at in range(NOW, NOW + SESSION_LIMIT, 20 * MINUTE):
        confirm_role(browser, at)
        assert browser.get("/desk", at=at)["statusCode"] == 200
    assert browser.get("/desk", at=NOW + SESSION_LIMIT)["statusCode"] == 303


def test_a_session_that_has_ended_does_not_come_back_by_a_request(world: World) -> None:
    browser = sign_in(world)
    parts().desk_sessions.end(hash_session_value(browser.value))
    assert browser.get("/desk", at=NOW + 2 * MINUTE)["statusCode"] == 303
    assert parts().desk_sessions.find(hash_session_value(browser.value)) is None


@pytest.mark.parametrize("value", ["", "x", "Ünicode", "a" * 5_000, "'; DROP TABLE"])
def test_an_unknown_cookie_is_nobody(world: World, value: str) -> None:
    browser = sign_in(world)
    browser.value = value
    assert browser.get("/desk")["statusCode"] == 303


def test_a_form_of_the_session_is_accepted(world: World, probe: list[str]) -> None:
    answer = sign_in(world).post("/desk/form", [("field", "one"), ("field", " two ")])
    assert (answer["statusCode"], probe) == (200, ["Ada Agent ['one', 'two']"])


@pytest.mark.parametrize(
    "origin", ["", "null", "https://evil.example", "http://prefs.example.com", ORIGIN + "."]
)
@pytest.mark.threat(
    "T50",
    "Another site sends a form to the desk with the browser of somebody who is signed in.",
    "Each form must come from a page of the desk, as the header Origin says.",
)
def test_a_form_from_another_origin_is_refused(world: World, probe: list[str], origin: str) -> None:
    answer = sign_in(world).post("/desk/form", origin=origin)
    assert (answer["statusCode"], probe) == (403, [])


@pytest.mark.parametrize("token", ["", "0" * 32, "Ünicode"])
@pytest.mark.threat(
    "T50",
    "A page of the same host sends a form to the desk, but it does not know the session.",
    "Each form has a token that is bound to the value of the cookie.",
)
def test_a_form_without_the_token_of_the_session_is_refused(
    world: World, probe: list[str], token: str
) -> None:
    answer = sign_in(world).post("/desk/form", token=token)
    assert (answer["statusCode"], probe) == (403, [])


def test_the_token_of_another_session_is_refused(world: World, probe: list[str]) -> None:
    token = sign_in(world, DeskRole.PRIVACY).token
    assert sign_in(world).post("/desk/form", token=token)["statusCode"] == 403
    assert probe == []


def test_a_form_that_cannot_be_read_is_refused(world: World, probe: list[str]) -> None:
    browser = sign_in(world)
    fields = [(f"field{number}", "x") for number in range(500)]
    answer = browser.post("/desk/form", [("token", browser.token), *fields])
    assert (answer["statusCode"], probe) == (422, [])


def test_a_form_of_an_ended_session_leads_to_the_page_of_the_form(world: World, probe: list[str]) -> None:
    answer = sign_in(world).post("/desk/form/7/send", at=NOW + IDLE_LIMIT)
    assert (answer["statusCode"], probe) == (403, [])
    assert 'href="/desk/sign-in?next=%2Fdesk%2Fform"' in answer["body"]


@pytest.mark.threat(
    "T50",
    "An agent guesses the URL of a page for privacy officers.",
    "Each route names the role that it needs.",
)
def test_an_agent_may_not_see_a_page_for_privacy_officers(world: World, probe: list[str]) -> None:
    answer = sign_in(world).get("/desk/grave")
    assert (answer["statusCode"], probe) == (403, [])
    assert "Ada Agent" in answer["body"]
    assert sign_in(world, DeskRole.PRIVACY).get("/desk/grave")["statusCode"] == 200


def test_a_grave_page_demands_a_sign_in_of_the_last_ten_minutes(world: World, probe: list[str]) -> None:
    browser = sign_in(world, DeskRole.PRIVACY, signed_in_at=NOW - 10 * MINUTE)
    answer = browser.get("/desk/grave")
    assert (answer["statusCode"], probe) == (303, [])
    assert answer["headers"]["Location"] == "/desk/sign-in?fresh=1&next=%2Fdesk%2Fgrave"


@pytest.mark.parametrize("path", ["/desk/nothing", "/desk/", "/desk/people/%00", "/desk//"])
def test_an_unknown_page_has_the_look_of_the_desk(world: World, path: str) -> None:
    answer = sign_in(world).get(path)
    assert answer["statusCode"] == 404
    assert "There is no such page" in answer["body"]


def test_a_store_that_does_not_answer_is_a_page_with_status_503(world: World) -> None:
    browser = sign_in(world)
    FailingCalls("dynamodb", "GetItem")
    answer = browser.get("/desk")
    assert (answer["statusCode"], answer["headers"]["Retry-After"]) == (503, "5")
    assert "Temporarily unavailable" in answer["body"]


def test_on_loopback_the_cookie_has_no_prefix(world: World) -> None:
    browser = sign_in(world)
    restart(PUBLIC_URL="http://127.0.0.1:8000", DESK_ISSUER=ISSUER)
    assert browser.get("/desk")["statusCode"] == 303
    browser.cookies["desk"], browser.value = browser.value, ""
    assert browser.get("/desk")["statusCode"] == 200
