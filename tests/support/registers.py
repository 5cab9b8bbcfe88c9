"""The registers of a scope by its bare number, as tests write it: `out(2)`."""

from __future__ import annotations

from heed.domain.preferences import register
from heed.domain.preferences.register import Register, ScopeNumber


def out(scope: int) -> Register:
    """Of the latest *out*."""
    return register.opted_out(ScopeNumber(scope))


def in_(scope: int) -> Register:
    """Of the latest *in*."""
    return register.opted_in(ScopeNumber(scope))


def pause(scope: int) -> Register:
    """Of the latest pause."""
    return register.paused(ScopeNumber(scope))


def yes(scope: int) -> Register:
    """Of the latest confirmed yes."""
    return register.confirmed(ScopeNumber(scope))


def undoable(scope: int) -> Register:
    """Of the latest press that can be taken back."""
    return register.undoable(ScopeNumber(scope))


def undone(scope: int) -> Register:
    """Of the latest press that was taken back."""
    return register.undone(ScopeNumber(scope))


def scope_numbers(*numbers: int) -> tuple[ScopeNumber, ...]:
    """Several numbers as those of scopes."""
    return tuple(map(ScopeNumber, numbers))
