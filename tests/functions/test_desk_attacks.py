"""Attacks on the sign-in to the desk."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl, quote, urlsplit

import pytest

from heed.adapters.cookie_encryption import JweCookieEncryption
from heed.domain.desk.identity import DeskGroups, identify_person
from heed.domain.desk.session import DeskRole, hash_session_value
from heed.domain.milliseconds import Millis
from tests.support.aws_calls import outside_handlers
from tests.support.deployment import NOW, World, parts, restart
from tests.support.desk import Browser
from tests.support.issuer import (
    AGENTS,
    CLIENT,
    OFFICERS,
    Issuer,
    call_back,
    encode_part,
    sign_in_by,
    signing_key,
)

MINUTE = 60_000
LOGIN = "__Host-desk-login"


def is_signed_in(browser: Browser) -> bool:
    return bool(browser.get("/desk")["statusCode"] == 200)


def assert_refused(world: World, issuer: Issuer) -> None:
    """Checks that a sign-in is refused, and that nobody is signed in."""
    browser = Browser(world)
    assert sign_in_by(browser, issuer)["statusCode"] == 403
    assert not is_signed_in(browser)
    assert not [item for item in world.items(world.control) if item["pk"]["S"].startswith("desk#")]


@pytest.mark.threat(
    "T30",
    "Somebody gives a person the value of a session's cookie, and has the session after the person signs in.",
    "Each sign-in makes a new random value, and the session that the browser had before ends.",
)
def test_a_session_that_an_attacker_chose_is_not_the_one_after_the_sign_in(
    world: World, issuer: Issuer
) -> None:
    attacker = Browser(world)
    sign_in_by(attacker, issuer)
    chosen = attacker.value
    assert is_signed_in(attacker)
    issuer.subject, issuer.groups = "victim", [OFFICERS]
    for planted in (chosen, "a-value-of-no-session"):
        victim = Browser(world, planted)
        assert sign_in_by(victim, issuer)["statusCode"] == 303
        assert victim.value not in (chosen, planted) and is_signed_in(victim)
        assert not is_signed_in(Browser(world, planted))


@pytest.mark.threat(
    "T30",
    "Somebody makes a browser end a sign-in of another account. The person then works as that one.",
    "The state of a sign-in is in an encrypted cookie of the browser that began it.",
)
def test_a_sign_in_that_began_in_another_browser_is_refused(world: World, issuer: Issuer) -> None:
    attacker, victim = Browser(world), Browser(world)
    query = issuer.authorize(attacker.get("/desk/sign-in")["headers"]["Location"])
    assert call_back(victim, query)["statusCode"] == 403
    victim.get("/desk/sign-in")  # a sign-in of the victim's own has begun
    assert call_back(victim, query)["statusCode"] == 403
    assert not is_signed_in(victim)
    assert "/token" not in issuer.paths(), "the code was not even redeemed"


def test_a_code_works_once(world: World, issuer: Issuer) -> None:
    browser = Browser(world)
    query = issuer.authorize(browser.get("/desk/sign-in")["headers"]["Location"])
    cookie = browser.cookies[LOGIN]
    assert call_back(browser, query)["statusCode"] == 303
    thief = Browser(world, cookies={LOGIN: cookie})
    assert call_back(thief, query)["statusCode"] == 403
    assert not is_signed_in(thief)


def test_a_code_of_somebody_else_has_another_verifier(world: World, issuer: Issuer) -> None:
    stolen = issuer.authorize(Browser(world).get("/desk/sign-in")["headers"]["Location"])["code"]
    assert sign_in_by(Browser(world), issuer, code=stolen)["statusCode"] == 403


def test_a_state_works_once(world: World, issuer: Issuer) -> None:
    browser = Browser(world)
    begun = browser.get("/desk/sign-in")["headers"]["Location"]
    assert call_back(browser, issuer.authorize(begun))["statusCode"] == 303
    assert browser.cookies[LOGIN] == ""
    assert call_back(browser, issuer.authorize(begun))["statusCode"] == 403


@pytest.mark.parametrize("state", ["", "x", "ÿ", "a" * 3000])
def test_another_state_is_refused(world: World, issuer: Issuer, state: str) -> None:
    assert sign_in_by(Browser(world), issuer, state=state)["statusCode"] == 403
    assert "/token" not in issuer.paths()


@pytest.mark.parametrize(("minutes", "status"), [(9, 303), (10, 403)])
def test_a_sign_in_must_end_within_ten_minutes(
    world: World, issuer: Issuer, minutes: int, status: int
) -> None:
    browser = Browser(world)
    query = issuer.authorize(browser.get("/desk/sign-in")["headers"]["Location"])
    issuer.now = NOW + minutes * MINUTE
    assert call_back(browser, query, at=issuer.now)["statusCode"] == status


@pytest.mark.parametrize("query", [{"error": "access_denied"}, {"code": ""}, {"code": "a" * 5000}, {}])
def test_a_callback_without_a_code_is_refused(world: World, issuer: Issuer, query: dict[str, str]) -> None:
    browser = Browser(world)
    state = issuer.authorize(browser.get("/desk/sign-in")["headers"]["Location"])["state"]
    answer = call_back(browser, {**query, "state": state})
    assert answer["statusCode"] == 403
    assert "access_denied" not in answer["body"]


@pytest.mark.threat(
    "T30",
    "Somebody signs in to the desk with a token that was issued for another purpose, or that nobody issued.",
    "The issuer, the audience, the nonce, the expiry and the signature of each token are checked.",
)
@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "another-client"},
        {"aud": None},
        {"aud": []},
        {"aud": [CLIENT, "another-client"]},
        {"aud": {CLIENT: 1}},
        {"azp": "another-client"},
        {"iss": "https://another.example"},
        {"iss": None},
        {"iss": ["https://another.example"]},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"nonce": "another"},
        {"nonce": None},
        {"exp": NOW // 1000 - 61},
        {"exp": None},
        {"exp": "9999999999"},
        {"exp": True},
        {"iat": NOW // 1000 + 61},
        {"iat": None},
        {"nbf": NOW // 1000 + 61},
    ],
    ids=str,
)
def test_a_token_with_wrong_claims_is_refused(
    world: World, issuer: Issuer, claims: dict[str, object]
) -> None:
    issuer.claims = claims
    assert_refused(world, issuer)


def test_a_token_of_another_issuer_is_refused(world: World, issuer: Issuer) -> None:
    issuer.claims = {"iss": f"{issuer.url}/"}
    assert_refused(world, issuer)


def test_a_token_without_a_signature_is_refused(world: World, issuer: Issuer) -> None:
    issuer.header = {"alg": "none"}
    assert_refused(world, issuer)
    issuer.header = {"alg": "none", "kid": "one"}
    assert_refused(world, issuer)


@pytest.mark.parametrize("algorithm", ["RS384", "RS512", "PS512"])
def test_a_token_with_another_algorithm_is_refused(world: World, issuer: Issuer, algorithm: str) -> None:
    issuer.header = {"alg": algorithm, "kid": "one"}
    assert_refused(world, issuer)


def test_the_public_key_is_no_shared_secret(world: World, issuer: Issuer) -> None:
    """The classic confusion: a token with HS256 whose secret is the issuer's public key."""
    issuer.key = signing_key().as_pem(private=False)
    issuer.header = {"alg": "HS256", "kid": "one"}
    assert_refused(world, issuer)


def test_a_token_that_another_key_signed_is_refused(world: World, issuer: Issuer) -> None:
    issuer.key = signing_key(name="two")
    assert_refused(world, issuer)


@pytest.mark.parametrize("header", [{"jku": "https://evil.example/keys"}, {"crit": ["exp"]}, {"crit": 1}])
def test_a_token_cannot_name_other_keys_or_rules(
    world: World, issuer: Issuer, header: dict[str, object]
) -> None:
    issuer.key = signing_key(name="two")
    issuer.header |= header
    token = f"{encode_part(issuer.header)}.{encode_part({'sub': 'x'})}.{encode_part('x')}"
    issuer.answers["/token"] = (200, {}, json.dumps({"id_token": token}).encode())
    assert_refused(world, issuer)


def test_an_unknown_key_makes_heed_read_the_keys_once_more_and_no_more(
    world: World, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    sign_in_by(Browser(world), issuer)
    monkeypatch.setattr(parts().identity_provider._keys, "_clock", lambda: now[0])
    monkeypatch.setattr(parts().identity_provider._keys, "_read_at", 0.0)
    issuer.key, issuer.header = signing_key(name="two"), {"alg": "RS256", "kid": "two"}
    for seconds, reads in ((59, 1), (60, 2), (61, 2), (119, 2), (120, 3)):
        now[0] = seconds
        assert sign_in_by(Browser(world), issuer)["statusCode"] == 403
        assert issuer.paths().count("/keys") == reads
    issuer.published = [signing_key(name="two")]  # the issuer has a new key
    now[0] = 180
    assert sign_in_by(Browser(world), issuer)["statusCode"] == 303


@pytest.mark.parametrize(
    "keys",
    [
        b"{}",
        b"[]",
        b"not json",
        b'{"keys": 1}',
        b'{"keys": [1, null, {}, {"kty": "RSA"}, {"kty": "EC", "crv": "x"}, {"kty": ["RSA"]}]}',
        b'{"keys": [{"kty": "oct", "k": "AAAA", "kid": "one"}]}',
        b"[" * 100_000,
        b'{"keys": [' + b"1," * 400_000 + b"1]}",
    ],
    ids=["empty", "list", "text", "number", "malformed", "secret", "nested", "huge"],
)
def test_a_key_set_without_the_key_is_no_crash(world: World, issuer: Issuer, keys: bytes) -> None:
    issuer.answers["/keys"] = (200, {}, keys)
    browser = Browser(world)
    assert sign_in_by(browser, issuer)["statusCode"] in (403, 503)
    assert not is_signed_in(browser)


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/keys", "/token"])
@pytest.mark.parametrize("status", [301, 302, 307, 500, 204])
def test_an_answer_that_is_not_200_is_not_used(world: World, issuer: Issuer, path: str, status: int) -> None:
    """Redirects are not followed: they could lead to an address inside of AWS."""
    issuer.answers[path] = (status, {"Location": f"{issuer.url}/elsewhere"}, b"")
    browser = Browser(world)
    if path.startswith("/."):
        assert browser.get("/desk/sign-in")["statusCode"] == 503
    else:
        assert sign_in_by(browser, issuer)["statusCode"] in (403, 503)
    assert "/elsewhere" not in issuer.paths()
    assert not is_signed_in(browser)


@pytest.mark.parametrize("named", ["https://another.example", None, ["a"]])
def test_a_document_about_another_issuer_is_refused(world: World, issuer: Issuer, named: object) -> None:
    issuer.document = {"issuer": named}
    assert Browser(world).get("/desk/sign-in")["statusCode"] == 503


@pytest.mark.parametrize("member", ["authorization_endpoint", "token_endpoint", "jwks_uri"])
@pytest.mark.parametrize(
    "url",
    [
        None,
        7,
        "",
        "http://issuer.example/token",
        "ftp://issuer.example/token",
        "file:///etc/passwd",
        "//issuer.example",
        "https://user@issuer.example/",
        "https://[::1/",
        "https://issuer.example:99999/",
    ],
)
def test_an_endpoint_without_https_is_not_used(
    world: World, issuer: Issuer, member: str, url: object
) -> None:
    issuer.document = {member: url}
    browser = Browser(world)
    if member == "authorization_endpoint":
        assert browser.get("/desk/sign-in")["statusCode"] == 503
    else:
        assert sign_in_by(browser, issuer)["statusCode"] == 503
    assert not is_signed_in(browser)


@pytest.mark.parametrize("url", ["http://issuer.example", "http://169.254.170.2", "ftp://x", "https://"])
def test_an_issuer_without_https_is_not_used(world: World, issuer: Issuer, url: str) -> None:
    restart(DESK_ISSUER=url)
    assert Browser(world).get("/desk/sign-in")["statusCode"] == 503


@pytest.mark.threat(
    "T30",
    "A link to the sign-in leads to another site after it, which looks like the desk.",
    "The sign-in leads only to a path of the desk.",
)
@pytest.mark.parametrize(
    "page",
    [
        "https://evil.example",
        "//evil.example",
        "\\\\evil.example",
        "/\\evil.example",
        "/desk//evil.example",
        "/desk/\\evil.example",
        "/desk/..//evil.example",
        "/desk/%2f%2fevil.example",
        "/desk%2f%2fevil.example",
        "/desk@evil.example",
        "/desk.evil.example",
        "/deskx",
        "/desk\n//evil.example",
        "/desk\t",
        " /desk",
        "/desk#x",
        "javascript:alert(1)",
        "/u/token",
        "/desk/sign-in?fresh=1",
        "/desk/sign-out",
        "/desk/signed-in?code=1",
        "/desk/" + "a" * 600,
        "/desk/пример",
    ],
)
def test_the_sign_in_leads_to_no_other_site(world: World, issuer: Issuer, page: str) -> None:
    browser = Browser(world)
    done = sign_in_by(browser, issuer, f"/desk/sign-in?next={quote(page, safe='')}")
    assert (done["statusCode"], done["headers"]["Location"]) == (303, "/desk")


def test_the_issuer_cannot_change_the_page(world: World, issuer: Issuer) -> None:
    browser = Browser(world)
    query = issuer.authorize(browser.get("/desk/sign-in?next=/desk/cases")["headers"]["Location"])
    done = call_back(browser, {**query, "next": "//evil.example", "page": "//evil.example"})
    assert done["headers"]["Location"] == "/desk/cases"


@pytest.mark.parametrize(
    "groups",
    [
        OFFICERS,
        f"{AGENTS} {OFFICERS}",
        f'["{OFFICERS}"]',
        [{"name": OFFICERS}],
        [OFFICERS, 1],
        [[OFFICERS]],
        {OFFICERS: True},
        [OFFICERS.upper()],
        [f"{OFFICERS} "],
        [f"x-{OFFICERS}", f"{OFFICERS}-x"],
        [""],
        [],
        True,
        None,
    ],
    ids=str,
)
def test_only_a_list_of_texts_gives_a_role(world: World, issuer: Issuer, groups: object) -> None:
    issuer.groups = groups
    assert_refused(world, issuer)


def test_a_deployment_without_groups_gives_nobody_a_role(world: World, issuer: Issuer) -> None:
    restart(DESK_AGENT_GROUP="", DESK_PRIVACY_GROUP="")
    issuer.groups = ["", AGENTS, OFFICERS]
    assert_refused(world, issuer)


@pytest.mark.parametrize(
    "name",
    [
        "ada@example.com",
        "Ada <ada@example.com>",
        "ada\uff20example.com",
        "ada\ufe6bexample.com",
        "Ada\u202eadA",
        "Ada\x00",
        "",
        " ",
        None,
        ["Ada"],
        7,
    ],
    ids=ascii,
)
def test_a_name_that_may_be_an_address_is_not_kept(world: World, issuer: Issuer, name: object) -> None:
    issuer.name = name
    browser = Browser(world)
    assert sign_in_by(browser, issuer)["statusCode"] == 303
    with outside_handlers():
        session = parts().desk_sessions.find(hash_session_value(browser.value))
    assert session is not None
    assert session.agent == session.key.removeprefix("oidc:")[:8]


def test_a_changed_cookie_is_no_session(world: World, issuer: Issuer) -> None:
    browser = Browser(world)
    sign_in_by(browser, issuer)
    stored = hash_session_value(browser.value)
    for value in (browser.value[:-1], f"{browser.value}A", browser.value.swapcase(), stored, "", "x" * 5000):
        assert not is_signed_in(Browser(world, value))
    assert is_signed_in(browser)


def test_a_changed_cookie_of_a_sign_in_is_refused(world: World, issuer: Issuer) -> None:
    def alter(text: str) -> str:
        return text[:100] + ("B" if text[100] == "A" else "A") + text[101:]

    for change in (lambda text: text[:-2], alter, lambda _: "x"):
        browser = Browser(world)
        query = issuer.authorize(browser.get("/desk/sign-in")["headers"]["Location"])
        browser.cookies[LOGIN] = change(browser.cookies[LOGIN])
        assert call_back(browser, query)["statusCode"] == 403


def test_cookies_of_another_deployment_are_worth_nothing(world: World, issuer: Issuer) -> None:
    browser = Browser(world)
    query = issuer.authorize(browser.get("/desk/sign-in")["headers"]["Location"])
    foreign = JweCookieEncryption(lambda _: b"k" * 32).encrypt(
        "login",
        {
            "state": query["state"],
            "nonce": "n",
            "verifier": "v",
            "return_to": "https://prefs.example.com/desk/signed-in",
            "page": "//evil.example",
            "fresh": False,
        },
        Millis(NOW + MINUTE),
    )
    browser.cookies[LOGIN] = foreign
    assert call_back(browser, query)["statusCode"] == 403


def test_a_session_of_another_deployment_is_worth_nothing(world: World, issuer: Issuer) -> None:
    browser = Browser(world)
    sign_in_by(browser, issuer)
    world.clear_table(world.control, "pk")
    assert not is_signed_in(browser)


def test_an_agent_does_not_become_an_officer_by_a_page(world: World, issuer: Issuer) -> None:
    browser = Browser(world)
    sign_in_by(browser, issuer, "/desk/sign-in?next=/desk/cases&role=privacy&groups=desk-officers")
    with outside_handlers():
        session = parts().desk_sessions.find(hash_session_value(browser.value))
    assert session is not None and session.role is DeskRole.AGENT


def test_the_return_url_is_that_of_the_deployment(world: World, issuer: Issuer) -> None:
    """A `Host` header of the attacker must not change where the issuer sends the code."""
    begun = Browser(world).get("/desk/sign-in?redirect_uri=https://evil.example&return_to=//evil.example")
    query = dict(parse_qsl(urlsplit(begun["headers"]["Location"]).query))
    assert query["redirect_uri"] == "https://prefs.example.com/desk/signed-in"


def test_two_issuers_with_the_same_subject_are_two_people(world: World, issuer: Issuer) -> None:
    groups = DeskGroups("groups", AGENTS, OFFICERS)
    keys = {
        identify_person({"iss": first, "sub": second}, groups, b"secret").key
        for first, second in (("https://a", "bc"), ("https://ab", "c"), ("https://b", "bc"))
    }
    assert len(keys) == 3


@pytest.mark.parametrize(
    ("name", "is_kept"),
    [
        ("Ada Agent", True),
        ("joan@example.com", False),
        ("joan (at) example.com", False),
        ("joan%40example.com", False),
        ("joan＠example.com", False),
    ],
)
def test_a_name_that_hides_an_address_is_not_kept(name: str, is_kept: bool) -> None:
    claims = {"iss": "https://a", "sub": "b", "name": name}
    person = identify_person(claims, DeskGroups("groups", AGENTS, OFFICERS), b"secret")
    assert (person.agent == name) is is_kept
    assert person.agent in (name, person.key.removeprefix("oidc:")[:8])
