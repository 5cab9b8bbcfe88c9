"""Signing in to the desk, staying signed in, and signing out, with an issuer on this machine."""

from __future__ import annotations

import io
import re
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest

from heed.domain.desk.session import DeskRole, DeskSession, hash_session_value
from tests.support.aws_calls import outside_handlers
from tests.support.deployment import NOW, World, client, parts, restart
from tests.support.desk import Browser
from tests.support.issuer import AGENTS, CLIENT, OFFICERS, Issuer, sign_in_by, signing_key

MINUTE, HOUR = 60_000, 3_600_000
SESSION, LOGIN = "__Host-desk", "__Host-desk-login"


def stored_session(browser: Browser) -> DeskSession:
    with outside_handlers():
        session = parts().desk_sessions.find(hash_session_value(browser.value))
    assert session is not None
    return session


def test_a_person_signs_in_and_gets_to_the_page(world: World, issuer: Issuer) -> None:
    browser = Browser(world)
    done = sign_in_by(browser, issuer, "/desk/sign-in?next=/desk%3Flang%3Dde")
    assert (done["statusCode"], done["headers"]["Location"]) == (303, "/desk?lang=de")
    assert "Ada Agent (agent)" in browser.page("/desk")
    session = stored_session(browser)
    assert (session.role, session.started_at, session.signed_in_at) == (
        DeskRole.AGENT,
        NOW,
        NOW // 1000 * 1000,
    )
    assert re.fullmatch("oidc:[0-9a-f]{16}", session.key)


def test_the_cookies_are_for_this_host_alone_and_for_no_script(world: World, issuer: Issuer) -> None:
    browser = Browser(world)
    (begun,) = browser.get("/desk/sign-in")["cookies"]
    used, session = sign_in_by(browser, issuer)["cookies"]
    for cookie in (begun, used, session):
        assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
        assert "Domain" not in cookie
    assert begun.startswith(f"{LOGIN}=ey") and "Max-Age=600" in begun
    assert used.startswith(f"{LOGIN}=;") and "Max-Age=0" in used
    assert session.startswith(f"{SESSION}=") and "Max-Age" not in session


@pytest.mark.parametrize(
    ("groups", "role"),
    [([AGENTS], "agent"), ([OFFICERS], "privacy"), (["others", AGENTS, OFFICERS], "privacy")],
)
def test_the_groups_of_the_person_decide_the_role(
    world: World, issuer: Issuer, groups: list[str], role: str
) -> None:
    issuer.groups = groups
    browser = Browser(world)
    sign_in_by(browser, issuer)
    assert stored_session(browser).role.value == role


def test_a_person_in_no_group_sees_who_can_help_and_may_sign_in_again(world: World, issuer: Issuer) -> None:
    issuer.groups = ["others"]
    browser = Browser(world)
    refused = sign_in_by(browser, issuer)
    assert refused["statusCode"] == 403
    assert "Ask the person who manages the accounts" in refused["body"]
    (again,) = re.findall(r'href="(/desk/sign-in\?[^"]*)"', refused["body"])
    issuer.groups = [AGENTS]
    assert sign_in_by(browser, issuer, again)["statusCode"] == 303
    assert browser.page("/desk")


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256"])
def test_three_algorithms_of_signatures_are_accepted(world: World, issuer: Issuer, algorithm: str) -> None:
    kind = "EC" if algorithm == "ES256" else "RSA"
    issuer.key, issuer.header = signing_key(kind), {"alg": algorithm, "kid": "one"}
    issuer.published = [issuer.key]
    assert sign_in_by(Browser(world), issuer)["statusCode"] == 303


def test_a_token_that_names_no_key_is_verified_with_the_only_one(world: World, issuer: Issuer) -> None:
    issuer.header = {"alg": "RS256"}
    assert sign_in_by(Browser(world), issuer)["statusCode"] == 303
    issuer.published = [signing_key(), signing_key(name="two")]
    restart()
    assert sign_in_by(Browser(world), issuer)["statusCode"] == 403


def test_a_public_client_sends_its_id_and_no_secret(world: World, issuer: Issuer) -> None:
    sign_in_by(Browser(world), issuer)
    ((form, headers),) = [(form, headers) for path, form, headers in issuer.requests if path == "/token"]
    assert form["client_id"] == CLIENT and "client_secret" not in form
    assert "authorization" not in headers and form["code_verifier"]


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_a_client_with_a_secret_authenticates_as_the_issuer_supports(
    world: World, issuer: Issuer, method: str
) -> None:
    secret = client("secretsmanager").create_secret(Name=method, SecretString="s+cret\n")["ARN"]
    restart(DESK_CLIENT_SECRET_ARN=secret)
    issuer.document = {"token_endpoint_auth_methods_supported": [method]}
    assert sign_in_by(Browser(world), issuer)["statusCode"] == 303
    ((form, headers),) = [(form, headers) for path, form, headers in issuer.requests if path == "/token"]
    if method == "client_secret_basic":
        assert headers["authorization"] == "Basic aGVlZC1kZXNrOnMlMkJjcmV0"  # heed-desk:s%2Bcret
        assert "client_secret" not in form
    else:
        assert form["client_secret"] == "s+cret" and "authorization" not in headers


def test_the_pool_of_the_stack_is_read_from_its_parameter(world: World, issuer: Issuer) -> None:
    value = f'{{"issuer": "{issuer.url}", "client_id": "{CLIENT}"}}'
    client("ssm").put_parameter(Name="/heed/desk", Value=value, Type="String", Overwrite=True)
    restart(DESK_POOL_PARAMETER="/heed/desk", DESK_ISSUER="")
    assert sign_in_by(Browser(world), issuer)["statusCode"] == 303


def test_the_document_and_the_keys_of_the_issuer_are_read_once(world: World, issuer: Issuer) -> None:
    for _ in range(3):
        assert sign_in_by(Browser(world), issuer)["statusCode"] == 303
    assert sorted(issuer.paths()) == ["/.well-known/openid-configuration", "/keys", *["/token"] * 3]


def test_a_fresh_sign_in_asks_for_a_new_proof(world: World, issuer: Issuer) -> None:
    browser = Browser(world)
    assert "max_age" not in browser.get("/desk/sign-in")["headers"]["Location"]
    fresh = parse_qs(urlsplit(browser.get("/desk/sign-in?fresh=1")["headers"]["Location"]).query)
    assert (fresh["max_age"], fresh["prompt"]) == (["600"], ["login"])
    issuer.claims["auth_time"] = NOW // 1000 - 600
    assert sign_in_by(browser, issuer, "/desk/sign-in?fresh=1")["statusCode"] == 303


@pytest.mark.parametrize("auth_time", [NOW // 1000 - 661, None, "now", True, -1])
def test_an_issuer_that_does_not_ask_for_a_new_proof_gives_no_fresh_sign_in_by(
    world: World, issuer: Issuer, auth_time: object
) -> None:
    issuer.claims["auth_time"] = auth_time
    assert sign_in_by(Browser(world), issuer, "/desk/sign-in?fresh=1")["statusCode"] == 403
    browser = Browser(world)
    assert sign_in_by(browser, issuer)["statusCode"] == 303
    assert not stored_session(browser).is_sign_in_recent(NOW)


def test_without_a_refresh_token_the_issuer_confirms_the_role_by_a_sign_in_each_hour(
    world: World, issuer: Issuer
) -> None:
    browser = Browser(world)
    sign_in_by(browser, issuer)
    for minutes in (29, 58):
        assert browser.page("/desk", at=NOW + minutes * MINUTE)
    late = browser.get("/desk", at=NOW + HOUR)
    assert late["headers"]["Location"] == "/desk/sign-in?next=%2Fdesk"
    issuer.groups = ["others"]
    assert sign_in_by(browser, issuer, late["headers"]["Location"], at=NOW + HOUR)["statusCode"] == 403
    assert browser.get("/desk", at=NOW + HOUR)["statusCode"] == 303


def test_with_a_refresh_token_the_role_is_confirmed_without_a_redirect(world: World, issuer: Issuer) -> None:
    issuer.gives_refresh_tokens = True
    browser = Browser(world)
    sign_in_by(browser, issuer)
    issuer.groups = [OFFICERS]
    for minutes in (29, 58, 87, 116, 145, 174):
        issuer.now = NOW + minutes * MINUTE
        assert browser.page("/desk", at=issuer.now)
        role = DeskRole.AGENT if minutes < 60 else DeskRole.PRIVACY
        assert stored_session(browser).role is role
    assert issuer.paths().count("/token") == 3, "one for the code, and one for each hour"


def test_a_refresh_token_cannot_be_read_without_the_cookie(world: World, issuer: Issuer) -> None:
    issuer.gives_refresh_tokens = True
    browser = Browser(world)
    sign_in_by(browser, issuer)
    session = stored_session(browser)
    assert session.refresh_token.startswith("ey") and "refresh-" not in session.refresh_token
    complete = parts().complete_sign_in
    assert complete.refresh_tokens.decrypt_token(session.refresh_token, browser.value)
    assert complete.refresh_tokens.decrypt_token(session.refresh_token, session.hash) is None


@pytest.mark.parametrize("how", ["groups", "refused", "another person"])
def test_a_person_who_is_dismissed_loses_the_desk_within_the_hour(
    world: World, issuer: Issuer, how: str
) -> None:
    issuer.gives_refresh_tokens = True
    browser = Browser(world)
    sign_in_by(browser, issuer)
    if how == "groups":
        issuer.groups = []
    elif how == "refused":
        issuer.is_refusing = True
    else:
        issuer.subject = "person-2"
    for minutes in (29, 58):
        assert browser.page("/desk", at=NOW + minutes * MINUTE)
    issuer.now = NOW + HOUR
    for _ in range(2):
        assert browser.get("/desk", at=NOW + HOUR)["statusCode"] == 303


def test_an_issuer_that_does_not_answer_confirms_no_role(world: World, issuer: Issuer) -> None:
    issuer.gives_refresh_tokens = True
    browser = Browser(world)
    sign_in_by(browser, issuer)
    assert browser.page("/desk", at=NOW + 29 * MINUTE) and browser.page("/desk", at=NOW + 58 * MINUTE)
    issuer.answers["/token"] = (500, {}, b"")
    assert browser.get("/desk", at=NOW + HOUR)["statusCode"] == 503
    del issuer.answers["/token"]
    issuer.now = NOW + HOUR
    assert browser.page("/desk", at=NOW + HOUR)


def test_a_sign_out_ends_the_session_here_and_at_the_issuer(world: World, issuer: Issuer) -> None:
    browser = Browser(world)
    sign_in_by(browser, issuer)
    stolen = browser.value
    answer = browser.post("/desk/sign-out")
    assert answer["statusCode"] == 200 and "You are signed out" in answer["body"]
    assert "Ada" not in answer["body"]
    assert any(cookie.startswith(f"{SESSION}=;") for cookie in answer["cookies"])
    url = answer["headers"]["Refresh"].removeprefix("0; url=")
    assert url.startswith(f"{issuer.url}/logout?")
    back = "https://prefs.example.com/desk/signed-out"
    assert dict(parse_qsl(urlsplit(url).query)) == {
        "client_id": CLIENT,
        "logout_uri": back,
        "post_logout_redirect_uri": back,
    }
    assert Browser(world, stolen).get("/desk")["statusCode"] == 303
    assert "You are signed out" in Browser(world).page("/desk/signed-out")


def test_a_foreign_page_that_leads_to_the_page_after_the_sign_out_signs_nobody_out(
    world: World, issuer: Issuer
) -> None:
    browser = Browser(world)
    sign_in_by(browser, issuer)
    assert not browser.get("/desk/signed-out").get("cookies")


@pytest.mark.parametrize("fault", ["no such page", "no answer"])
def test_a_sign_out_works_without_the_issuer(world: World, issuer: Issuer, fault: str) -> None:
    browser = Browser(world)
    sign_in_by(browser, issuer)
    restart()
    if fault == "no such page":
        issuer.document = {"end_session_endpoint": None}
    else:
        issuer.answers["/.well-known/openid-configuration"] = (500, {}, b"")
    answer = browser.post("/desk/sign-out")
    assert answer["statusCode"] == 200 and "Refresh" not in answer["headers"]
    assert Browser(world, browser.value).get("/desk")["statusCode"] == 303


def test_a_sign_out_is_a_form_of_the_desk(world: World, issuer: Issuer) -> None:
    browser = Browser(world)
    sign_in_by(browser, issuer)
    assert browser.post("/desk/sign-out", origin="https://evil.example")["statusCode"] == 403
    assert browser.post("/desk/sign-out", token="")["statusCode"] == 403
    assert browser.get("/desk/sign-out")["statusCode"] in (404, 405)
    assert browser.page("/desk")


def test_two_subjects_are_two_owners_and_two_issuers_too(world: World, issuer: Issuer) -> None:
    browser = Browser(world)
    keys = set()
    for subject in ("person-1", "person-2", "person-1"):
        issuer.subject = subject
        sign_in_by(browser, issuer)
        keys.add(stored_session(browser).key)
    assert len(keys) == 2


def test_a_log_line_names_a_person_by_the_keyed_hash_alone(
    world: World, issuer: Issuer, log: io.StringIO
) -> None:
    browser = Browser(world)
    sign_in_by(browser, issuer)
    key = stored_session(browser).key
    issuer.groups = None
    sign_in_by(browser, issuer)
    text = log.getvalue()
    assert "signed in to the desk" in text and "sign-in to the desk refused" in text
    assert text.count(key) == 2
    assert "Ada" not in text and "person-1" not in text and browser.value not in text
