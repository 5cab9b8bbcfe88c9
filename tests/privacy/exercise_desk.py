"""Sends marked addresses through the desk: the sign-in, each page, and a form whose session has ended."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from functions.desk import app
from heed.domain.desk.session import IDLE_LIMIT, DeskRole
from heed.domain.mailbox.case import CaseKind
from tests.support.cases import mail_of, open_case
from tests.support.deployment import NOW
from tests.support.desk import Browser, sign_in
from tests.support.issuer import running_issuer, sign_in_by, use_issuer

if TYPE_CHECKING:
    from tests.privacy.exercise_all import Drive


def exercise_desk(drive: Drive, address: str) -> None:
    """Signs somebody in whose claims and forms have the address."""
    browser = Browser(drive.world)
    with running_issuer() as issuer, _recorded_routes(drive):
        use_issuer(issuer)
        issuer.subject = issuer.name = address  # as with an issuer whose subject is an address
        issuer.claims = {"email": address, "preferred_username": address}
        issuer.gives_refresh_tokens = True
        sign_in_by(browser, issuer, "/desk/sign-in?" + urlencode({"next": f"/desk?q={address}"}))
        drive.secrets["session of the desk"] = browser.value
        browser.get("/desk?" + urlencode({"q": address}))
        _record(browser, address)
        browser.post("/desk/people", {"person": address}, at=NOW + IDLE_LIMIT)
        sign_in_by(browser, issuer, error=address, code="")
        sign_in_by(browser, issuer)
        browser.post("/desk/sign-out")
        browser.page("/desk/signed-out")
        _decide(sign_in(drive.world, DeskRole.PRIVACY), drive, address)
        sign_in_by(browser, issuer)
        drive.secrets["last session of the desk"] = browser.value


@contextmanager
def _recorded_routes(drive: Drive) -> Iterator[None]:
    """Records each request to the desk that is not refused."""
    handle = app.handler

    def handle_and_record(event: dict[str, Any], context: Any) -> dict[str, Any]:
        answer: dict[str, Any] = handle(event, context)
        if answer["statusCode"] < HTTPStatus.BAD_REQUEST:
            drive.routes.add(("desk", event["requestContext"]["http"]["method"], event["rawPath"]))
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app, "handler", handle_and_record)
        yield


def _decide(officer: Browser, drive: Drive, address: str) -> None:
    """Decides cases whose mails and reasons have the address, and opens the registers."""
    mail = mail_of(address, f"forget {address}", file=b"x", name=f"{address}.pdf", subject=address)
    for number, decision in enumerate(("opt-out", "erase")):
        case = open_case(drive.world, CaseKind.ERASURE, address, mail, message=f"desk {number}")
        path = f"/desk/cases/{case.id}"
        officer.page(path)
        officer.post(path, {"decision": decision, "scope": address, "reason": address})
        officer.post(path, {"decision": decision, "reason": f"asked by {address}", "sure": "yes"})
        officer.page(path)
    for page in ("cases", "purges", "disclosures", "deadlines", "numbers", "numbers.csv"):
        officer.page(f"/desk/{page}")
    certificate, *_ = re.findall('href="(/desk/purges/[^"]+)"', officer.page("/desk/purges"))
    officer.page(certificate)
    officer.get("/desk/numbers?" + urlencode({"from": address, "to": address}))


def _record(browser: Browser, address: str) -> None:
    """Looks a person up by address, records changes with the address in each field, and takes one back."""
    answer = browser.post("/desk/people", {"person": f"Joan <{address}>", "purpose": "legal"})
    person = answer["headers"]["Location"]
    browser.page(person)
    stop = {"change": "all", "source": "phone", "reference": f"call of {address}"}
    back = {"change": "back", "topic": "offers", "source": "letter", "reference": address}
    for form in (stop, back, {**stop, "change": address, "day": address, "time": address, "until": address}):
        for step in ("", "edit", "record"):
            browser.post(f"{person}/changes", {**form, "step": step})
    browser.post(f"{person}/changes", {**back, "step": "mail"})
    browser.post(f"{person}/changes", {**stop, "step": "record"})
    browser.page(f"{person}/changes")
    browser.post(f"{person}/taken-back")
    browser.post(f"{person}/link")
    browser.page("/desk")
    _act(browser, person, address)
    _act(sign_in(browser.world, DeskRole.PRIVACY, at=NOW - 1), person, address)


def _act(browser: Browser, person: str, address: str) -> None:
    """Holds, lifts, erases and reports a minor, as far as the role may, with the address in each field."""
    form = {"way": "phone", "reference": f"mail of {address}", "reason": f"she is {address}"}
    for page, more in (
        ("hold", {}),
        ("lift", {"register": "hold", "scope": address}),
        ("erase", {"confirmed": "yes"}),
        ("minor", {"confirmed": "yes"}),
        ("lift", {"register": "minor"}),
    ):
        browser.get(f"{person}/{page}?" + urlencode({"case": address, "done": address}))
        browser.post(f"{person}/{page}", {"way": address, "register": address, "scope": address})
        browser.post(f"{person}/{page}", {**form, **more})
        browser.get(f"{person}/{page}")
    browser.get("/desk")
