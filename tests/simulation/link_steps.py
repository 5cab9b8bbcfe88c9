"""Steps that use links only, beside pressing and saving: Undo, and the attacks."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from tests.simulation import requests
from tests.simulation.attacker import AttackRequest
from tests.simulation.deployment import APPS
from tests.simulation.history import Acknowledgement, Anomaly, QueuedPromise
from tests.simulation.steps import Step

if TYPE_CHECKING:
    from tests.simulation.program import SimulatedProgram


def run_undo(machine: SimulatedProgram, step: Step) -> None:
    """A person takes a press back, with the page that answered it."""
    if not machine.undos:
        return
    text, undos = machine.undos[-step.details["from_end"] :][0]
    event, facts = requests.make_undo(machine.deployment, step, text, undos)

    def handle_answer(answer: dict[str, Any], number: int) -> None:
        status = answer["statusCode"]
        if status < HTTPStatus.BAD_REQUEST:
            machine.history.add(Acknowledgement(number, facts))
        elif status not in (*requests.RETRY_STATUSES, HTTPStatus.UNPROCESSABLE_ENTITY):
            machine.report_status(step, number, status)

    machine.invoke(
        step, facts, lambda: APPS["undo"].handler(event, machine.deployment.context), handle_answer
    )


def run_attack(machine: SimulatedProgram, step: Step) -> None:
    """The attacker tries one attack, and at once everything that the answers contained."""
    machine.deployment.nemesis.attack_counts[step.details["attack"]] += 1
    for attempt in machine.attacker.make_requests(step, machine.undos):
        _send_attack(machine, step, attempt)
        step = replace(step, inner_steps={})


def _send_attack(machine: SimulatedProgram, step: Step, attempt: AttackRequest) -> None:
    def handle_answer(answer: dict[str, Any], number: int) -> None:
        machine.attacker.collect_tokens(attempt, answer)
        if answer["statusCode"] < HTTPStatus.BAD_REQUEST:
            machine.history.add(Acknowledgement(number, requests.acknowledged_facts(attempt.facts, answer)))
            if attempt.must_fail:
                machine.history.add(Anomaly(number, f"{step.details['attack']} was let in"))
        elif requests.QUEUED_TEXT in answer["body"]:
            machine.history.add(QueuedPromise(number, attempt.facts))

    app = APPS[attempt.app]
    machine.invoke(
        step,
        attempt.facts,
        lambda: app.handler(attempt.event, machine.deployment.context),
        handle_answer,
        changes_nothing=attempt.changes_nothing,
    )
