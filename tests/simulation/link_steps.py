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


def run_undo(program: SimulatedProgram, step: Step) -> None:
    """A person takes a press back, with the page that answered it."""
    if not program.undos:
        return
    text, undos = program.undos[-step.details["from_end"] :][0]
    event, facts = requests.make_undo(program.deployment, step, text, undos)

    def handle_answer(answer: dict[str, Any], number: int) -> None:
        status = answer["statusCode"]
        if status < HTTPStatus.BAD_REQUEST:
            program.history.add(Acknowledgement(number, facts))
        elif status not in (*requests.RETRY_STATUSES, HTTPStatus.UNPROCESSABLE_ENTITY):
            program.report_status(step, number, status)

    program.invoke(
        step, facts, lambda: APPS["undo"].handler(event, program.deployment.context), handle_answer
    )


def run_attack(program: SimulatedProgram, step: Step) -> None:
    """The attacker tries one attack, and at once everything that the answers contained."""
    program.deployment.nemesis.attack_counts[step.details["attack"]] += 1
    for attempt in program.attacker.make_requests(step, program.undos):
        _send_attack(program, step, attempt)
        step = replace(step, inner_steps={})


def _send_attack(program: SimulatedProgram, step: Step, attempt: AttackRequest) -> None:
    def handle_answer(answer: dict[str, Any], number: int) -> None:
        program.attacker.collect_tokens(attempt, answer)
        if answer["statusCode"] < HTTPStatus.BAD_REQUEST:
            program.history.add(Acknowledgement(number, requests.acknowledged_facts(attempt.facts, answer)))
            if attempt.must_fail:
                program.history.add(Anomaly(number, f"{step.details['attack']} was let in"))
        elif requests.QUEUED_TEXT in answer["body"]:
            program.history.add(QueuedPromise(number, attempt.facts))

    app = APPS[attempt.app]
    program.invoke(
        step,
        attempt.facts,
        lambda: app.handler(attempt.event, program.deployment.context),
        handle_answer,
        changes_nothing=attempt.changes_nothing,
    )
