"""Each handler is stopped before and after every request; after another delivery the result is complete."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from heed.domain.milliseconds import Millis
from tests.simulation.checker import check_history
from tests.simulation.deployment import SimulatedDeployment, simulated_deployment
from tests.simulation.history import PersonState
from tests.simulation.nemesis import KILL_FAULTS
from tests.simulation.program import SimulatedProgram
from tests.simulation.steps import Step
from tests.support.deployment import NOW

LINK = {"who": 0, "scope": 2, "issued_at": NOW - 60_000, "press_kind": "one-click", "signal": False, "key": 1}
MAIL = {"who": [0, 1], "spelling": 0, "happened_at": NOW, "envelope": "raw", "scope": 0, "poison": 0}
INBOUND = {"who": 0, "spelling": 0, "scope": 2, "received_at": NOW - 1, "verdict": "PASS", "envelope": "raw"}
CHANGE = {"spelling": 0, "stated_at": NOW, "until": NOW + 1, "source": "letter", "state": "out"}
BATCH = {"count": 10, "duplicates": 0, "position": 0.0}


def mail(event: str, **more: object) -> Step:
    return Step("feedback arrives", NOW, {**MAIL, "event": event, **more})


def inbound(kind: str, **more: object) -> Step:
    return Step("mail arrives", NOW, {**INBOUND, "mail": kind, **more})


OUTAGE = dict.fromkeys((1, 2, 3), "throttling")  # the key was available, the table was not
SCENARIOS: dict[str, tuple[list[Step], Step]] = {
    "a press": ([], Step("press", NOW, LINK)),
    "a press on a link of a retired topic": ([], Step("press", NOW, {**LINK, "scope": 14})),
    "a press with a signal": ([], Step("press", NOW, {**LINK, "signal": True, "press_kind": "all"})),
    "a press by hand": ([], Step("press", NOW, {**LINK, "press_kind": "this"})),
    "a press by hand where a suppression is active": (
        [Step("press", Millis(NOW - 1), LINK)],
        Step("press", NOW, {**LINK, "press_kind": "this"}),
    ),
    "a form": (
        [],
        Step(
            "save",
            NOW,
            {
                "who": 0,
                "issued_at": NOW - 60_000,
                "choices": {2: ("in", "out"), 3: ("in", "out")},
                "all": False,
                "pause": 30,
                "signal": True,
                "key": 1,
            },
        ),
    ),
    "a letter about two people": (
        [],
        Step(
            "agent",
            NOW,
            {"changes": [{**CHANGE, "who": 0, "scope": 2}, {**CHANGE, "who": 1, "scope": 0}]},
        ),
    ),
    "a batch of feedback": (
        [mail("bounce"), mail("soft", who=[1]), mail("poison"), mail("half", who=[0])],
        Step("feedback batch", NOW, BATCH),
    ),
    "mails": (
        [inbound("token", who=1), inbound("opt-out"), inbound("complaint"), inbound("no mail")],
        Step("mail batch", NOW, BATCH),
    ),
    "queued opt-outs": (
        [
            Step("press", NOW, LINK, OUTAGE),
            Step("press", Millis(NOW + 1), {**LINK, "who": 1, "scope": 14}, OUTAGE),
        ],
        Step("opt-out retry batch", NOW, BATCH),
    ),
}


@pytest.fixture(scope="module")
def deployment() -> Iterator[SimulatedDeployment]:
    with simulated_deployment("moto") as simulation:
        yield simulation


def observe_after(
    deployment: SimulatedDeployment, before: list[Step], steps: list[Step]
) -> tuple[PersonState, ...]:
    """Returns what is on record in the end, and checks every promise on the way."""
    program = SimulatedProgram(deployment)
    history = program.run([*before, *steps])
    assert check_history(history)[0] == []
    return deployment.observe()


@pytest.mark.system
@pytest.mark.parametrize("name", SCENARIOS)
def test_a_handler_stopped_at_any_request_and_run_again_leaves_the_result_of_one_run(
    deployment: SimulatedDeployment, name: str
) -> None:
    before, step = SCENARIOS[name]
    expected = observe_after(deployment, before, [step])
    for request_number in range(20):
        kill_count = deployment.nemesis.fault_counts[12]
        for kind in KILL_FAULTS:
            killed = replace(step, faults={request_number: kind})
            assert observe_after(deployment, before, [killed, step]) == expected
            assert observe_after(deployment, before, [killed, killed, step]) == expected
        if deployment.nemesis.fault_counts[12] == kill_count:
            break
    assert 0 < request_number < 19
