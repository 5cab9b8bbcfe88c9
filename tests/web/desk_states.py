"""The pages of the desk for the browser: each page in each state. Somebody signs in first, at the issuer."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from itertools import product

from heed.domain.mailbox.case import CaseKind
from heed.domain.preferences.register import (
    ALL_SCOPES,
    COMPLAINT,
    Source,
)
from tests.support.registers import out, pause
from tests.web.desk_stage import HISTORY, HOSTILE_MAIL, DeskStage
from tests.web.matrix import LANGUAGES, Visit
from tests.web.page_states import MERIDIAN, LocalStack

LOOK_UP, PREVIEW, RECORD = ".look-up button", "#record .actions button", "button[value=record]"
BACK, STOP = "#change-back", "button[accesskey='1']"
SEND = "main form .actions button"

# `page` is the name of the page that a visit ends at (layers/brand/desk/pages).
# The rest is as in page_states.py.


class DeskStates:
    """The visits to the desk of a stack."""

    def __init__(self, stage: LocalStack) -> None:
        self._stage = stage
        self._desk = DeskStage(stage)
        self._silent = self._desk.known()

    @cached_property
    def _known_well(self) -> str:
        return self._desk.known_well()

    def everywhere(self) -> Iterator[Visit]:
        """Every page of a healthy stack, in every language."""
        groups = (
            self._around_pages,
            self._home,
            self._people,
            self._changes,
            self._actions,
            self._registers,
            self._numbers,
        )
        for language, visits in product(LANGUAGES, groups):
            for visit in visits():
                yield in_language(language, visit)

    def empty(self) -> Iterator[Visit]:
        """The lists while they have no entries."""
        visit = {"desk": True, "person": self._desk.officer, "shows": "main:not(:has(tbody))"}
        lists = {
            "cases": "/desk/cases",
            "certificates": "/desk/purges",
            "deadlines": "/desk/deadlines",
            "numbers": "/desk/numbers?from=2020-01-01&to=2020-01-02&by=topic",
        }
        for language, (page, url) in product(LANGUAGES, lists.items()):
            yield in_language(language, {**visit, "page": page, "state": f"no {page}", "url": url})

    def damaged(self) -> Iterator[Visit]:
        """The pages about a case and a certificate that cannot be read, and the lists that have them."""
        case, purge = self._desk.damaged_case(), self._desk.damaged_certificate()
        visit = {"desk": True, "person": self._desk.officer}
        lists = {"cases": "/desk/cases", "certificates": "/desk/purges"}
        records = {"a case": f"/desk/cases/{case}", "a certificate": f"/desk/purges/{purge}"}
        for language in LANGUAGES:
            for page, url in lists.items():
                listed = {**visit, "page": page, "state": f"{page}, one is damaged", "url": url}
                yield in_language(language, {**listed, "shows": "h1 ~ .mistakes"})
            for what, url in records.items():
                damaged = {**visit, "page": "unavailable", "state": f"{what} is damaged", "url": url}
                yield in_language(language, {**damaged, "status": 503, "shows": "h1:not(:has(~ form))"})

    def unavailable(self) -> Iterator[Visit]:
        """The page while the store of preferences does not answer."""
        visit = self._person("unavailable", self._silent, "h1:not(:has(~ form))")
        for language in LANGUAGES:
            yield in_language(language, {**visit, "page": "unavailable", "status": 503})

    def _around_pages(self) -> list[Visit]:
        signed_out = {"desk": True, "shows": "header:not(:has(nav))"}
        agent = {"desk": True, "person": self._desk.agent}
        return [
            {
                **signed_out,
                "page": "sign-in-failed",
                "state": "sign-in failed",
                "url": "/desk/signed-in?code=a&state=b",
                "status": 403,
            },
            {**signed_out, "page": "signed-out", "state": "signed out", "url": "/desk/signed-out"},
            {
                **agent,
                "page": "session-ended",
                "state": "session ended",
                "url": "/desk",
                "fill": {"#person": self._silent},
                "forget": True,
                "press": LOOK_UP,
                "status": 403,
                "shows": "main a[href^='/desk/sign-in?next=']",
            },
            {
                **agent,
                "page": "missing",
                "state": "missing",
                "url": "/desk/nothing",
                "status": 404,
                "shows": "main a[href='/desk']",
            },
            {
                **agent,
                "page": "refused",
                "state": "refused",
                "url": "/desk/cases",
                "status": 403,
                "shows": "header:has(nav) + main a[href='/desk']",
            },
        ]

    def _home(self) -> list[Visit]:
        visit = {"desk": True, "person": self._desk.agent, "page": "home", "url": "/desk"}
        return [
            {**visit, "state": "home", "shows": "#person:focus"},
            {
                **visit,
                "state": "home, a mistake",
                "fill": {"#person": "joan"},
                "press": LOOK_UP,
                "status": 422,
                "shows": ".mistakes ~ form #person[aria-invalid]:focus",
            },
            {
                **self._person("home, own entries", self._desk.known(), "h2 + ul a[href^='/desk/people/']"),
                "page": "home",
                "then": [{"press": STOP}, {"press": RECORD}, {"press": "a[accesskey=n]"}],
            },
        ]

    def _people(self) -> list[Visit]:
        stage = self._stage
        stopped = stage.store_choice(out(ALL_SCOPES), Source.ONE_CLICK)
        paused = stage.store_choice(pause(MERIDIAN), days=30)
        complaint = stage.store_choice(COMPLAINT, Source.COMPLAINT)
        of_brand = {"person": stage.brand_agent}
        return [
            self._person("person, silent", self._silent, "h1 ~ .notice + section.notice"),
            self._person("person, mistyped", "reader@gmial.com", ".notice + form [name=person]"),
            self._person("person, history", self._known_well, f".timeline li:nth-child({HISTORY})"),
            self._person("person, everything stopped", self._desk.known(stopped), "ul li .soft"),
            self._person("person, paused", self._desk.known(paused), "ul li .soft"),
            self._person("person, a complaint", self._desk.known(complaint), "ul li .soft"),
            self._person("person, a hold", self._desk.held(), "ul li .soft"),
            self._person("person, a minor", self._desk.minor(), "ul li .soft"),
            {**self._person("person, of a brand", self._silent, "[name=change][value=brands]"), **of_brand},
        ]

    def _changes(self) -> list[Visit]:
        complaint = self._desk.known(self._stage.store_choice(COMPLAINT, Source.COMPLAINT))
        topics = {"check": "[value=offers]"}
        return [
            {
                **self._person("change, mistakes", self._desk.known(), ".mistakes:focus li + li"),
                "page": "change",
                "then": [{"check": BACK, "fill": {"#time": "10:00"}, "press": PREVIEW}],
                "status": 422,
            },
            {
                **self._person("change, again", self._desk.known(), "form#record:not(.mistakes ~ *)"),
                "page": "change",
                "then": [{"press": STOP}, {"press": "button[value=edit]"}],
            },
            {
                **self._person("preview", self._silent, f"{RECORD}:focus"),
                "page": "preview",
                "then": [{"press": STOP}],
            },
            {
                **self._person("preview, refused", self._desk.held(), f"form:not(:has({RECORD}))"),
                "page": "preview",
                "then": [{"press": STOP}],
            },
            {
                **self._person("preview, of a brand", self._silent, f"{RECORD}:focus"),
                "person": self._stage.brand_agent,
                "page": "preview",
                "then": [{"press": STOP}],
            },
            {
                **self._person("preview, mail again", complaint, "button[value=mail]:focus"),
                "page": "preview",
                "then": [
                    {**topics, "fill": {"#reference": "LETTER-7"}},
                    {"check": BACK, "press": PREVIEW},
                ],
            },
            {
                **self._person("confirmation mail sent", complaint, "h1:focus ~ .notice"),
                "page": "mail_sent",
                "then": [
                    {**topics, "fill": {"#reference": "LETTER-7"}},
                    {"check": BACK, "press": PREVIEW},
                    {"press": "button[value=mail]"},
                ],
            },
            {
                **self._person("recorded", self._desk.known(), "h1:focus ~ .notice"),
                "page": "recorded",
                "then": [{"press": STOP}, {"press": RECORD}],
            },
            {
                **self._person("link", self._silent, "pre"),
                "page": "link",
                "then": [{"press": "form[action$='/link'] button"}],
            },
        ]

    def _actions(self) -> list[Visit]:
        """Reports of minors, erasures, holds and lifts, by an officer. An agent requests an erasure."""
        desk, path = self._desk, self._desk.path
        agent, officer = ({"desk": True, "person": each} for each in (desk.agent, desk.officer))
        mistakes = {"press": SEND, "status": 422, "shows": ".mistakes ~ form [aria-invalid]"}
        call = {"check": "[value=phone]", "fill": {"#reference": "CALL-118"}}
        sure = [{"check": "#confirmed", "press": SEND}]
        reason = {"fill": {"#reference": "FILE-7", "#reason": "a lawsuit"}}
        done = "[role=status]"
        complained = self._stage.store_choice(COMPLAINT, Source.COMPLAINT)
        waiting = desk.reported_above_limit()
        return [
            {**officer, **mistakes, "page": "minor", "state": "minor", "url": path("minor")},
            {**officer, **call, "page": "minor", "state": "minor, reported", "url": path("minor")}
            | {"then": sure, "shows": done},
            {**agent, "page": "minor", "state": "minor, above the limit"}
            | {"url": desk.path_of("minor", waiting), "shows": f"{done}:not(:has(~ form))"},
            {**officer, "page": "minor", "state": "minor, to confirm"}
            | {"url": desk.path_of("minor", waiting), "shows": ".notice:has(a[href$='/lift']) ~ form"},
            {**officer, "page": "minor", "state": "minor, the certificate has expired"}
            | {"url": desk.path_of("minor", desk.minor("0" * 32)), "shows": f"{done} ~ p code"},
            {**officer, **mistakes, "page": "erase", "state": "erasure", "url": path("erase")},
            {**officer, **call, "page": "erase", "state": "erasure, done", "url": path("erase")}
            | {"then": sure, "shows": done},
            {**agent, **mistakes, "page": "erase", "state": "erasure, request", "url": path("erase")},
            {**agent, **call, "page": "erase", "state": "erasure, requested", "url": path("erase")}
            | {"then": sure, "shows": done},
            {**officer, **mistakes, "page": "hold", "state": "hold", "url": path("hold")},
            {**officer, **reason, "page": "hold", "state": "hold, placed", "url": path("hold")}
            | {"then": [{"check": "[value=letter]", "press": SEND}], "shows": done},
            {**officer, "page": "hold", "state": "hold, a report waits"}
            | {"url": desk.path_of("hold", waiting), "shows": ".notice ~ form"},
            {**officer, **mistakes, "page": "lift", "state": "lift", "url": path("lift", complained)},
            {
                **officer,
                **reason,
                "page": "lift",
                "state": "lift, done",
                "url": desk.path_of("lift", desk.held()),
            }
            | {"press": SEND, "shows": done},
            {
                **officer,
                "page": "lift",
                "state": "lift, a report waits",
                "url": desk.path_of("lift", waiting),
                "shows": ".notice a[href$='/minor']",
            },
            {**officer, **reason, "page": "lift", "state": "lift, signed"}
            | {"url": desk.path_of("lift", desk.minor()), "press": SEND, "shows": f"{done} ~ .notice"},
        ]

    def _registers(self) -> list[Visit]:
        visit = {"desk": True, "person": self._desk.officer}
        purge, open_case = self._desk.erased_minor(), self._desk.open_case
        case = open_case(CaseKind.ERASURE, HOSTILE_MAIL, self._desk.known(), days=40)
        decide = {**visit, "page": "case", "url": f"/desk/cases/{case}"}
        of_stranger = open_case(CaseKind.OTHER, b"")
        to_decide, decided_first = (open_case(CaseKind.ACCESS, b"", self._desk.known()) for _ in range(2))
        listed = {**visit, "shows": "tbody tr"}
        return [
            {**listed, "page": "cases", "state": "cases", "url": "/desk/cases", "shows": "td .late"},
            {**decide, "state": "case", "shows": "pre + h3 + ul"},
            {
                **decide,
                "state": "case, no reason",
                "press": "[value=erase]",
                "status": 422,
                "shows": "#reason[aria-invalid]",
            },
            {
                **decide,
                "state": "case, not sure",
                "fill": {"#reason": "as the letter says"},
                "press": "[value=erase]",
                "status": 422,
                "shows": "#sure[aria-invalid]",
            },
            {
                **visit,
                "page": "case",
                "state": "case, about nobody",
                "url": f"/desk/cases/{of_stranger}",
                "shows": "form:not(:has([value=erase]))",
            },
            {
                **visit,
                "page": "case",
                "state": "case, decided",
                "url": f"/desk/cases/{to_decide}",
                "fill": {"#reason": "as the letter says"},
                "press": "[value=none]",
                "shows": "[role=status] .verdict",
            },
            {
                **visit,
                "page": "case",
                "state": "case, decided by somebody else",
                "url": f"/desk/cases/{decided_first}",
                "meanwhile": {"fill": {"#reason": "a call"}, "press": "[value=none]"},
                "fill": {"#reason": "as the letter says"},
                "press": "[value=forwarded]",
                "status": 409,
                "shows": ".mistakes + .notice .verdict",
            },
            {**listed, "page": "certificates", "state": "certificates", "url": "/desk/purges"},
            {**visit, "page": "certificate", "state": "certificate", "url": f"/desk/purges/{purge}"}
            | {"shows": ".verdict + .facts"},
            {**listed, "page": "disclosures", "state": "disclosures", "url": "/desk/disclosures"},
            {**visit, "page": "deadlines", "state": "deadlines", "url": "/desk/deadlines", "shows": "h1 + p"},
        ]

    def _numbers(self) -> list[Visit]:
        visit = {"desk": True, "person": self._desk.officer, "page": "numbers"}
        return [
            {**visit, "state": "numbers", "url": "/desk/numbers", "shows": "svg rect"},
            {
                **visit,
                "state": "numbers, a mistake",
                "url": "/desk/numbers?from=2026-02-01&to=2026-01-01",
                "status": 422,
                "shows": ".mistakes ~ form [aria-invalid]",
            },
        ]

    def _person(self, state: str, address: str, shows: str) -> Visit:
        """Returns the visit of somebody who looks a person up."""
        return {
            "desk": True,
            "person": self._desk.agent,
            "page": "person",
            "state": state,
            "url": "/desk",
            "fill": {"#person": address},
            "press": LOOK_UP,
            "shows": shows,
        }


def in_language(language: str, visit: Visit) -> Visit:
    """Returns a visit by a browser that prefers a language."""
    return {
        **visit,
        "state": f"desk: {visit['state']}",
        "language": language,
        "headers": {"Accept-Language": language},
        "shows": f"html[lang={language}]:has({visit['shows']})",
    }
