"""Presses of a browser as an observer sees them: `c:S` suppresses mail unless `u:S` names it exactly."""

from __future__ import annotations

import json
from collections.abc import Iterable
from hashlib import sha256

from tests.simulation.history import Fact, PersonState, RegisterValue


def active_press(state: PersonState, scope: int) -> RegisterValue | None:
    """The press at a scope that had an Undo and was not taken back."""
    press, undo = state.registers.get(f"c:{scope}"), state.registers.get(f"u:{scope}")
    if press is None or undo is None or undo.at != press.at:
        return press
    description = f"{press.at} {press.source} {press.evidence} {press.policy}"
    is_named = json.loads(undo.evidence).get("undone") == sha256(description.encode()).hexdigest()[:32]
    return None if is_named else press


def remove_undone_presses(state: PersonState, undos: Iterable[Fact]) -> PersonState:
    """What would be on record without the presses that these take back."""
    registers = dict(state.registers)
    for undo in undos:
        name = f"c:{undo.register[2:]}"
        press = registers.get(name)
        if press and press.at == undo.at and json.loads(press.evidence)["press"] == undo.press_id:
            del registers[name]
    return state._replace(registers=registers)


def undo_facts(press: Iterable[Fact]) -> tuple[Fact, ...]:
    """The facts of the Undo of a press: each of its suppressions is taken back, where that is possible."""
    return tuple(
        Fact(
            suppression.who,
            f"u:{suppression.register[2:]}",
            suppression.at,
            "preference-centre",
            is_promised=False,
            press_id=suppression.press_id,
        )
        for suppression in press
        if suppression.press_id
    )
