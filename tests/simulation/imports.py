"""Stops of imports as an observer sees them: `m:S` stops mail unless `v:S` names it exactly."""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256

from tests.simulation.history import Fact, PersonState, RegisterValue


def find_imports(state: PersonState) -> dict[str, RegisterValue]:
    """Returns what imports recorded and nobody took back, by its scope, or `complaint`, `undeliverable`."""
    return {
        name[2:]: entry
        for name, entry in state.registers.items()
        if name.startswith("m:") and not _is_taken_back(state, name[2:], entry)
    }


def remove_imports(state: PersonState, jobs: set[str]) -> PersonState:
    """What would be on record without the stops of these imports that can be taken back."""
    registers = {
        name: entry
        for name, entry in state.registers.items()
        if not (name.startswith("m:") and _part_of(entry, "job") in jobs)
    }
    return state._replace(registers=registers)


def is_on_record(state: PersonState, stop: Fact) -> bool:
    """Whether a stop of an import is on record, or a later one at its place."""
    entries = state.registers.get(stop.register), find_imports(state).get(stop.register[2:])
    return any(entry is not None and entry.at >= stop.at for entry in entries)


def find_repetitions(old: PersonState, new: PersonState) -> Iterator[str]:
    """Finds a stop that was recorded again. The same claim again is no second statement."""
    for name, entry in find_imports(old).items():
        newer = new.registers.get(f"m:{name}")
        if newer is not None and newer != entry and newer.at == entry.at:
            parts = [[_part_of(each, part) for part in ("claim", "finding")] for each in (entry, newer)]
            if parts[0] == parts[1]:
                yield f"I5: an import recorded m:{name} again"


def find_remaining_stops(state: PersonState, job: str) -> list[str]:
    """Returns the registers in which the stop of an import counts."""
    return [f"m:{name}" for name, entry in find_imports(state).items() if _part_of(entry, "job") == job]


def _is_taken_back(state: PersonState, name: str, entry: RegisterValue) -> bool:
    taken_back = state.registers.get(f"v:{name}")
    if taken_back is None or taken_back.at != entry.at:
        return False
    text = f"{entry.at} {entry.source} {entry.evidence} {entry.policy}"
    return _part_of(taken_back, "taken_back") == sha256(text.encode()).hexdigest()[:32]


def _part_of(entry: RegisterValue, name: str) -> str:
    return str(json.loads(entry.evidence).get(name))
