"""Presses of a browser as an observer sees them: `c:S` counts as a stop unless `u:S` names it exactly."""

from __future__ import annotations

import json
from collections.abc import Iterable
from hashlib import sha256

from tests.simulation.history import Fact, RegisterValue, State


def active_press(state: State, scope: int) -> RegisterValue | None:
    """The press at a scope that had an Undo and was not taken back."""
    press, undo = state.registers.get(f"c:{scope}"), state.registers.get(f"u:{scope}")
    if press is None or undo is None or undo.at != press.at:
        return press
    description = f"{press.at} {press.source} {press.evidence} {press.policy}"
    is_named = json.loads(undo.evidence).get("undone") == sha256(description.encode()).hexdigest()[:32]
    return None if is_named else press


def without(state: State, undos: Iterable[Fact]) -> State:
    """What would be on record without the presses that these take back."""
    registers = dict(state.registers)
    for undo in undos:
        name = f"c:{undo.register[2:]}"
        press = registers.get(name)
        if press and press.at == undo.at and json.loads(press.evidence)["press"] == undo.press:
            del registers[name]
    return state._replace(registers=registers)


def undos(press: Iterable[Fact]) -> tuple[Fact, ...]:
    """The facts of the Undo of a press: each of its stops is taken back, where that is possible."""
    return tuple(
        Fact(
            stop.who,
            f"u:{stop.register[2:]}",
            stop.at,
            "preference-centre",
            is_promised=False,
            press=stop.press,
        )
        for stop in press
        if stop.press
    )
