"""Erasures as the model's document describes them: one write leaves its time and the opt-outs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tests.simulation import imports, presses
from tests.simulation.history import Fact, PersonState

SIGNAL = 7
_KEPT_REGISTERS = {"o:0", f"o:{SIGNAL}", "x:minor"}


def is_erasure(old: PersonState, new: PersonState) -> bool:
    """Whether an erasure happened between two observations: its time is newer, or its opt-out differs."""
    if new.erased_at is None:
        return False
    suppression = new.registers.get("o:0")
    is_first = suppression is not None and suppression[0] == new.erased_at
    return old.erased_at != new.erased_at or (is_first and old.registers.get("o:0") != suppression)


def find_erasure_faults(requested: Iterable[Fact], old: PersonState, new: PersonState) -> Iterator[str]:
    """Returns the faults of an erasure, given the requested erasures and the lifts of holds."""
    requests = list(requested)
    if (hold := _hold_started_at(old)) is not None:
        lifts = [fact for fact in requests if fact.register == "l:hold" and fact.at > hold]
        if not lifts:
            yield "I9: an erasure deleted data that a hold preserves"
    if (minor := old.registers.get("x:minor")) is not None:
        requests = [fact._replace(at=max(fact.at, minor[0])) for fact in requests]
        requests = [fact for fact in requests if fact.register == "l:hold" and hold is not None]
        expected = "l:hold"
    else:
        expected = "erasure:minor" if "x:minor" in new.registers else "erasure:adult"
    kinds = {fact.register for fact in requests if max(fact.at, old.erased_at or 0) == new.erased_at}
    if expected not in kinds:
        yield "I6: no request contained the erasure"
    if minor is not None and "x:minor" not in new.registers:
        yield "I7: the record of a minor was lost"
    if new.revision <= old.revision:
        yield "I6: the revision did not increase"
    if not new.registers.keys() <= _KEPT_REGISTERS or new.soft_bounce_days or "o:0" not in new.registers:
        yield f"I9: an erasure leaves {sorted(new.registers)}"
    if any(entry[0] != new.erased_at for entry in new.registers.values()):
        yield "I9: an entry from before the erasure is left"
    if _is_advertising_stopped(old) != (f"o:{SIGNAL}" in new.registers):
        yield "I7: the opt-out by the browser's signal changed"


def is_in_effect(state: PersonState, fact: Fact) -> bool:
    """Whether a requested erasure is in effect; on an empty record, a second one changes nothing.

    A lifted hold does not keep a minor's data any more.
    """
    if fact.register == "l:hold":
        hold = _hold_started_at(state)
        return "x:minor" not in state.registers or hold is None or hold >= fact.at
    if fact.register == "erasure:minor" or "x:minor" in state.registers:
        return "x:minor" in state.registers
    if state.erased_at is None:
        return False
    return state.erased_at >= fact.at or all(
        name.startswith("o:") and entry[0] == state.erased_at for name, entry in state.registers.items()
    )


def kept_opt_outs(who: int, state: PersonState) -> list[Fact]:
    """The suppressions that replace everything from before the erasure."""
    return [
        Fact(who, name, entry[0], "erasure")
        for name, entry in state.registers.items()
        if name in _KEPT_REGISTERS
    ]


def _hold_started_at(state: PersonState) -> int | None:
    """Returns the time at which the active hold began, or None."""
    hold, lift = state.registers.get("x:hold"), state.registers.get("l:hold")
    return None if hold is None or (lift is not None and lift[0] > hold[0]) else hold[0]


def _is_advertising_stopped(state: PersonState) -> bool:
    imported = imports.find_imports(state).get(str(SIGNAL))
    opt_outs = (state.registers.get(f"o:{SIGNAL}"), presses.active_press(state, SIGNAL), imported)
    opt_ins = [state.registers.get(f"{kind}:{SIGNAL}") for kind in "ik"]
    latest = max((out.at for out in opt_outs if out is not None), default=None)
    return latest is not None and all(latest >= entry.at for entry in opt_ins if entry is not None)
