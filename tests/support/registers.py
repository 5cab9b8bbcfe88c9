"""Short functions for the registers of a scope, which take a plain number: `out(2)`."""

from __future__ import annotations

from heed.domain.preferences import register
from heed.domain.preferences.register import Register, ScopeNumber


def out(scope: int) -> Register:
    """Returns the register of opt-outs."""
    return register.opt_out_register(ScopeNumber(scope))


def in_(scope: int) -> Register:
    """Returns the register of opt-ins."""
    return register.opt_in_register(ScopeNumber(scope))


def pause(scope: int) -> Register:
    """Returns the register of pauses."""
    return register.pause_register(ScopeNumber(scope))


def confirmed(scope: int) -> Register:
    """Returns the register of confirmed opt-ins."""
    return register.confirmed_register(ScopeNumber(scope))


def undoable(scope: int) -> Register:
    """Returns the register of presses that can be undone."""
    return register.undoable_register(ScopeNumber(scope))


def undone(scope: int) -> Register:
    """Returns the register of presses that were undone."""
    return register.undone_register(ScopeNumber(scope))


def imported(scope: int) -> Register:
    """Returns the register of opt-outs by imports."""
    return register.import_register(out(scope))


def taken_back(scope: int) -> Register:
    """Returns the register of opt-outs by imports that were taken back."""
    return register.taken_back_register(out(scope))


def scope_numbers(*numbers: int) -> tuple[ScopeNumber, ...]:
    """Returns several numbers as scope numbers."""
    return tuple(map(ScopeNumber, numbers))
