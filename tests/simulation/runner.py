"""Runs many programs on all cores, and reduces a failing program to the steps that are needed.

A program is a sequence of steps under faults. A simulated deployment runs its steps.
"""

from __future__ import annotations

import multiprocessing
import os
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace

import pytest

from tests.simulation.checker import check_history
from tests.simulation.deployment import SimulatedDeployment, simulated_deployment
from tests.simulation.program import SimulatedProgram
from tests.simulation.steps import Step, draw_program
from tests.support.cheaper_moto import make_cheaper


@dataclass
class Outcome:
    """The result of simulated programs.

    Attributes:
        program_count: the number of programs that ran.
        event_count: the number of their steps, with inner steps.
        fault_counts: how often each row of the table of faults was injected.
        attack_counts: how often each attack was tried.
        check_counts: how often each invariant was tested.
        broken_promises: for each failure its promise, its seed and the shortest program that shows it.
    """

    program_count: int = 0
    event_count: int = 0
    fault_counts: Counter[int] = field(default_factory=Counter)
    attack_counts: Counter[str] = field(default_factory=Counter)
    check_counts: Counter[str] = field(default_factory=Counter)
    broken_promises: list[str] = field(default_factory=list)

    def add(self, other: Outcome) -> None:
        """Adds the results of other programs."""
        self.program_count += other.program_count
        self.event_count += other.event_count
        self.fault_counts += other.fault_counts
        self.attack_counts += other.attack_counts
        self.check_counts += other.check_counts
        self.broken_promises += other.broken_promises


def run_programs(layer: str, seeds: Sequence[int], length: int) -> Outcome:
    """Runs programs one after another in this process."""
    outcome = Outcome()
    with simulated_deployment(layer) as deployment:
        for seed in seeds:
            steps = draw_program(seed, length)
            broken, checked = run_and_check(deployment, steps)
            outcome.program_count += 1
            outcome.event_count += len(steps) + sum(len(step.inner_steps) for step in steps)
            outcome.check_counts += checked
            if broken:
                outcome.broken_promises.append(_format_failure(layer, seed, length, deployment, steps))
        outcome.fault_counts, outcome.attack_counts = (
            deployment.nemesis.fault_counts,
            deployment.nemesis.attack_counts,
        )
    return outcome


def run_on_all_cores(layer: str, first: int, program_count: int, length: int) -> Outcome:
    """Runs the programs with the seeds from `first`, on all cores."""
    workers = os.cpu_count() or 1
    parts = [range(first + part, first + program_count, workers) for part in range(workers)]
    total = Outcome()
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_use_cheaper_moto) as pool:
        for part in pool.map(run_programs, [layer] * workers, parts, [length] * workers):
            total.add(part)
    return total


def _use_cheaper_moto() -> None:
    """Makes moto cheaper in each process."""
    make_cheaper(pytest.MonkeyPatch())


def run_and_check(deployment: SimulatedDeployment, steps: Sequence[Step]) -> tuple[list[str], Counter[str]]:
    """Runs one program. Returns the promises that it broke, and how often each one was checked."""
    return check_history(SimulatedProgram(deployment).run(steps))


def shrink_program(steps: Sequence[Step], breaks: Callable[[Sequence[Step]], bool]) -> list[Step]:
    """Removes steps, faults and inner steps as long as a promise is still broken."""
    remaining = list(steps)
    index = 0
    while index < len(remaining):
        without = [*remaining[:index], *remaining[index + 1 :]]
        step = remaining[index]
        simplified = [
            [*remaining[:index], plain, *remaining[index + 1 :]]
            for plain in (replace(step, faults={}), replace(step, inner_steps={}))
            if plain != step
        ]
        for candidate_steps in (without, *simplified):
            if breaks(candidate_steps):
                remaining, index = candidate_steps, -1
                break
        index += 1
    return remaining


def _format_failure(
    layer: str, seed: int, length: int, deployment: SimulatedDeployment, steps: Sequence[Step]
) -> str:
    shortest_steps = shrink_program(steps, lambda candidate: bool(run_and_check(deployment, candidate)[0]))
    broken, _ = run_and_check(deployment, shortest_steps)
    program_text = "\n    ".join(map(str, shortest_steps))
    command = f"python -m tests.simulation.soak --layer {layer} --first {seed} --programs 1 --length {length}"
    return f"{broken[0] if broken else 'not reproduced'}\n  seed {seed}: {command}\n    {program_text}"
