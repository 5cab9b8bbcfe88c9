"""What a value from outside may be: exact types, for in Python `True` is a number and 1.0 equals 1."""

from __future__ import annotations

from typing import TypeGuard

_HEX = frozenset("0123456789abcdef")
_HASH = 64  # hex digits of a SHA-256


def is_number(value: object, beyond: int) -> TypeGuard[int]:
    """Whether it is a whole number from 0 to below a limit."""
    return type(value) is int and 0 <= value < beyond


def is_text(value: object) -> TypeGuard[str]:
    """Whether it is a text."""
    return type(value) is str


def is_hash(value: object) -> TypeGuard[str]:
    """Whether it is a SHA-256 as Heed writes it: 64 hex digits in lower case."""
    return type(value) is str and len(value) == _HASH and _HEX.issuperset(value)
