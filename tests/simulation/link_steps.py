"""Steps that use links only, beside pressing and saving: Undo, and the attacks."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from tests.simulation import requests
from tests.simulation.attacker import Attempt
from tests.simulation.deployment import APPS
from tests.simulation.history import Ack, Anomaly, QueuedPromise
from tests.simulation.steps import Step

if TYPE_CHECKING:
    from tests.simulation.program import SimulatedProgram


def undo(machine: SimulatedProgram, step: Step) -> None:
    """A person takes a press back, with the page that answered it."""
    if not machine.undos:
        return
    text, undos = machine.undos[-step.what["from_end"] :][0]
    made, facts = requests.undo(machine.stage, step, text, undos)

    def read(answer: dict[str, Any], number: int) -> None:
        status = answer["statusCode"]
        if status < HTTPStatus.BAD_REQUEST:
            machine.history.add(Ack(number, facts))
        elif status not in (*requests.LATER, HTTPStatus.UNPROCESSABLE_ENTITY):
            machine.report_status(step, number, status)

    machine.invoke(step, facts, lambda: APPS["undo"].handler(made, machine.stage.context), read)


def attack(machine: SimulatedProgram, step: Step) -> None:
    """The attacker tries one attack, and at once everything that the answers contained."""
    machine.stage.nemesis.tried[step.what["means"]] += 1
    for attempt in machine.attacker.attempts(step, machine.undos):
        _try(machine, step, attempt)
        step = replace(step, inside={})


def _try(machine: SimulatedProgram, step: Step, attempt: Attempt) -> None:
    def read(answer: dict[str, Any], number: int) -> None:
        machine.attacker.read(attempt, answer)
        if answer["statusCode"] < HTTPStatus.BAD_REQUEST:
            machine.history.add(Ack(number, requests.saved_facts(attempt.facts, answer)))
            if attempt.must_fail:
                machine.history.add(Anomaly(number, f"{step.what['means']} was let in"))
        elif requests.KEPT in answer["body"]:
            machine.history.add(QueuedPromise(number, attempt.facts))

    app = APPS[attempt.app]
    machine.invoke(
        step,
        attempt.facts,
        lambda: app.handler(attempt.event, machine.stage.context),
        read,
        changes_nothing=attempt.changes_nothing,
    )
