"""Scenes of HTTP requests: people on pages, platforms and agents with keys."""

from __future__ import annotations

import json
from typing import Any

from functions.agents import app as agents
from functions.platform import app as platform
from functions.preferences import app as preferences
from functions.purge import app as purge
from functions.resubscribe import app as resubscribe
from functions.unsubscribe import app as unsubscribe
from heed.domain.api_key import KeyScope
from heed.domain.links.link_token import TokenPurpose
from heed.domain.milliseconds import Millis
from heed.domain.opt_in.confirmation_token import ConfirmationToken, Intent, mint_confirmation_token
from heed.domain.opt_in.confirmed_opt_in import ConfirmedOptIn
from heed.domain.preferences.register import DAY_MS
from heed.domain.privacy.erasure import ErasureCause
from tests.simulation.scenes import ANN, JOHN, Scene, press, registers, report
from tests.support.deployment import NOW, World, http_event, parts
from tests.support.registers import in_, scope_numbers


class Page(Scene):
    """A form on a page, sent again if there was no answer."""

    app: Any = unsubscribe
    form: tuple[tuple[str, str], ...] = (("List-Unsubscribe", "One-Click"),)
    answers = 200

    def prepare(self, world: World) -> None:
        self.path = f"/u/{world.token(ANN)}"

    def deliver(self, world: World) -> None:
        made = http_event("POST", self.path, form=self.form, headers={"sec-gpc": "1"})
        assert self.app.handler(made, world.context)["statusCode"] == self.answers


class Press(Page):
    function = "unsubscribe"


class Save(Page):
    function, app, answers = "preferences", preferences, 303
    form = (("topic.offers", "out"), ("topic.news", "out"), ("pause", "30"))

    def prepare(self, world: World) -> None:
        self.path = f"/p/{world.token(ANN, 1, purpose=TokenPurpose.PREFERENCES)}"


class RequestConfirmation(Page):
    function, app, answers = "resubscribe", resubscribe, 202
    form = (("address", ANN), ("topics", "offers"), ("intent", "in"))

    def prepare(self, world: World) -> None:  # noqa: ARG002
        self.path = "/subscribe"

    def observe(self, world: World) -> object:
        waiting = map(json.loads, world.messages("CONFIRMATION_REQUESTS_QUEUE_URL"))
        return {(request["id"], request["address"], tuple(request["scopes"])) for request in waiting}


class ConfirmOptIn(Page):
    function, app, form, answers = "resubscribe", resubscribe, (), 303

    def prepare(self, world: World) -> None:
        token = ConfirmationToken(
            world.recipient(ANN), Intent.IN, scope_numbers(2, 5), Millis(NOW - 60_000), b"sealed"
        )
        self.path = f"/c/{mint_confirmation_token(token, parts().confirmation_keys.confirmation_key(1))}"

    def observe(self, world: World) -> object:
        waiting = [
            ConfirmedOptIn.from_message(body) for body in world.messages("CONFIRMED_OPT_INS_QUEUE_URL")
        ]
        return registers(world), {(opt_in.press_id, opt_in.requested_at, opt_in.topics) for opt_in in waiting}


class Api(Scene):
    """Requests to /v1, with keys of two owners."""

    app: Any = agents
    requests: tuple[tuple[str, str, dict[str, Any]], ...]

    def prepare(self, world: World) -> None:
        world.apply_changes(ANN, press(Millis(NOW - DAY_MS)), press(Millis(NOW - DAY_MS), in_(3)))
        make = parts().api_keys.create
        self.keys = {owner: make("key", owner, list(KeyScope))[1] for owner in ("officer 1", "officer 2")}
        self.answers: list[Any] = []

    def deliver(self, world: World) -> None:
        self.answers = []
        for owner, path, body in self.requests:
            headers = {"authorization": f"Bearer {self.keys[owner]}"}
            made = http_event("POST", path, body=json.dumps(body), headers=headers)
            answer = self.app.handler(made, world.context)
            assert answer["statusCode"] in (200, 202), answer
            self.answers.append(json.loads(answer["body"]))


WHY = {"reference": "letter 7", "reason": "asked for"}
ABOUT = {"address": ANN, "source": "letter", "reference": "letter 7"}
CHANGES = [{**ABOUT, "scope": scope, "state": "out"} for scope in ("*", "offers")]


class Letter(Api):
    function = "agents"
    requests = (("officer 1", "/v1/changes", {"changes": [*CHANGES, {**CHANGES[0], "address": JOHN}]}),)

    def observe(self, world: World) -> object:
        return registers(world), registers(world, JOHN)


class LookUp(Api):
    function = "agents"
    requests = (("officer 1", "/v1/recipients/lookup", {"address": ANN}),)

    def observe(self, world: World) -> object:
        return registers(world), len(self.answers[0]["registers"])


class HoldAndLift(Api):
    function = "agents"
    requests = (
        ("officer 1", "/v1/holds", {**ABOUT, **WHY}),
        ("officer 1", "/v1/lifts", {"address": ANN, "register": "undeliverable", **WHY}),
    )


class LiftMinor(Api):
    function = "agents"
    requests = tuple(
        (owner, "/v1/lifts", {"address": ANN, "register": "minor", **WHY})
        for owner in ("officer 1", "officer 2")
    )

    def prepare(self, world: World) -> None:
        super().prepare(world)
        report(world, ErasureCause.MINOR, Millis(NOW - DAY_MS))

    def observe(self, world: World) -> object:
        return registers(world)[::2]


class Minor(Api):
    """A report; the purge after it finds what it needs."""

    function = "agents"
    requests = (("officer 1", "/v1/minors", ABOUT),)

    def observe(self, world: World) -> object:
        purge.handler({}, world.context)
        certificate = parts().purges.find(self.answers[0]["purge"])
        assert certificate is not None
        return registers(world), certificate.state, certificate.subject


class Erasure(Minor):
    requests = (("officer 1", "/v1/erasures", ABOUT),)


class RequestFromServer(Api):
    function, app = "platform", platform
    requests = (("officer 1", "/v1/subscriptions", {"address": ANN, "intent": "in", "topics": ["offers"]}),)

    def observe(self, world: World) -> object:
        waiting = map(json.loads, world.messages("CONFIRMATION_REQUESTS_QUEUE_URL"))
        return {(request["id"], request["address"], tuple(request["scopes"])) for request in waiting}


class Checks(Api):
    function, app = "platform", platform
    requests = (
        ("officer 1", "/v1/check", {"topic": "offers", "addresses": [ANN, JOHN]}),
        ("officer 1", "/v1/links", {"topic": "offers", "addresses": [ANN]}),
    )

    def observe(self, world: World) -> object:
        checked, minted = self.answers
        decisions = [(result["sendable"], result["reason"]) for result in checked["results"]]
        return registers(world), decisions, len(minted["links"])
