"""Scenes of the functions that read a queue."""

from __future__ import annotations

import json
import time
from typing import Any

from functions.after_confirmation import app as after_confirmation
from functions.feedback import app as feedback
from functions.numbers import app as numbers
from functions.opt_out_retry import app as opt_out_retry
from functions.purge import app as purge
from functions.send_confirmation import app as send_confirmation
from functions.ses_list import app as ses_list
from functions.webhook import app as webhook
from heed.adapters.kms.address_encryption import KmsAddressEncryption
from heed.domain.links.queued_opt_out import QueuedOptOut
from heed.domain.milliseconds import Millis
from heed.domain.numbers.numbers import NumberGrouping
from heed.domain.opt_in.confirmation_request import ConfirmationRequest
from heed.domain.opt_in.confirmation_token import Intent
from heed.domain.opt_in.confirmed_opt_in import ConfirmedOptIn
from heed.domain.preferences.register import DAY_MS, Source
from heed.domain.privacy.erasure import ErasureCause
from heed.domain.privacy.ses_list_request import WALK_REQUEST
from heed.domain.rfc3339 import format_day
from tests.simulation.feedback_messages import format_body as feedback_body
from tests.simulation.scenes import ANN, JOHN, Scene, registers, report
from tests.support import mailbox
from tests.support.deployment import NOW, World, client, parts, restart
from tests.support.registers import scope_numbers
from tests.support.webhook_receiver import WEBHOOK_SECRET, receiving_webhooks


def batch(*bodies: str) -> dict[str, Any]:
    records = [{"messageId": str(n), "receiptHandle": "r", "body": body} for n, body in enumerate(bodies)]
    attributes = {"ApproximateReceiveCount": "1", "SentTimestamp": str(NOW)}
    stamp = {"attributes": attributes, "eventSource": "aws:sqs"}
    return {"Records": [{**record, **stamp} for record in records]}


class Queue(Scene):
    """A batch of a queue; a message that the answer does not report is gone."""

    app: Any
    bodies: tuple[str, ...] = ()

    def deliver(self, world: World) -> None:
        answer = self.app.handler(batch(*self.bodies), world.context)
        assert answer == {"batchItemFailures": []}


class OptOutRetries(Queue):
    function, app = "opt_out_retry", opt_out_retry

    def prepare(self, world: World) -> None:
        requests = [
            QueuedOptOut(world.recipient(ANN), scope_numbers(*scopes), NOW, Source.LINK, "{}", "")
            for scopes in ((2,), (14, 1))
        ]
        self.bodies = tuple(request.to_message() for request in requests)


class Bounces(Queue):
    function, app = "feedback", feedback

    def prepare(self, world: World) -> None:  # noqa: ARG002
        details = {"who": [0], "spelling": 0, "happened_at": NOW, "envelope": "raw", "scope": 0}
        kinds = ("bounce", "complaint", "soft", "poison")
        made = [{**details, "event": kind, "poison": 0} for kind in kinds]
        self.bodies = tuple(feedback_body(message, NOW, place) for place, message in enumerate(made))

    def observe(self, world: World) -> object:
        return registers(world), set(world.messages("FEEDBACK_DLQ_URL"))


class CountedEvents(Queue):
    """Two events, one of which arrives twice, and a message of somebody else."""

    function, app = "numbers", numbers

    def prepare(self, world: World) -> None:
        day = time.time_ns() // 1_000_000 // DAY_MS
        self._day = day
        parts().campaigns.add("spring", Millis(day * DAY_MS))
        detail = {"recipient": world.recipient(ANN), "at": f"{format_day(day)}T00:00:00.000Z"}
        out = {**detail, "id": "a" * 32, "scope": "offers", "state": "out", "source": "link"}
        first = _event("Recipient Opted Out", {**out, "campaign": "spring"})
        bounced = {**detail, "id": "b" * 32, "scope": "*", "state": "undeliverable", "source": "bounce"}
        self.bodies = (first, _event("Recipient Suppressed", bounced), first, "not an event")

    def observe(self, world: World) -> object:
        numbers = parts().numbers
        counted = {
            grouping: sorted(numbers.read(grouping, numbers.find_keys(grouping, [self._day])))
            for grouping in NumberGrouping
        }
        return counted, set(world.messages("NUMBERS_DLQ_URL"))


class Webhooks(Queue):
    """An event, which may be delivered twice, and a message of somebody else."""

    function, app = "webhook", webhook

    def prepare(self, world: World) -> None:
        client("secretsmanager").create_secret(Name="webhook", SecretString=WEBHOOK_SECRET)
        self._receiver = self.resources.enter_context(receiving_webhooks())
        restart(WEBHOOK_URL=self._receiver.url)
        detail = {"recipient": world.recipient(ANN), "at": "2026-03-05T09:12:44.390Z", "source": "link"}
        opted_out = {**detail, "id": "a" * 32, "scope": "offers", "state": "out"}
        self.bodies = (_event("Recipient Opted Out", opted_out), "not an event")

    def observe(self, world: World) -> object:
        received = {(each.id, each.body) for each in self._receiver.received}
        return received, set(world.messages("WEBHOOK_DLQ_URL"))


def _event(detail_type: str, detail: dict[str, Any]) -> str:
    return json.dumps({"source": "heed", "detail-type": detail_type, "detail": detail})


class Confirmations(Queue):
    """One mail; one more if it is unknown whether it was sent, and never two more."""

    function, app = "send_confirmation", send_confirmation

    def prepare(self, world: World) -> None:  # noqa: ARG002
        now = Millis(time.time_ns() // 1_000_000 - 60_000)
        request = ConfirmationRequest(
            "r1", ANN, Intent.IN, scope_numbers(2, 5), "en", now, "https://prefs.example.com", ""
        )
        self.bodies = (request.to_message(),)

    def observe(self, world: World) -> object:
        before = len(mailbox.sent_mails())
        self.deliver(world)
        return 1 <= len(mailbox.sent_mails()) <= 2, len(mailbox.sent_mails()) == before


class Waiting(Scene):
    """A waiting request gets one mail per sweep, and one more if it is unknown; then no request is left."""

    function, app = "send_confirmation", send_confirmation

    def prepare(self, world: World) -> None:
        world.context.milliseconds_left = 300_000
        now = Millis(time.time_ns() // 1_000_000 - 60_000)
        request = ConfirmationRequest(
            "r1", ANN, Intent.OUT, (), "en", now, "https://prefs.example.com", "192.0.2.0/24"
        )
        parts().waiting_queue.send(request.to_message())

    def deliver(self, world: World) -> None:
        mailbox.make_messages_visible("WAITING_QUEUE_URL")
        assert send_confirmation.handler({}, world.context)["left"] == 0

    def observe(self, world: World) -> object:
        return 1 <= len(mailbox.sent_mails()) <= 2, world.messages("WAITING_QUEUE_URL")


class DelayedRequests(Queue):
    """A delayed request is in the queue once or several times, and gets one mail."""

    function, app = "send_confirmation", send_confirmation

    def prepare(self, world: World) -> None:  # noqa: ARG002
        now = Millis(time.time_ns() // 1_000_000)
        request = ConfirmationRequest(
            "r1", ANN, Intent.OUT, (), "en", now, "https://prefs.example.com", "", due=Millis(now + 60_000)
        )
        self.bodies = (request.to_message(),)

    def observe(self, world: World) -> object:
        mailbox.make_messages_visible("WAITING_QUEUE_URL")
        return set(world.messages("WAITING_QUEUE_URL")) == set(self.bodies), mailbox.sent_mails()


class AfterConfirmations(Queue):
    """Your system is notified; once more for each lost answer of its queue, with the same id."""

    function, app = "after_confirmation", after_confirmation

    def prepare(self, world: World) -> None:
        sealed = KmsAddressEncryption(parts().client("kms"), parts().config.address_key).encrypt(ANN)
        self.bodies = (ConfirmedOptIn("p1", world.recipient(ANN), NOW, ("offers",), sealed).to_message(),)

    def observe(self, world: World) -> object:
        notified = [json.loads(body)["id"] for body in world.messages("OPT_IN_NOTIFICATIONS_QUEUE_URL")]
        removals = set(world.messages("SES_LIST_QUEUE_URL"))
        return len(set(notified)), 1 <= len(notified) <= 3, removals == set(self.bodies)


class SesListRemovals(Queue):
    """The opt-in is passed on, once or several times, and leads to one notification."""

    function, app = "ses_list", ses_list

    def prepare(self, world: World) -> None:
        self.ses_list |= {JOHN, "John@Example.com"}
        seal = KmsAddressEncryption(parts().client("kms"), parts().config.address_key)
        people = ((ANN, ANN), (JOHN, "John@Example.com"))
        self.bodies = tuple(
            ConfirmedOptIn("p1", world.recipient(who), NOW, ("offers",), seal.encrypt(given)).to_message()
            for who, given in people
        )

    def observe(self, world: World) -> object:
        handed_on = map(ConfirmedOptIn.from_message, world.messages("CONFIRMED_OPT_INS_QUEUE_URL"))
        return self.ses_list, {(opt_in.recipient, opt_in.is_off_ses_list) for opt_in in handed_on}


class SesListWalks(Queue):
    """A walk, even one that another walk continues, leaves no address on the list and no unfinished purge."""

    function, app = "ses_list", ses_list
    bodies = (WALK_REQUEST.to_message(),)

    def prepare(self, world: World) -> None:
        self.ses_list |= {ANN.upper(), JOHN, "other@example.com"}
        self.purges = [
            report(world, ErasureCause.MINOR, address=ANN),
            report(world, ErasureCause.ERASURE, address=JOHN),
        ]

    def observe(self, world: World) -> object:
        world.while_paused = lambda _: None
        left = purge.handler({}, world.context)["left"]
        states = [found.state for purge_id in self.purges if (found := parts().purges.find(purge_id))]
        return self.ses_list, left, states
