"""People and cases on a local stack, for the pages of the desk."""

from __future__ import annotations

import json
from itertools import count
from typing import Any

from heed.adapters.dynamodb.cases import CASE_PREFIX
from heed.adapters.dynamodb.purges import PURGE_PREFIX
from heed.domain.mailbox.case import CaseDecision, CaseKind, new_case
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import DAY_MS, HOLD, MINOR, UNDELIVERABLE, Change, Source
from tests.support.cases import mail_of
from tests.support.registers import in_, out, pause
from tests.system.running import wait_until
from tests.web.desk_parts import read_texts
from tests.web.page_states import NEWS, OFFERS, RESEARCH, LocalStack

HISTORY = 4
"""The number of entries of the person with a history."""
_MARKUP = "<script>alert(1)</script><b>bold</b> \u202egnp.exe\u2066 \u00ad\u200b&lt;i&gt; "
HOSTILE_MAIL = mail_of(
    '"\u202eofficer" <reader@example.com>',
    f"{_MARKUP}\n{'x' * 3_000}\n\x1b[31m\ttab\n\u05d0\u05d1\u05d2",
    file=b"%PDF",
    name=f"{'invoice' * 20}\u202efdp.exe",
    subject=f"{_MARKUP}{'long ' * 100}",
)
_KINDS = {
    CaseDecision.OPT_OUT: CaseKind.OPT_OUT_DOUBTFUL,
    CaseDecision.CONFIRMATION: CaseKind.OPT_IN,
    CaseDecision.MINOR: CaseKind.CHILD_REPORT,
    CaseDecision.ERASE: CaseKind.ERASURE,
    CaseDecision.NONE: CaseKind.OTHER,
    CaseDecision.FORWARDED: CaseKind.ACCESS,
}
"""A kind of case for each decision."""


class DeskStage:
    """A local stack, of whose people the desk knows something."""

    def __init__(self, stage: LocalStack) -> None:
        self._stage = stage
        self._numbers = count()
        self.agent = stage.person_at_desk("agent")
        self.officer = stage.person_at_desk("privacy")

    def known(self, *changes: Change) -> str:
        """Returns the address of a new person with these choices."""
        return self._stage.address(*changes)

    def held(self) -> str:
        """Returns the address of a person whose record a legal hold preserves."""
        return self.known(self._stage.store_choice(HOLD, Source.AGENT))

    def minor(self, purge: str = "") -> str:
        """Returns the address of a person who is on record as a minor, with the id of the purge."""
        evidence = json.dumps({"purge": purge})
        return self.known(self._stage.store_choice(MINOR, Source.AGE_REPORT, evidence=evidence))

    def reported_above_limit(self) -> str:
        """Returns the address of a person whom an agent reported as a minor above the limit of a day."""
        return self.known(self._stage.store_choice(HOLD, Source.AGE_REPORT))

    def damaged_case(self) -> str:
        """Returns the id of a case that cannot be read."""
        case = self.open_case(CaseKind.OTHER, b"")
        self._stage.damage(f"{CASE_PREFIX}{case}", "kind")
        return case

    def damaged_certificate(self) -> str:
        """Returns the number of a certificate that cannot be read."""
        purge = self.erased_minor()
        self._stage.damage(f"{PURGE_PREFIX}{purge}", "cause")
        return purge

    def path(self, page: str, *changes: Change) -> str:
        """Returns the path of a page about a new person with these choices."""
        return self.path_of(page, self.known(*changes))

    def path_of(self, page: str, address: str) -> str:
        """Returns the path of a page about a person."""
        return f"/desk/people/{self._stage.recipient(address)}/{page}"

    def known_well(self) -> str:
        """Returns the address of a person with a history. It waits until the ledger has it."""
        store = self._stage.store_choice
        address = self.known(
            store(in_(RESEARCH), Source.CONFIRMATION),
            store(out(OFFERS), Source.PHONE),
            store(pause(NEWS), days=30),
            store(UNDELIVERABLE, Source.BOUNCE),
        )
        wait_until(lambda: len(self._look_up(address)["history"]) == HISTORY)
        return address

    def erased_minor(self) -> str:
        """Reports a minor, and returns the number of the certificate."""
        report = {"address": self.known(), "source": "phone", "reference": "CALL-118"}
        return str(self._stage.send("/v1/minors", report)["purge"])

    def open_case(self, kind: CaseKind, mail: bytes, address: str = "", *, days: int = 1) -> str:
        """Opens a case for a mail that arrived some days ago, and returns its id.

        Without an address, nobody knows whom the mail is about.
        """
        recipient = self._stage.recipient(address) if address else ""
        received_at = Millis(self._stage.now - days * DAY_MS)
        case = new_case(kind, f"message {next(self._numbers)}", recipient, received_at)
        parts = self._stage.parts_of("mailbox")
        parts.case_mails.keep(case.id, mail)
        parts.cases.add(case)
        return case.id

    def plan_day(self) -> dict[str, Any]:
        """Returns what agents and officers do within one day (desk.mjs)."""
        return {
            "agent": self.agent,
            "officer": self.officer,
            "second": self._stage.new_officer(),
            "bound": self._stage.brand_agent,
            "caller": self.known(),
            "caller_of_brand": self.known(),
            "pages": {
                "minor": self.path("minor"),
                "request": self.path("erase"),
                "erase": self.path("erase"),
                "hold": self.path("hold"),
                "child": self.path_of("lift", self.minor()),
            },
            "cases": {decision: self._open_case_for(decision) for decision in CaseDecision},
            "held": self.open_case(CaseKind.ERASURE, mail_of("reader@example.com", "erase me"), self.held()),
            "texts": read_texts(),
        }

    def _open_case_for(self, decision: CaseDecision) -> str:
        address = self.known()
        return self.open_case(_KINDS[decision], mail_of(address, "I would like the offers"), address)

    def _look_up(self, address: str) -> dict[str, Any]:
        return self._stage.send("/v1/recipients/lookup", {"address": address})
