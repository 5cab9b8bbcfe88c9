"""Random events under random faults drive the real handlers, and every promise is kept."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.simulation.deployment import simulated_deployment
from tests.simulation.fault_table import INJECTED
from tests.simulation.history import Acknowledgement, Observation, SnapshotAnswer, TakenBack
from tests.simulation.nemesis import ATTACKS
from tests.simulation.program import SimulatedProgram
from tests.simulation.runner import Outcome, run_on_all_cores, run_programs
from tests.simulation.steps import draw_program

INVARIANTS = {"I1", "I2", "I3", "I4", "I5", "I6", "I8", "I9", "I11", "I14", "I15", "I16", "I17"}


def _assert_every_promise_kept(outcome: Outcome) -> None:
    assert not outcome.broken_promises, "\n".join(outcome.broken_promises[:3])
    assert [number for number in INJECTED if not outcome.fault_counts[number]] == []
    assert [attack for attack in ATTACKS if not outcome.attack_counts[attack]] == []
    assert {name for name, times in outcome.check_counts.items() if times} == INVARIANTS


@pytest.mark.threat(
    "B1",
    "An attacker has a person's links, or a key that makes links, and tries to opt the person in. The "
    "attacker sends forms and forged confirmations, ends a pause, and uses leaked and forged Undo tokens, "
    "and API keys without the necessary scope.",
    "A link can only stop mail. An Undo takes back only the press that it names. Each other opt-in needs a "
    "mail that only the person gets. The attacker takes part in every simulated program.",
)
@pytest.mark.threat(
    "B11",
    "An attacker uses a link from before an erasure to opt the person in.",
    "No link can opt a person in, whatever its age is.",
)
def test_a_few_programs_keep_every_promise() -> None:
    assert run_programs("pure", range(60), 12).broken_promises == []
    assert run_programs("moto", range(2), 12).broken_promises == []


def test_one_seed_is_one_run() -> None:
    first, second = run_programs("pure", range(15), 12), run_programs("pure", range(15), 12)
    assert (first.fault_counts, first.check_counts) == (second.fault_counts, second.check_counts)


def test_programs_contain_undone_presses() -> None:
    """Programs prove nothing about steps that they never take."""
    counts: Counter[str] = Counter()
    with simulated_deployment("pure") as deployment:
        for seed in range(150):
            for line in SimulatedProgram(deployment).run(draw_program(seed, 12)).lines:
                if isinstance(line, Observation):
                    kinds = {name[:1] for person in line.people for name in person.registers}
                    counts.update(kinds & {"c", "u"})
                if isinstance(line, Acknowledgement):
                    counts.update("taken back" for fact in line.facts if fact.register[:2] == "u:")
    assert all(counts[kind] for kind in ("c", "u", "taken back"))


def test_programs_contain_imports_that_are_taken_back_and_files_of_scrubs_and_snapshots() -> None:
    lines: list[object] = []
    registers: Counter[str] = Counter()
    reported: set[str] = set()
    with simulated_deployment("pure") as deployment:
        for seed in range(60):
            program = SimulatedProgram(deployment)
            lines += program.run(draw_program(seed, 30, has_jobs=True)).lines
            registers.update(name[:1] for state in deployment.observe() for name in state.registers)
            reported |= {phase for _, phase in program.jobs.reported}
    assert reported == {"commit", "take-back", "scrub", "snapshot"}
    assert registers["m"] and registers["v"]
    assert any(isinstance(line, TakenBack) for line in lines)
    assert {line.is_stopped for line in lines if isinstance(line, SnapshotAnswer)} == {True, False}


@pytest.mark.system
def test_programs_in_memory_keep_every_promise(pytestconfig: pytest.Config) -> None:
    _assert_every_promise_kept(run_on_all_cores("pure", 0, 20_000 if pytestconfig.option.full else 400, 30))


@pytest.mark.system
def test_programs_on_moto_keep_every_promise(pytestconfig: pytest.Config) -> None:
    _assert_every_promise_kept(run_on_all_cores("moto", 0, 200 if pytestconfig.option.full else 40, 30))
