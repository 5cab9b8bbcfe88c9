"""Runs a simulated program: the steps, the faults over them, and the history of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler.api_gateway import BaseRouter

from heed.codec.record import decode_register
from heed.domain.errors import HeedError
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import Change, Entry, Source
from tests.simulation import feedback_messages, link_steps, presses, requests
from tests.simulation.attacker import Attacker
from tests.simulation.deployment import APPS, KEY_RINGS, SimulatedDeployment
from tests.simulation.history import (
    Ack,
    Anomaly,
    CheckAnswer,
    End,
    Fact,
    History,
    Observation,
    QueuedPromise,
    Start,
)
from tests.simulation.log_capture import CapturedOutput
from tests.simulation.nemesis import Killed
from tests.simulation.sqs import Message, SimulatedQueue, event
from tests.simulation.steps import Step
from tests.support.deployment import NOW, parts

_BY_LINK = ("press", "look", "save", "undo", "attack")
_READ_ONLY = ("check", "look")


class SimulatedProgram:
    """Runs steps one after another; one of them may run inside another."""

    def __init__(self, stage: SimulatedDeployment) -> None:
        self.stage = stage
        self.history = History()
        self.ring = KEY_RINGS[0]
        self.feedback, self.later = SimulatedQueue(), SimulatedQueue()
        self.unprocessable: set[str] = set()
        self.dead_letters: set[str] = set()
        self.undos: list[tuple[str, tuple[Fact, ...]]] = []
        self.attacker = Attacker(stage)
        self._number = 0
        self._serial = 0
        stage.begin(self.ring)

    def run(self, steps: Iterable[Step]) -> History:
        """Runs the steps, and then an end without faults."""
        last = NOW
        for step in steps:
            last = Millis(max(last, step.at))
            self.step(step)
        return self.end(last)

    def end(self, at: Millis) -> History:
        """Delivers all waiting messages without faults, and returns everything that happened."""
        self._drain(at)
        return self.history

    def step(self, step: Step) -> None:
        """Runs one step, and records what an observer sees after it."""
        self.stage.clock = step.at
        self.stage.nemesis.tally.update(rows(step))
        if step.kind in requests.REQUESTS:
            self._request(step)
        elif step.kind in ("feedback", "later"):
            self._deliver(step)
        else:
            _OTHER_STEPS[step.kind](self, step)

    # ---- Invocations

    def invoke(
        self,
        step: Step,
        facts: tuple[Fact, ...],
        call: Callable[[], Any],
        read: Callable[[Any, int], None],
        batch: int = 0,
        *,
        changes_nothing: bool = False,
    ) -> None:
        """Runs one invocation: its faults, its answer, and what is seen after it."""
        self._number += 1
        number = self._number
        self.history.add(Start(number, facts))

        link_steps = step.at if step.kind in _BY_LINK else None
        self.stage.nemesis.tally.update(40 for inner in step.inside.values() if inner.kind == "report")

        def meanwhile(inner: Step) -> Callable[[], None]:
            def happen() -> None:
                self._collect(facts)
                self.history.add(Observation(number, self.stage.observe(), by_link=link_steps))
                router, clock = vars(BaseRouter).copy(), self.stage.clock
                with self.stage.nemesis.over({}, {}):
                    self.step(inner)
                for name in ("current_event", "lambda_context"):  # they belong to the outer invocation
                    if name in router:
                        setattr(BaseRouter, name, router[name])
                self.stage.clock = clock

            return happen

        inside = {place: meanwhile(inner) for place, inner in step.inside.items()}
        self.stage.context.milliseconds_left = step.left
        try:
            with self.stage.nemesis.over(step.faults, inside, batch), CapturedOutput(mute=step.mute):
                answer = call()
        except Killed:
            pass
        except Exception as error:  # noqa: BLE001 - a bug of ours is what is looked for
            self.history.add(Anomaly(number, f"{step.kind} raised {type(error).__name__}: {error}"))
        else:
            read(answer, number)
        self._collect(facts)
        changes_nothing = (changes_nothing or (step.kind in _READ_ONLY and not facts)) and not step.inside
        self.history.add(Observation(number, self.stage.observe(), changes_nothing, link_steps))

    def _collect(self, facts: tuple[Fact, ...]) -> None:
        """Collects the messages that the product put into its queues."""
        for body in self.stage.take("later"):
            self._serial += 1
            self.later.waiting.append(Message(f"later-{self._serial}", body, 0, facts))
        self.dead_letters.update(self.stage.take("dead letters"))
        self.stage.take("subscribe")  # a mail that no attacker reads

    def _request(self, step: Step) -> None:
        made, facts = requests.request(self.stage, step, self.ring)
        app = APPS["press" if step.kind == "look" else step.kind]

        def read(answer: dict[str, Any], number: int) -> None:
            status = answer["statusCode"]
            if step.kind == "check":
                self._read_check(step, answer, number)
            elif status < HTTPStatus.BAD_REQUEST:
                if step.kind == "press" and not facts:
                    self.history.add(Anomaly(number, "a link of an unknown key was let in"))
                self.history.add(Ack(number, requests.saved_facts(facts, answer)))
                if text := requests.undo_in(answer):
                    self.undos.append((text, presses.undos(facts)))
            elif requests.KEPT in answer["body"]:
                self.history.add(QueuedPromise(number, facts))
            elif step.kind == "report" and status == HTTPStatus.CONFLICT:
                return  # a hold is active
            elif status not in requests.LATER and not (status == HTTPStatus.NOT_FOUND and not facts):
                self.report_status(step, number, status)

        self.invoke(step, facts, lambda: app.handler(made, self.stage.context), read)

    def report_status(self, step: Step, number: int, status: int) -> None:
        self.history.add(Anomaly(number, f"{step.kind} answered {status}"))

    def _read_check(self, step: Step, answer: dict[str, Any], number: int) -> None:
        status = answer["statusCode"]
        if step.what["ended"]:
            self.stage.nemesis.tally[32] += 1
            if status not in (HTTPStatus.UNAUTHORIZED, *requests.LATER):
                self.history.add(Anomaly(number, "a key past its end was let in"))
        elif status == HTTPStatus.OK:
            results = json.loads(answer["body"])["results"]
            for (who, _), result in zip(step.what["who"], results, strict=True):
                decision = (result["sendable"], result["reason"])
                self.history.add(CheckAnswer(number, who, step.what["topic"], step.at, *decision))
        elif status not in requests.LATER:
            self.report_status(step, number, status)

    def _deliver(self, step: Step) -> None:
        courier = getattr(self, step.kind)
        batch = courier.batch(**step.what)
        if not batch:
            return
        facts = tuple(fact for message in batch for fact in message.facts)
        app = APPS[step.kind]

        def read(answer: object, number: int) -> None:
            try:
                handled = courier.settle(batch, answer)
            except (ValueError, KeyError, TypeError) as error:
                self.history.add(Anomaly(number, f"the answer of a batch: {error}"))
                return
            failed = len(batch) - len(handled)
            self.stage.nemesis.tally[21] += bool(failed)
            self.unprocessable.update(message.body for message in handled if message.unprocessable)
            for message in handled:
                self.history.add(Ack(number, message.facts))

        made = event(batch)
        self._tally_batch(step, batch)
        self.invoke(step, facts, lambda: app.handler(made, self.stage.context), read, len(batch))

    def _tally_batch(self, step: Step, batch: list[Message]) -> None:
        tally = self.stage.nemesis.tally
        tally[14] += step.left < 2_000
        tally[16] += any(step.at - message.sent > 13 * 86_400_000 - 1 for message in batch)

    # ---- Steps that are no request of a handler

    def _mail(self, step: Step) -> None:
        self._serial += 1
        what = step.what
        facts = feedback_messages.facts(what, step.at)
        body = feedback_messages.body(what, step.at, self._serial)
        is_unprocessable = feedback_messages.is_unprocessable(what)
        name = f"feedback-{self._serial}"
        self.feedback.waiting.append(Message(name, body, step.at, facts, is_unprocessable))
        self.stage.nemesis.tally.update(feedback_messages.rows(what, body))

    def _say(self, step: Step) -> None:
        facts = requests.direct_facts(step.what)
        changes = [
            Change(decode_register(fact.register), Entry(fact.at, Source(fact.source), "{}", "", fact.until))
            for fact in facts
        ]
        who = self.stage.ids[step.what["who"]]

        def call() -> bool:
            try:
                parts().preferences.apply(who, changes, Millis(step.at))
            except HeedError:
                return False
            return True

        def read(answer: bool, number: int) -> None:
            if answer:
                self.history.add(Ack(number, facts))

        self.invoke(step, facts, call, read)

    def _toggle_unknown_register(self, step: Step) -> None:
        """Writes a register of a later version, or removes it when that version reads it."""
        key = self.stage.ids[step.what["who"]]
        item = self.stage.raw().get(key, {"id": {"S": key}, "n": {"N": "1"}})
        known = {name: value for name, value in item.items() if name != "z:9"}
        if step.what["add"] and "n" in item and len(known) > 2:
            self.stage.nemesis.tally[46] += 1
            known["z:9"] = {"M": {"t": {"N": "1"}}}
        if len(known) > 2:
            self.stage.put(key, known)
        self._number += 1
        self.history.add(Observation(self._number, self.stage.observe()))

    def _deploy(self, step: Step) -> None:
        self.stage.nemesis.tally[35] += 1
        self.ring = step.what["ring"]
        self.stage.deploy(self.ring)

    def _drain(self, at: Millis) -> None:
        """Delivers all waiting messages, without faults and with both versions gone."""
        for who in range(len(self.stage.ids)):
            self._toggle_unknown_register(Step("unknown register", at, {"who": who, "add": False}))
        rounds = 0
        while (self.feedback.waiting or self.later.waiting) and rounds < 10:
            rounds += 1
            for kind in ("feedback", "later"):
                what = {"take": 1_000, "again": 3, "pick": 0.0}
                self.step(Step(kind, at, what))
        left = len(self.feedback.waiting) + len(self.later.waiting)
        self.history.add(
            End(left, rounds, tuple(sorted(self.dead_letters)), tuple(sorted(self.unprocessable)))
        )


_OTHER_STEPS: dict[str, Callable[[SimulatedProgram, Step], None]] = {
    "undo": link_steps.undo,
    "attack": link_steps.attack,
    "mail": SimulatedProgram._mail,
    "say": SimulatedProgram._say,
    "unknown register": SimulatedProgram._toggle_unknown_register,
    "deploy": SimulatedProgram._deploy,
}


def rows(step: Step) -> list[int]:
    """The rows of the table of faults that a step injects by itself."""
    dated = [change["said"] for change in step.what.get("changes", ())]
    dated += [step.what["happened"]] if step.kind == "say" else []
    found = {
        17: any(at < step.at for at in dated),
        18: any(at == step.at for at in dated),
        20: step.skewed,
        26: step.what.get("how") == "garbled",
        45: step.mute,
    }
    return [number for number, is_so in found.items() if is_so]
