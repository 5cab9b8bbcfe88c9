"""Runs many simulated programs on all cores, and reduces a failing one to the steps that are needed."""

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
from tests.simulation.steps import Step, program
from tests.support.cheaper_moto import make_cheaper


@dataclass
class Outcome:
    """The result of simulated programs.

    Attributes:
        machines, events: how many ran, and how many lines of their histories were events.
        faults: how often each row of the table of faults was injected.
        attacks: how often each attack was tried.
        checked: how often each invariant was tested.
        broken: what broke: seed, promises, and the shortest program that breaks one.
    """

    machines: int = 0
    events: int = 0
    faults: Counter[int] = field(default_factory=Counter)
    attacks: Counter[str] = field(default_factory=Counter)
    checked: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)

    def add(self, other: Outcome) -> None:
        """Adds the results of other programs."""
        self.machines += other.machines
        self.events += other.events
        self.faults += other.faults
        self.attacks += other.attacks
        self.checked += other.checked
        self.broken += other.broken


def run(layer: str, seeds: Sequence[int], length: int) -> Outcome:
    """Runs programs one after another in this process."""
    outcome = Outcome()
    with simulated_deployment(layer) as stage:
        for seed in seeds:
            steps = program(seed, length)
            broken, checked = trial(stage, steps)
            outcome.machines += 1
            outcome.events += len(steps) + sum(len(step.inside) for step in steps)
            outcome.checked += checked
            if broken:
                outcome.broken.append(_format_failure(layer, seed, length, stage, steps))
        outcome.faults, outcome.attacks = stage.nemesis.tally, stage.nemesis.tried
    return outcome


def run_on_all_cores(layer: str, first: int, machines: int, length: int) -> Outcome:
    """Runs the programs with the seeds from `first`, on all cores."""
    workers = os.cpu_count() or 1
    parts = [range(first + part, first + machines, workers) for part in range(workers)]
    whole = Outcome()
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_cheaper) as pool:
        for part in pool.map(run, [layer] * workers, parts, [length] * workers):
            whole.add(part)
    return whole


def _cheaper() -> None:
    """Each process uses moto as published."""
    make_cheaper(pytest.MonkeyPatch())


def trial(stage: SimulatedDeployment, steps: Sequence[Step]) -> tuple[list[str], Counter[str]]:
    """Runs one program: the promises that it broke, and how often each was checked."""
    return check_history(SimulatedProgram(stage).run(steps))


def shortest(steps: Sequence[Step], breaks: Callable[[Sequence[Step]], bool]) -> list[Step]:
    """Removes steps, faults and inner steps as long as a promise is still broken."""
    left = list(steps)
    place = 0
    while place < len(left):
        without = [*left[:place], *left[place + 1 :]]
        step = left[place]
        plainer = [
            [*left[:place], plain, *left[place + 1 :]]
            for plain in (replace(step, faults={}), replace(step, inside={}))
            if plain != step
        ]
        for fewer in (without, *plainer):
            if breaks(fewer):
                left, place = fewer, -1
                break
        place += 1
    return left


def _format_failure(
    layer: str, seed: int, length: int, stage: SimulatedDeployment, steps: Sequence[Step]
) -> str:
    few = shortest(steps, lambda some: bool(trial(stage, some)[0]))
    broken, _ = trial(stage, few)
    program_text = "\n    ".join(map(str, few))
    again = f"python -m tests.simulation.soak --layer {layer} --first {seed} --machines 1 --length {length}"
    return f"{broken[0] if broken else 'not reproduced'}\n  seed {seed}: {again}\n    {program_text}"
