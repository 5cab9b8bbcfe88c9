"""Sends marked addresses through the desk: the sign-in, each page, and a form whose session has ended."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from heed.domain.desk.session import IDLE_LIMIT
from tests.support.deployment import NOW
from tests.support.desk import Browser
from tests.support.issuer import running_issuer, sign_in_by, use_issuer

if TYPE_CHECKING:
    from tests.privacy.exercise_all import Drive


def exercise_desk(drive: Drive, address: str) -> None:
    """Signs somebody in whose claims and forms have the address."""
    browser = Browser(drive.world)
    routes = {("GET", "/desk"), ("GET", "/desk/signed-in"), ("POST", "/desk/people")}
    drive.routes |= {("desk", method, path) for method, path in routes}
    with running_issuer() as issuer:
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
        sign_in_by(browser, issuer)
        drive.secrets["last session of the desk"] = browser.value


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
