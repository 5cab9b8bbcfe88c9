"""Scenes of inbound mails, and of the cases that they become."""

from __future__ import annotations

from functions.cases import app as cases
from functions.mailbox import app as mailbox
from heed.domain.mailbox.case import Case, CaseKind, new_case
from heed.domain.milliseconds import Millis
from heed.domain.opt_in.confirmation_request import ConfirmationRequest
from heed.domain.preferences.register import DAY_MS
from tests.simulation.scenes import ANN, JOHN, Scene, registers
from tests.simulation.scenes_queues import Queue
from tests.simulation.scenes_requests import Api
from tests.support.deployment import NOW, World, client, parts
from tests.support.inbound_mailbox import notice_batch, store_mail


def mail(text: str) -> bytes:
    return f"From: {ANN}\nSubject: mail\n\n{text}\n".encode()


def stored_mails() -> list[str]:
    return [item["Key"] for item in client("s3").list_objects_v2(Bucket="mailbox").get("Contents", ())]


def codes(world: World, address: str) -> set[str]:
    """Returns the names of the registers. The pause of a case has the time of its processing."""
    return {register.code for register in parts().preferences.read(world.recipient(address)).registers}


class InboundMail(Queue):
    """A mail is acted on, and then deleted."""

    function, app = "mailbox", mailbox
    text, event = "Please take me off your mailing list.", "sender-authenticated"

    def prepare(self, world: World) -> None:  # noqa: ARG002
        store_mail(mail(self.text))
        batch = notice_batch(self.event, sender=ANN)
        self.bodies = (batch["Records"][0]["body"],)

    def observe(self, world: World) -> object:
        requests = map(ConfirmationRequest.from_message, world.messages("CONFIRMATION_REQUESTS_QUEUE_URL"))
        waiting = [*parts().cases.open_cases()]
        requested = {(request.id, request.address) for request in requests}
        return codes(world, ANN), codes(world, JOHN), waiting, requested, stored_mails()


class ForgedMail(InboundMail):
    """Its sender gets a confirmation link: once, or once for each lost answer of the queue."""

    event = "dmarc-fail"


class OptOutBesideAnErasureRequest(InboundMail):
    text = "Please delete all my personal data. Take me off your mailing list."


class ReportOfAnotherChild(InboundMail):
    """A case, and the pause of the child."""

    text = f"My daughter is 9 and signed up with {JOHN}."


class ReportOfAChildItself(InboundMail):
    text = "I am 11 years old and signed up without asking my parents."


class Decision(Api):
    """A decision is carried out once, and its mail is deleted."""

    function, app = "cases", cases
    kind, decision = CaseKind.OPT_OUT_DOUBTFUL, "opt-out"

    def prepare(self, world: World) -> None:
        super().prepare(world)
        self.case = open_case(world, self.kind)
        ruling = {"decision": self.decision, "reason": "as she writes"}
        self.requests = (("officer 1", f"/v1/cases/{self.case.id}", ruling),)

    def observe(self, world: World) -> object:
        case = parts().cases.find(self.case.id)
        assert case is not None
        return registers(world), case.state, [*parts().cases.open_cases()], stored_mails()


class DecisionAboutAChild(Decision):
    kind, decision = CaseKind.CHILD_REPORT, "minor"


class HourlyCheck(Scene):
    """The check renews the pause of a reported child, whose case stays open."""

    function = "cases"

    def prepare(self, world: World) -> None:
        open_case(world, CaseKind.CHILD_REPORT)

    def deliver(self, world: World) -> None:
        assert cases.handler({}, world.context) == {"waiting": 1, "due_soon": 1, "unreadable": 0}

    def observe(self, world: World) -> object:
        return codes(world, ANN), len([*parts().cases.open_cases()]), stored_mails()


def open_case(world: World, kind: CaseKind) -> Case:
    """Opens a case of Ann that is due."""
    received = Millis(NOW - 7 * DAY_MS)
    case = new_case(kind, "m1", world.recipient(ANN), received)
    assert parts().open_case(case, mail("please"), "", received)
    return case
