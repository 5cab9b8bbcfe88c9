"""The pages about cases, from HTTP event to HTML: listed, shown as plain text, and decided by a button."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from html import unescape
from typing import Any

import pytest

from heed.domain.desk.session import DeskRole
from heed.domain.mailbox.case import CaseKind, new_case
from heed.domain.milliseconds import Millis
from heed.domain.opt_in.confirmation_request import ConfirmationRequest
from heed.domain.preferences.register import (
    ALL_SCOPES,
    DAY_MS,
    HOLD,
    MINOR,
    Change,
    Entry,
    Source,
    opt_out_register,
)
from tests.support.aws_calls import outside_handlers
from tests.support.cases import RECEIVED, SENDER, mail_of, mails_of_cases, open_case
from tests.support.crash import run_after_calls
from tests.support.deployment import NOW, World, client, parts, restart
from tests.support.desk import OFFICER, Browser, sign_in

MINUTE = 60_000
LANGUAGES = ("en", "de", "fr", "es", "ja")
WHY = {"reason": "as she writes"}
SURE = {**WHY, "sure": "yes"}


@pytest.fixture
def officer(world: World) -> Browser:
    return sign_in(world, DeskRole.PRIVACY)


def decide(officer: Browser, case: str, decision: str, **fields: str) -> dict[str, Any]:
    return officer.post(f"/desk/cases/{case}", {"decision": decision, **WHY, **fields})


def registers(world: World) -> Mapping[Any, Entry]:
    return parts().preferences.read(world.recipient(SENDER)).registers


def is_open(case: str) -> bool:
    stored = parts().cases.find(case)
    return stored is not None and stored.ruling is None


def buttons(page: str) -> list[str]:
    return re.findall(r'<button[^>]*name="decision" value="([^"]*)"', page)


def shown_text(page: str) -> str:
    (text,) = re.findall(r"<pre[^>]*>(.*?)</pre>", page, re.DOTALL)
    return unescape(text)


def test_cases_are_listed_by_their_due_date_and_overdue_ones_are_marked(
    world: World, officer: Browser
) -> None:
    other = open_case(world, CaseKind.OTHER, None)
    opt_out = open_case(world, CaseKind.OPT_OUT_DOUBTFUL, received_at=Millis(NOW - 10 * DAY_MS))
    page = officer.page("/desk/cases")
    assert re.findall(r'href="/desk/cases/([0-9a-f]{32})"', page) == [opt_out.id, other.id]
    rows = page.split("<tr>")[2:]
    assert ["overdue" in row for row in rows] == [True, False]


def test_the_list_names_nobody(world: World, officer: Browser) -> None:
    open_case(world, CaseKind.OPT_OUT_DOUBTFUL)
    page = officer.page("/desk/cases")
    assert world.recipient(SENDER) not in page
    assert "@" not in page.split("<main")[1]


def test_a_list_without_cases_says_so(officer: Browser) -> None:
    assert "No case waits for a decision." in officer.page("/desk/cases")


def test_a_long_list_has_pages(officer: Browser) -> None:
    cases = [new_case(CaseKind.OTHER, f"m{number}", "", RECEIVED) for number in range(102)]
    for case in cases:
        parts().cases.add(case)
    pages, url = [], "/desk/cases"
    while url:
        pages.append(officer.page(url))
        url = next(iter(re.findall(r'href="(/desk/cases\?cursor=[^"]*)"', pages[-1])), "")
    ids = [case for page in pages for case in re.findall(r'href="/desk/cases/([0-9a-f]{32})"', page)]
    assert (len(pages), ids) == (2, sorted(case.id for case in cases))


@pytest.mark.parametrize("cursor", ["x", "1-x", "9" * 5_000])
def test_a_cursor_that_no_page_has_is_404(officer: Browser, cursor: str) -> None:
    assert officer.get(f"/desk/cases?cursor={cursor}")["statusCode"] == 404


def test_a_case_that_cannot_be_read_is_announced(world: World, officer: Browser) -> None:
    case = open_case(world, CaseKind.OTHER, None)
    (item,) = [item for item in world.items("Control") if item["pk"]["S"] == f"case#{case.id}"]
    client("dynamodb").put_item(TableName="Control", Item={**item, "kind": {"S": "unknown"}})
    page = officer.page("/desk/cases")
    assert "cannot be read" in page
    assert case.id not in page


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_agent_may_not_see_or_decide_cases(world: World, method: str) -> None:
    case, agent = open_case(world, CaseKind.OPT_OUT_DOUBTFUL), sign_in(world)
    if method == "GET":
        assert agent.get("/desk/cases")["statusCode"] == 403
        assert agent.get(f"/desk/cases/{case.id}")["statusCode"] == 403
    else:
        assert decide(agent, case.id, "opt-out")["statusCode"] == 403
    assert parts().disclosures.latest(None, 10).entries == []
    assert registers(world) == {}
    assert "/desk/cases" not in agent.page("/desk")


@pytest.mark.parametrize("case", ["0" * 32, "ABC", "0" * 33])
def test_an_unknown_case_is_404(officer: Browser, case: str) -> None:
    assert officer.get(f"/desk/cases/{case}")["statusCode"] == 404
    assert decide(officer, case, "none")["statusCode"] == 404


def test_a_case_is_shown_with_its_mail_and_the_disclosure_is_on_record(
    world: World, officer: Browser
) -> None:
    mail = mail_of(SENDER, "Delete me!", file=b"x" * 3_000, subject="My data")
    case = open_case(world, CaseKind.ERASURE, mail=mail)
    page = officer.page(f"/desk/cases/{case.id}")
    assert shown_text(page).strip() == "Delete me!"
    assert "<bdi>My data</bdi>" in page
    assert f"<bdi>{SENDER}</bdi>" in page
    assert "<bdi>form.pdf</bdi> (3 kB)" in page
    assert f'href="/desk/people/{world.recipient(SENDER)}"' in page
    assert buttons(page)[:3] == ["erase", "opt-out", "none"]
    (entry,) = parts().disclosures.latest(None, 10).entries
    assert (entry.details.what, entry.details.people) == ("case", 1)
    assert entry.details.key == "oidc:00000000000000b2"


def test_hostile_text_of_a_mail_stays_text(world: World, officer: Browser) -> None:
    text = (
        "</pre><script>alert(1)</script> <img src=x onerror=alert(1)>\n"
        "pay \u202egpj.exe \u2066x\u2069 bell\x07 nul\x00 escape\x1b[2J next\x85\n" + "w" * 30_000
    )
    name, subject = "invoice\u202efdp.exe", "<b>hi</b> \u202eevil"
    mail = mail_of(f'"<i>x</i>" <{SENDER}>', text, file=b"x", name=name, subject=subject)
    case = open_case(world, CaseKind.OTHER, mail=mail)
    answer = officer.get(f"/desk/cases/{case.id}")
    page = answer["body"]
    assert "<script" not in page
    assert "<img" not in page
    assert "<b>hi" not in page
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", page)
    shown = shown_text(page)
    assert shown.startswith(
        "</pre><script>alert(1)</script> <img src=x onerror=alert(1)>\npay [U+202E]gpj.exe"
    )
    assert "[U+2066]x[U+2069] bell[U+0007]" in shown
    assert "escape[U+001B][2J" in shown
    assert "invoice[U+202E]fdp.exe" in page
    assert "[U+202E]evil" in page
    assert shown.count("w") == 20_000 - len(text.split("www")[0]) + text.split("www")[0].count("w")
    assert "The rest of the mail is not shown." in page


def test_half_a_surrogate_pair_does_not_break_the_page(world: World, officer: Browser) -> None:
    mail = (
        f"From: {SENDER}\nContent-Type: text/plain; charset=utf-16-le\n"
        "Content-Transfer-Encoding: base64\n\nANhhAA==\n"
    )
    case = open_case(world, CaseKind.OTHER, mail=mail.encode())
    shown_text(officer.page(f"/desk/cases/{case.id}")).encode()


@pytest.mark.parametrize("raw", [b"", b"\xff\xfe", b"Content-Type: multipart/mixed\n\n"])
def test_a_mail_that_is_no_mail_is_shown_as_far_as_it_can_be_read(
    world: World, officer: Browser, raw: bytes
) -> None:
    case = open_case(world, CaseKind.OTHER, mail=raw)
    assert buttons(officer.page(f"/desk/cases/{case.id}"))[:2] == ["forwarded", "none"]


def test_a_case_whose_mail_is_gone_is_shown_without_it_and_discloses_nothing(
    world: World, officer: Browser
) -> None:
    case = open_case(world, CaseKind.ACCESS)
    parts().case_mails.delete(case.id)
    page = officer.page(f"/desk/cases/{case.id}")
    assert "The mail cannot be shown" in page
    assert parts().disclosures.latest(None, 10).entries == []


def test_a_case_about_nobody_offers_only_decisions_without_a_person(world: World, officer: Browser) -> None:
    case = open_case(world, CaseKind.COMPLAINT, None)
    page = officer.page(f"/desk/cases/{case.id}")
    assert buttons(page) == ["forwarded", "none"]
    assert "Nobody knows who the mail is about." in page
    assert 'name="scope"' not in page
    assert 'name="sure"' not in page
    assert decide(officer, case.id, "opt-out")["statusCode"] == 422


def test_an_opt_out_is_decided_by_a_button_and_names_who_decided(world: World, officer: Browser) -> None:
    case = open_case(world, CaseKind.OPT_OUT_DOUBTFUL)
    page = officer.follow(decide(officer, case.id, "opt-out", scope="offers", reason="says joan@example.com"))
    assert "Decided: Opt out" in page
    assert "says [address]" in page
    assert OFFICER in page
    assert (buttons(page), "<pre" in page, mails_of_cases()) == ([], False, [])
    entry = registers(world)[opt_out_register(parts().catalogue.scope_number("offers"))]
    assert (entry.at, entry.source) == (RECEIVED, Source.MAILBOX)
    assert json.loads(entry.evidence) == {
        "agent": OFFICER,
        "key": "oidc:00000000000000b2",
        "reason": "says [address]",
        "reference": f"case {case.id}",
    }
    assert officer.page("/desk/cases").count(case.id) == 0


def test_a_decision_without_a_reason_is_a_mistake_at_its_field(world: World, officer: Browser) -> None:
    case = open_case(world, CaseKind.OPT_OUT_DOUBTFUL)
    answer = decide(officer, case.id, "opt-out", reason="  ", scope="offers")
    assert answer["statusCode"] == 422
    page = answer["body"]
    assert '<a href="#reason">' in page
    assert re.search(r'<input id="reason"[^>]* aria-invalid="true"[^>]* autofocus>', page)
    assert '<option value="offers" selected>' in page
    assert "<title>Error: " in page
    assert is_open(case.id)


@pytest.mark.parametrize(
    "fields",
    [
        {"decision": "perhaps"},
        {"decision": ""},
        {"decision": "opt-out", "scope": "unknown"},
        {"decision": "opt-out", "scope": "service"},
    ],
)
def test_a_form_that_is_not_of_the_page_changes_nothing(
    world: World, officer: Browser, fields: dict[str, str]
) -> None:
    case = open_case(world, CaseKind.OPT_OUT_DOUBTFUL)
    assert officer.post(f"/desk/cases/{case.id}", {**WHY, **fields})["statusCode"] == 422
    assert is_open(case.id)


def test_another_decision_than_the_first_is_explained(world: World, officer: Browser) -> None:
    case = open_case(world, CaseKind.OPT_OUT_DOUBTFUL)
    other = sign_in(world, DeskRole.PRIVACY, name="Otto Officer", key="oidc:00000000000000c3")
    assert decide(other, case.id, "none")["statusCode"] == 303
    answer = decide(officer, case.id, "opt-out")
    assert answer["statusCode"] == 409
    assert "Somebody else has made another decision." in answer["body"]
    assert "Otto Officer" in answer["body"]
    assert registers(world) == {}


def test_the_same_decision_again_is_accepted(world: World, officer: Browser) -> None:
    case = open_case(world, CaseKind.OPT_OUT_DOUBTFUL)
    first, second = (decide(officer, case.id, "opt-out")["statusCode"] for _ in range(2))
    assert (first, second, len(registers(world))) == (303, 303, 1)


@pytest.mark.parametrize("decision", ["erase", "minor"])
def test_an_erasure_needs_the_checkbox_and_a_sign_in_of_the_last_ten_minutes(
    world: World, decision: str
) -> None:
    case = open_case(world, CaseKind.ERASURE)
    late = sign_in(world, DeskRole.PRIVACY, name="Otto Officer", signed_in_at=NOW - 10 * MINUTE)
    assert "must have signed in within the last 10 minutes" in late.page(f"/desk/cases/{case.id}")
    answer = decide(late, case.id, decision, sure="yes")
    assert answer["statusCode"] == 403
    assert f"/desk/sign-in?fresh=1&amp;next=%2Fdesk%2Fcases%2F{case.id}" in answer["body"]
    assert 'value="as she writes"' in late.page(f"/desk/cases/{case.id}")
    officer = sign_in(world, DeskRole.PRIVACY)
    unsure = decide(officer, case.id, decision)
    assert unsure["statusCode"] == 422
    assert re.search(r'<input id="sure"[^>]* aria-invalid="true"', unsure["body"])
    assert is_open(case.id)
    page = officer.follow(decide(officer, case.id, decision, sure="yes"))
    assert 'href="/desk/purges"' in page
    record = parts().preferences.read(world.recipient(SENDER))
    assert (record.erased_at, MINOR in record.registers) == (NOW, decision == "minor")
    assert OFFICER in {json.loads(entry.evidence).get("agent") for entry in record.registers.values()}


def test_an_erasure_that_meets_a_hold_leaves_no_order_of_a_purge(world: World, officer: Browser) -> None:
    case = open_case(world, CaseKind.ERASURE)
    hold = Change(HOLD, Entry(Millis(NOW - 1), Source.AGENT, "{}"))

    def place_hold() -> None:
        with outside_handlers():
            world.apply_changes(SENDER, hold)

    officer.page("/desk")
    # The decision reads the case, claims it, reads the record, and stores the order.
    with run_after_calls(4, place_hold) as calls:
        assert decide(officer, case.id, "erase", sure="yes")["statusCode"] == 409
    assert calls[3] == "PutItem"
    assert not [item for item in world.items("Control") if item["pk"]["S"].startswith("purge#")]


def test_the_home_page_of_an_officer_shows_the_cases_that_are_due_first(
    world: World, officer: Browser
) -> None:
    assert "Cases that are due first" not in officer.page("/desk")
    cases = [
        open_case(world, CaseKind.OTHER, None, message=f"m{number}", received_at=Millis(RECEIVED + number))
        for number in range(7)
    ]
    page = officer.page("/desk")
    assert re.findall(r'href="/desk/cases/([0-9a-f]{32})"', page) == [case.id for case in cases[:5]]
    assert "/desk/cases/" not in sign_in(world).page("/desk")


def test_enter_in_the_field_of_the_reason_erases_nobody(world: World, officer: Browser) -> None:
    """A browser then presses the first button of the form."""
    case = open_case(world, CaseKind.ERASURE)
    page = officer.page(f"/desk/cases/{case.id}")
    assert buttons(page)[0] == "erase"
    assert "checked" not in page
    assert decide(officer, case.id, buttons(page)[0])["statusCode"] == 422


def test_a_hold_stops_an_erasure_and_the_page_continues_it_later(world: World, officer: Browser) -> None:
    world.apply_changes(SENDER, Change(HOLD, Entry(Millis(NOW - DAY_MS), Source.AGENT, "{}")))
    case = open_case(world, CaseKind.ERASURE)
    answer = decide(officer, case.id, "erase", sure="yes")
    assert answer["statusCode"] == 409
    assert "A legal hold is active" in answer["body"]
    page = officer.page(f"/desk/cases/{case.id}")
    assert "Interrupted decision: Erase" in page
    form = dict(re.findall(r'<input type="hidden" name="([a-z]+)" value="([^"]*)"', page.split("<main")[1]))
    assert form.pop("token") == officer.token
    assert form == {"decision": "erase", "scope": "", **SURE}
    assert officer.post(f"/desk/cases/{case.id}", form)["statusCode"] == 409


def test_a_confirmation_mail_is_requested_for_the_sender(world: World, officer: Browser) -> None:
    case = open_case(world, CaseKind.OPT_IN)
    assert decide(officer, case.id, "confirmation", scope="news")["statusCode"] == 303
    (message,) = world.messages("CONFIRMATION_REQUESTS_QUEUE_URL")
    request = ConfirmationRequest.from_message(message)
    assert (request.address, request.id) == (SENDER, case.id)


def test_a_confirmation_that_cannot_be_sent_is_explained(world: World, officer: Browser) -> None:
    case = open_case(world, CaseKind.OPT_IN, mail=mail_of("somebody.else@example.com", "for my wife"))
    answer = decide(officer, case.id, "confirmation")
    assert answer["statusCode"] == 422
    assert "No confirmation mail can be sent for this case." in answer["body"]
    restart(MAIL_FROM="")
    assert decide(officer, case.id, "confirmation")["statusCode"] == 422
    assert is_open(case.id)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", list(CaseKind))
def test_each_kind_of_case_is_shown_in_each_language(
    world: World, officer: Browser, language: str, kind: CaseKind
) -> None:
    case = open_case(world, kind)
    officer.language = language
    assert case.id in officer.page("/desk/cases")
    assert f'<html lang="{language}">' in officer.page(f"/desk/cases/{case.id}")
    assert officer.follow(decide(officer, case.id, "none"))
    assert registers(world).get(opt_out_register(ALL_SCOPES)) is None
