"""Scenes of the desk: somebody signs in, looks a person up, records, decides, and presses again."""

from __future__ import annotations

from typing import Any

from functions.purge import app as purge
from heed.domain.desk.session import DeskRole
from heed.domain.mailbox.case import CaseKind
from heed.domain.privacy.erasure import ErasureCause, earlier_purge
from tests.simulation.scenes import ANN, Scene, registers
from tests.simulation.scenes_mails import codes, stored_mails
from tests.support.cases import open_case
from tests.support.deployment import World, parts
from tests.support.desk import Browser, sign_in
from tests.support.issuer import running_issuer, sign_in_by, use_issuer


def disclosure_count() -> int:
    """Returns the number of entries in the register of disclosures."""
    return len(parts().disclosures.latest(None, 10).entries)


def session_count(world: World) -> int:
    """Returns the number of sessions in the table."""
    return sum(item["pk"]["S"].startswith("desk#") for item in world.items("Control"))


class DeskVisits(Scene):
    """Requests of one browser, which somebody who is signed in sends again if there was no answer."""

    role = DeskRole.AGENT

    def prepare(self, world: World) -> None:
        self.browser = sign_in(world, self.role)
        self.path = f"/desk/people/{world.recipient(ANN)}"


class LookUpAtTheDesk(DeskVisits):
    """The page is shown after the disclosure is entered: once, or once for each lost answer."""

    function = "desk"

    def deliver(self, world: World) -> None:  # noqa: ARG002
        self.page = self.browser.follow(self.browser.post("/desk/people", {"person": ANN}))

    def observe(self, world: World) -> object:
        return registers(world), ANN in self.page, 1 <= disclosure_count() <= 3


class RecordAtTheDesk(DeskVisits):
    """The page says "recorded" after the entry is on record, and the entry is there once."""

    function = "desk"
    form = (("change", "all"), ("source", "phone"), ("reference", "call 7"))

    def deliver(self, world: World) -> None:  # noqa: ARG002
        answer = self.browser.post(f"{self.path}/changes", [*self.form, ("step", "record")])
        self.page = self.browser.follow(answer)

    def observe(self, world: World) -> object:
        assert "Recorded" in self.page
        return registers(world)


class DecideAtTheDesk(DeskVisits):
    """A case is decided once. A second press says so."""

    function = "desk"
    role = DeskRole.PRIVACY

    def prepare(self, world: World) -> None:
        super().prepare(world)
        self.case = open_case(world, CaseKind.OPT_OUT_DOUBTFUL, ANN).id

    def deliver(self, world: World) -> None:  # noqa: ARG002
        form = {"decision": "opt-out", "reason": "as she writes"}
        answer = self.browser.post(f"/desk/cases/{self.case}", form)
        self.page = self.browser.follow(answer)

    def observe(self, world: World) -> object:
        case = parts().cases.find(self.case)
        assert case is not None
        return codes(world, ANN), case.ruling, [*parts().cases.open_cases()], stored_mails()


class ActAtTheDesk(DeskVisits):
    """A form that cannot be undone, by an officer who signed in a moment ago."""

    role = DeskRole.PRIVACY
    page: str
    form = (("way", "phone"), ("reference", "call 7"), ("confirmed", "yes"))

    def deliver(self, world: World) -> None:  # noqa: ARG002
        self.browser.follow(self.browser.post(f"{self.path}/{self.page}", self.form))


class HoldAtTheDesk(ActAtTheDesk):
    function = "desk"
    page = "hold"
    form = (("way", "phone"), ("reference", "call 7"), ("reason", "court order 9"))


class ReportMinorAtTheDesk(ActAtTheDesk):
    """A report; the purge after it finds what it needs."""

    function = "desk"
    page = "minor"
    cause = ErasureCause.MINOR

    def observe(self, world: World) -> object:
        left = purge.handler({}, world.context)["left"]
        purge_id = earlier_purge(parts().preferences.read(world.recipient(ANN)), self.cause)
        assert purge_id is not None
        certificate = parts().purges.find(purge_id)
        assert certificate is not None
        return registers(world), left, certificate.state, certificate.subject


class EraseAtTheDesk(ReportMinorAtTheDesk):
    function = "desk"
    page = "erase"
    cause = ErasureCause.ERASURE


class RequestErasureAtTheDesk(ActAtTheDesk):
    """An agent's request is one case, whose mail is kept."""

    function = "desk"
    role = DeskRole.AGENT
    page = "erase"

    def observe(self, world: World) -> object:
        return registers(world), [*parts().cases.open_cases()], stored_mails()


class SignIn(Scene):
    """Somebody signs in, and begins again after a lost answer. Then a session of no browser may be left."""

    function = "desk"

    def prepare(self, world: World) -> None:  # noqa: ARG002
        self.issuer = self.resources.enter_context(running_issuer())
        use_issuer(self.issuer)

    def deliver(self, world: World) -> None:
        self.browser = Browser(world)
        answer = sign_in_by(self.browser, self.issuer)
        assert answer["statusCode"] == 303, answer

    def observe(self, world: World) -> object:
        return "Ada Agent (agent)" in self.browser.page("/desk"), 1 <= session_count(world) <= 3


class SignOut(SignIn):
    """A sign-out that has an answer has ended the session. After a lost answer the session may have ended."""

    def prepare(self, world: World) -> None:
        super().prepare(world)
        super().deliver(world)

    def deliver(self, world: World) -> None:  # noqa: ARG002
        self.answer: Any = self.browser.post("/desk/sign-out")

    def observe(self, world: World) -> object:
        return session_count(world), self.browser.get("/desk")["statusCode"]
