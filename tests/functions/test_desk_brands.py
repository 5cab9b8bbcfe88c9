"""Agents who are limited to a brand: they see and record only what is of it. A form cannot change that."""

from __future__ import annotations

import copy
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from functions.desk import app
from functions.ledger import app as ledger
from heed.domain.desk.session import IDLE_LIMIT, DeskRole, DeskSession, hash_session_value
from heed.domain.links.link_token import TokenPurpose, verify_link_token
from heed.domain.milliseconds import Millis
from heed.domain.preferences.brand_access import ALL_BRANDS, BrandAccess
from heed.domain.preferences.register import (
    ALL_SCOPES,
    COMPLAINT,
    HOLD,
    MINOR,
    UNDELIVERABLE,
    Change,
    Entry,
    Register,
    ScopeNumber,
    Source,
)
from tests.support.aws_calls import outside_handlers
from tests.support.brands import deploy_catalogue
from tests.support.catalogues import DATA
from tests.support.deployment import NOW, World, client, parts
from tests.support.desk import Browser, sign_in
from tests.support.issuer import AGENTS, OFFICERS, Issuer, sign_in_by
from tests.support.registers import out
from tests.support.stream_events import StreamRecorder, stream_event

JOAN = "joan.k@example.com"
MERIDIAN, AURORA = ScopeNumber(1), ScopeNumber(10)
OFFERS, AURORAS_OFFERS = 2, 11
OF_AURORA = BrandAccess(frozenset({AURORA}))
SECRET = "meridians-secret"  # in all evidence of the other brand
MARKS = (SECRET, "Meridian", "meridian", "Straps", "Research", 'value="offers"', "Targeted-Advertising")
"""What no page of an agent of Aurora may contain."""
PHONE = {"source": "phone"}
STEPS = ("", "edit", "record", "mail")  # of the form of changes
MINUTE = 60_000

FOREIGN_FORMS: list[list[tuple[str, str]]] = [
    [("change", "all")],
    [("change", "pause"), ("until", "2026-04-05")],
    *(
        [("change", "topics"), ("topic", name)]
        for name in ("offers", "meridian/news", "targeted-advertising")
    ),
    [("change", "topics"), ("topic", "aurora/offers"), ("topic", "offers")],
    [("change", "back"), ("topic", "offers"), ("reference", "L-9")],
    [("change", "brands"), ("topic", "offers")],
]
AGENTS_ROUTES: dict[tuple[str, str], list[list[tuple[str, str]]]] = {
    ("GET", "/desk"): [[]],
    ("POST", "/desk/people"): [[("person", JOAN)]],
    ("GET", "/desk/people/{id}"): [[]],
    ("GET", "/desk/people/{id}/changes"): [[]],
    ("POST", "/desk/people/{id}/changes"): [
        *FOREIGN_FORMS,
        [("change", "brands"), ("brands", "10"), *PHONE.items()],
        [("change", "brands"), ("brands", "1"), *PHONE.items()],
        [("change", "topics"), ("topic", "nonsense"), *PHONE.items()],
        [("change", "topics"), ("topic", "aurora/offers"), *PHONE.items()],
    ],
    ("POST", "/desk/people/{id}/taken-back"): [[]],
    ("POST", "/desk/people/{id}/link"): [[]],
    ("POST", "/desk/sign-out"): [[]],
}
"""For each route that admits an agent of a brand, the forms to send. A new route needs its own here."""


@pytest.fixture(autouse=True)
def _two_brands(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deploy_catalogue(tmp_path, monkeypatch, DATA, languages=["en"])


@pytest.fixture
def history(world: World) -> None:
    """Has a person opt out of a topic of each brand, and of the other brand as a whole, with evidence."""
    stream = StreamRecorder(parts().client("dynamodb"), world.table, NOW)
    meridians = Entry(Millis(NOW - 9_000), Source.LINK, json.dumps({"campaign": SECRET}))
    auroras = Entry(Millis(NOW - 8_000), Source.PHONE, json.dumps({"reference": "AURORAS-CALL"}))
    world.apply_changes(JOAN, Change(out(OFFERS), meridians), Change(out(MERIDIAN), meridians))
    world.apply_changes(JOAN, Change(out(AURORAS_OFFERS), auroras))
    event = stream_event(json.loads(json.dumps(stream.records)))
    assert ledger.handler(event, world.context) == {"batchItemFailures": []}


def base(world: World) -> str:
    return f"/desk/people/{world.recipient(JOAN)}"


def send(browser: Browser, step: str, *fields: tuple[str, str], at: int = NOW) -> Any:
    form = [*fields, *PHONE.items(), ("step", step)]
    if "brands" not in dict(fields):
        form.append(("brands", " ".join(map(str, sorted(stored_session(browser).brands.brands or ())))))
    return browser.post(f"{base(browser.world)}/changes", form, at=at)


def scopes(world: World) -> set[int]:
    return {register.scope for register in parts().preferences.read(world.recipient(JOAN)).registers}


def stored_session(browser: Browser) -> DeskSession:
    with outside_handlers():
        session = parts().desk_sessions.find(hash_session_value(browser.value))
    assert session is not None
    return session


def change_brands(browser: Browser, brands: BrandAccess) -> None:
    """Gives a session other brands, as a confirmation of its role does."""
    changed = replace(stored_session(browser), brands=brands)
    with outside_handlers():
        assert parts().desk_sessions.renew(changed)


@pytest.mark.parametrize(
    ("groups", "role", "brands"),
    [
        ([f"{AGENTS}/aurora"], DeskRole.AGENT, OF_AURORA),
        (
            [f"{AGENTS}/aurora", f"{AGENTS}/meridian", f"{AGENTS}/gone"],
            DeskRole.AGENT,
            BrandAccess(frozenset({MERIDIAN, AURORA})),
        ),
        ([f"{AGENTS}/aurora", AGENTS], DeskRole.AGENT, ALL_BRANDS),
        ([f"{AGENTS}/aurora", OFFICERS], DeskRole.PRIVACY, ALL_BRANDS),
    ],
    ids=["a brand", "two brands", "all brands", "an officer"],
)
def test_the_groups_of_the_person_decide_the_brands(
    world: World, issuer: Issuer, groups: list[str], role: DeskRole, brands: BrandAccess
) -> None:
    issuer.groups = groups
    browser = Browser(world)
    sign_in_by(browser, issuer)

    session = stored_session(browser)
    assert (session.role, session.brands) == (role, brands)


@pytest.mark.parametrize(
    "group",
    [f"{AGENTS}/gone", f"{AGENTS}/", f"{AGENTS}/10", f"{AGENTS}/Aurora", f"{OFFICERS}/aurora", "/aurora"],
)
def test_a_group_that_names_no_brand_gives_no_role(world: World, issuer: Issuer, group: str) -> None:
    issuer.groups = [group]

    assert sign_in_by(Browser(world), issuer)["statusCode"] == 403


def test_the_brands_are_confirmed_each_hour(world: World, issuer: Issuer) -> None:
    issuer.gives_refresh_tokens, issuer.groups = True, [AGENTS]
    browser = Browser(world)
    sign_in_by(browser, issuer)
    confirmed = []
    for minutes, groups in (
        (29, []),
        (58, [f"{AGENTS}/aurora"]),
        (87, []),
        (116, [AGENTS]),
        (145, []),
        (174, []),
    ):
        issuer.now, issuer.groups = NOW + minutes * MINUTE, groups or issuer.groups
        assert browser.page("/desk", at=issuer.now)
        confirmed.append(stored_session(browser).brands)

    assert confirmed == [*[ALL_BRANDS] * 2, *[OF_AURORA] * 3, ALL_BRANDS]


@pytest.mark.usefixtures("history")
def test_the_page_of_a_person_shows_the_topics_and_the_history_of_the_brand(world: World) -> None:
    page = sign_in(world, brands=OF_AURORA).page(base(world))

    assert "This page shows Aurora Clocks only." in page
    assert re.findall('name="topic" value="([^"]*)"', page) == ["aurora/offers", "aurora/news"]
    assert re.findall('name="change" value="([^"]*)" id', page) == [
        "brands",
        "topics",
        "brands-pause",
        "back",
    ]
    assert "AURORAS-CALL" in page
    assert [mark for mark in MARKS if mark in page] == []


@pytest.mark.usefixtures("history")
def test_an_agent_of_all_brands_sees_both(world: World) -> None:
    page = sign_in(world).page(base(world))

    assert {"Meridian", "Straps", SECRET, "AURORAS-CALL"} <= {
        mark for mark in (*MARKS, "AURORAS-CALL") if mark in page
    }


def test_an_opt_out_from_everything_shows_as_the_reason_without_its_evidence(world: World) -> None:
    stream = StreamRecorder(parts().client("dynamodb"), world.table, NOW)
    choice = Entry(Millis(NOW - 9_000), Source.LINK, json.dumps({"campaign": SECRET}))
    world.apply_changes(JOAN, Change(out(ALL_SCOPES), choice))
    event = stream_event(json.loads(json.dumps(stream.records)))
    assert ledger.handler(event, world.context) == {"batchItemFailures": []}

    page = sign_in(world, brands=OF_AURORA).page(base(world))

    assert "unsubscribed from everything" in page
    assert SECRET not in page
    assert SECRET in sign_in(world, name="an agent of all").page(base(world))


def test_the_requests_of_these_tests_cover_each_route_that_admits_an_agent_of_a_brand() -> None:
    assert set(AGENTS_ROUTES) == {route for route, access in app.desk.access.items() if access.by_brand}


@pytest.mark.threat(
    "T52",
    "An agent of one brand reads or records what is of another brand, with a form of his own.",
    "A request has only the part of the catalogue that is of the agent's brands. Anything else is refused.",
)
@pytest.mark.usefixtures("history")
@pytest.mark.parametrize("route", AGENTS_ROUTES, ids=" ".join)
def test_no_page_of_an_agent_has_anything_of_another_brand(world: World, route: tuple[str, str]) -> None:
    method, path = route
    url = path.replace("{id}", world.recipient(JOAN))
    steps = STEPS if route == ("POST", "/desk/people/{id}/changes") else ("",)
    browser = sign_in(world, brands=OF_AURORA)
    for form in AGENTS_ROUTES[route]:
        for step in steps:
            fields = [*form, ("step", step)]
            answer = browser.get(url) if method == "GET" else browser.post(url, fields)
            pages = [str(answer["body"])]
            if answer["statusCode"] == 303 and answer["headers"]["Location"].startswith("/desk/people"):
                pages.append(browser.follow(answer))
            assert not [mark for mark in MARKS for page in pages if mark in page], (form, step)


@pytest.mark.parametrize("form", FOREIGN_FORMS, ids=str)
def test_a_form_about_another_brand_is_refused(world: World, form: list[tuple[str, str]]) -> None:
    browser = sign_in(world, brands=OF_AURORA)
    for step in STEPS:
        answer = send(browser, step, *form)
        assert answer["statusCode"] == 403
        assert "This is not of a brand that you may use here, so nothing was done." in answer["body"]
    assert scopes(world) == set()


@pytest.mark.parametrize(
    ("method", "path"),
    sorted(route for route, access in app.desk.access.items() if access.role and not access.by_brand),
)
def test_every_other_page_is_closed(world: World, method: str, path: str) -> None:
    browser = sign_in(world, brands=OF_AURORA)
    url = path.replace("{id}", world.recipient(JOAN))

    answer = browser.get(url) if method == "GET" else browser.post(url)
    assert answer["statusCode"] == 403


def test_everything_of_the_brand_is_recorded_at_the_brand_and_can_be_taken_back(world: World) -> None:
    browser = sign_in(world, brands=OF_AURORA)
    assert "no more marketing email of Aurora Clocks" in send(browser, "", ("change", "brands"))["body"]
    page = browser.follow(send(browser, "record", ("change", "brands")))

    assert scopes(world) == {AURORA}
    assert "You have been unsubscribed from all marketing emails of Aurora Clocks." in page
    assert "no more marketing email of Aurora Clocks" in browser.page("/desk")
    taken_back = browser.follow(browser.post(f"{base(world)}/taken-back"))
    assert "Taken back" in taken_back
    person = parts().preferences.read(world.recipient(JOAN))
    assert person.undoable_press(AURORA) is None


def test_a_pause_and_topics_of_the_brand_are_recorded(world: World) -> None:
    browser = sign_in(world, brands=OF_AURORA)
    paused = browser.follow(send(browser, "record", ("change", "brands-pause"), ("until", "2026-04-05")))
    send(browser, "record", ("change", "topics"), ("topic", "aurora/offers"))

    assert "The marketing emails of Aurora Clocks to you are paused." in paused
    assert scopes(world) == {AURORA, AURORAS_OFFERS}


def test_an_agent_of_two_brands_stops_both_and_nothing_else(world: World) -> None:
    browser = sign_in(world, brands=BrandAccess(frozenset({MERIDIAN, AURORA})))
    page = browser.follow(send(browser, "record", ("change", "brands")))

    assert scopes(world) == {MERIDIAN, AURORA}
    assert "of Meridian Watches, Aurora Clocks" in page
    assert send(browser, "record", ("change", "all"))["statusCode"] == 403


@pytest.mark.parametrize("change", ["brands", "brands-pause"])
def test_an_agent_of_all_brands_has_no_brands_to_stop(world: World, change: str) -> None:
    answer = send(sign_in(world), "record", ("change", change), ("until", "2026-04-05"))

    assert answer["statusCode"] == 422
    assert scopes(world) == set()


def test_what_was_recorded_for_other_brands_is_neither_shown_nor_taken_back_later(world: World) -> None:
    browser = sign_in(world)
    browser.follow(send(browser, "record", ("change", "all")))
    change_brands(browser, OF_AURORA)
    later = NOW + 2 * MINUTE  # after which no process remembers the session

    assert world.recipient(JOAN) not in browser.page("/desk", at=later)
    shown = browser.get(f"{base(world)}/changes", at=later)
    assert (shown["statusCode"], shown["headers"]["Location"]) == (303, base(world))
    assert browser.post(f"{base(world)}/taken-back", at=later)["statusCode"] == 403
    assert parts().preferences.read(world.recipient(JOAN)).undoable_press(ALL_SCOPES) is not None


def test_the_link_of_a_person_is_one_of_the_brand(world: World) -> None:
    answer = sign_in(world, brands=OF_AURORA).post(f"{base(world)}/link")

    found = re.search("/p/([A-Za-z0-9_-]{54})", answer["body"])
    assert found is not None
    keys = parts().link_keys
    assert verify_link_token(found[1], TokenPurpose.PREFERENCES, keys.link_key).scope == AURORAS_OFFERS


def test_an_agent_whose_brands_are_gone_signs_in_again(world: World) -> None:
    browser = sign_in(world, brands=BrandAccess(frozenset({ScopeNumber(99)})))

    answer = browser.get("/desk")
    assert answer["headers"]["Location"] == "/desk/sign-in?next=%2Fdesk"


@pytest.mark.parametrize("value", [{"NS": ["70000"]}, {"SS": ["10"]}, {"NULL": True}], ids=json.dumps)
def test_an_agent_whose_brands_cannot_be_read_signs_in_again(world: World, value: Any) -> None:
    browser = sign_in(world, brands=OF_AURORA)
    client("dynamodb").update_item(
        TableName=world.control,
        Key={"pk": {"S": f"desk#{hash_session_value(browser.value)}"}},
        UpdateExpression="SET brands = :value",
        ExpressionAttributeValues={":value": value},
    )

    answer = browser.get("/desk")
    assert answer["headers"]["Location"] == "/desk/sign-in?next=%2Fdesk"
    assert send(browser, "record", ("change", "brands"), ("brands", "10"))["statusCode"] == 403
    assert scopes(world) == set()


UNKNOWN, EVERYTHING = "Nothing is on record", "Yes, everything"
STOPS = (MINOR, HOLD, UNDELIVERABLE, COMPLAINT, out(ALL_SCOPES), out(AURORA))
STOP_NAMES = ("a minor", "a hold", "a bounce", "a complaint", "everything", "the brand")


def deploy_auroras_topics(folder: Path, monkeypatch: pytest.MonkeyPatch, **changed: Any) -> None:
    """Changes each topic of Aurora in the catalogue."""
    data = copy.deepcopy(DATA)
    data["topics"] = [{**t, **changed} if t["brand"] == AURORA else t for t in data["topics"]]
    (folder / "changed").mkdir()
    deploy_catalogue(folder / "changed", monkeypatch, data, languages=["en"])


@pytest.mark.parametrize(
    ("register", "words"),
    [
        (MINOR, "We send nothing to this address"),
        (HOLD, "We send nothing to this address"),
        (UNDELIVERABLE, "Our emails to this address came back"),
        (COMPLAINT, "reported as spam.”"),
        (out(ALL_SCOPES), "You have been unsubscribed from our marketing emails since"),
        (out(AURORA), "You have been unsubscribed from our marketing emails since"),
    ],
    ids=STOP_NAMES,
)
@pytest.mark.parametrize("changed", [{"retired": True}, {"kind": "service"}], ids=["retired", "service"])
def test_a_brand_without_marketing_topics_in_use_does_not_hide_what_stops_mail(
    world: World,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    changed: dict[str, Any],
    register: Register,
    words: str,
) -> None:
    deploy_auroras_topics(tmp_path, monkeypatch, **changed)
    world.apply_changes(JOAN, Change(register, Entry(Millis(NOW - 9_000), Source.AGENT, "{}")))

    page = sign_in(world, brands=OF_AURORA).page(base(world))
    assert words in page
    assert "You get these emails" not in page
    is_service_sent = changed == {"kind": "service"} and register not in (MINOR, HOLD, UNDELIVERABLE)
    assert (EVERYTHING in page) is is_service_sent


def test_a_brand_without_topics_in_use_sends_nothing(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy_auroras_topics(tmp_path, monkeypatch, retired=True)

    page = sign_in(world, brands=OF_AURORA).page(base(world))
    assert "No, nothing at all" in page
    assert "We send nothing to this address" in page


def test_a_brand_with_service_mail_alone_says_what_the_person_gets(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy_auroras_topics(tmp_path, monkeypatch, kind="service")

    page = sign_in(world, brands=OF_AURORA).page(base(world))
    assert "You still get emails that belong to your orders and contracts: Offers" in page


@pytest.mark.parametrize("register", STOPS, ids=STOP_NAMES)
def test_somebody_with_only_a_stop_is_on_record(world: World, register: Register) -> None:
    world.apply_changes(JOAN, Change(register, Entry(Millis(NOW - 9_000), Source.AGENT, "{}")))

    assert UNKNOWN not in sign_in(world, brands=OF_AURORA).page(base(world))


@pytest.mark.usefixtures("history")
def test_a_stop_of_another_brand_alone_does_not_show(world: World) -> None:
    world.apply_changes("nobody@example.com", Change(out(MERIDIAN), Entry(NOW, Source.LINK, "{}")))

    page = sign_in(world, brands=OF_AURORA).page(f"/desk/people/{world.recipient('nobody@example.com')}")
    assert UNKNOWN in page


def forms_of(page: str, action: str) -> list[list[tuple[str, str]]]:
    """Returns the hidden fields of each form of a page with this action, without the token."""
    forms = re.findall(f'<form method="post" action="{action}".*?</form>', page, re.DOTALL)
    fields = (re.findall('<input type="hidden" name="([^"]*)" value="([^"]*)"', form) for form in forms)
    return [[field for field in form if field[0] != "token"] for form in fields]


def test_each_form_says_of_which_brands_it_is(world: World) -> None:
    browser = sign_in(world, brands=BrandAccess(frozenset({AURORA, MERIDIAN})))
    action = f"{base(world)}/changes"
    preview = browser.post(action, [("change", "brands"), ("brands", "1 10"), *PHONE.items()])["body"]

    one_click, whole = forms_of(browser.page(base(world)), action)
    (confirmed,) = forms_of(preview, action)
    assert one_click == [("change", "brands"), ("brands", "1 10"), ("source", "phone")]
    assert whole == [("brands", "1 10")]
    assert confirmed == one_click
    of_all = forms_of(sign_in(world, name="an agent of all").page(base(world)), action)
    assert of_all == [[("change", "all"), ("source", "phone")], []]


@pytest.mark.parametrize("change", ["brands", "brands-pause"])
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("later", [{MERIDIAN, AURORA}, {MERIDIAN}], ids=["more brands", "another brand"])
def test_a_form_whose_brands_have_changed_meanwhile_records_nothing(
    world: World, later: set[ScopeNumber], step: str, change: str
) -> None:
    browser = sign_in(world, brands=OF_AURORA)
    fields = [("change", change), ("until", "2026-04-05"), ("brands", "10")]
    assert "Record" in send(browser, "", *fields)["body"]
    change_brands(browser, BrandAccess(frozenset(later)))
    at = NOW + 2 * MINUTE  # after which no process remembers the session

    answer = send(browser, step, *fields, at=at)
    assert answer["statusCode"] == 422
    assert "Choose one of the answers." in answer["body"]
    assert f'name="brands" value="{" ".join(map(str, sorted(later)))}"' in answer["body"]
    assert scopes(world) == set()


def test_a_form_without_its_brands_records_nothing(world: World) -> None:
    answer = send(sign_in(world, brands=OF_AURORA), "record", ("change", "brands"), ("brands", ""))

    assert (answer["statusCode"], scopes(world)) == (422, set())


def test_topics_are_recorded_although_the_brands_have_changed(world: World) -> None:
    browser = sign_in(world, brands=BrandAccess(frozenset({MERIDIAN, AURORA})))
    fields = [("change", "topics"), ("topic", "aurora/offers"), ("brands", "1")]

    assert send(browser, "record", *fields)["statusCode"] == 303
    assert scopes(world) == {AURORAS_OFFERS}


def give_back(world: World, kept: list[tuple[str, str]], before: BrandAccess, after: BrandAccess) -> str:
    """Returns the page of a form whose session had ended, after a sign-in with other brands."""
    browser, late = sign_in(world, brands=before), NOW + IDLE_LIMIT
    path = f"{base(world)}/changes"
    assert browser.post(path, [*kept, *PHONE.items(), ("step", "record")], at=late)["statusCode"] == 403
    again = Browser(world, sign_in(world, at=late, brands=after).value, cookies=browser.cookies)
    return again.page(path, at=late)


def chosen(page: str) -> list[str]:
    return re.findall('<input type="radio" name="change" value="([^"]*)"[^>]* checked', page)


@pytest.mark.parametrize(
    "after", [ALL_BRANDS, BrandAccess(frozenset({MERIDIAN, AURORA}))], ids=["all", "two"]
)
@pytest.mark.parametrize("change", ["brands", "brands-pause"])
def test_a_kept_form_is_chosen_anew_after_a_sign_in_with_more_brands(
    world: World, change: str, after: BrandAccess
) -> None:
    kept = [("change", change), ("until", "2026-04-05"), ("brands", "10"), ("reference", "L-9")]

    page = give_back(world, kept, OF_AURORA, after)
    assert "Choose one of the answers." in page
    assert chosen(page) == []
    assert 'value="L-9"' in page


@pytest.mark.parametrize("change", ["all", "pause"])
def test_a_kept_form_about_everything_comes_back_empty_after_a_sign_in_with_fewer_brands(
    world: World, change: str
) -> None:
    kept = [("change", change), ("until", "2026-04-05"), ("reference", SECRET)]

    page = give_back(world, kept, ALL_BRANDS, OF_AURORA)
    assert chosen(page) == ["brands"]
    assert [mark for mark in MARKS if mark in page] == []


def test_a_kept_form_comes_back_as_it_was_after_a_sign_in_with_the_same_brands(world: World) -> None:
    page = give_back(world, [("change", "brands-pause"), ("brands", "10")], OF_AURORA, OF_AURORA)

    assert "Choose one of the answers." not in page
    assert chosen(page) == ["brands-pause"]
