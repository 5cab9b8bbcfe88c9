"""What a value from outside may be: exact types, for in Python `True` is a number and 1.0 equals 1."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeGuard

_SHA256 = re.compile("[0-9a-f]{64}")


def is_number_below(limit: int) -> Callable[[object], TypeGuard[int]]:
    """Whether a value is a whole number from 0 to below a limit."""

    def fits(value: object) -> TypeGuard[int]:
        return type(value) is int and 0 <= value < limit

    return fits


def is_text(value: object) -> TypeGuard[str]:
    """Whether it is a text."""
    return type(value) is str


def is_hash(value: object) -> TypeGuard[str]:
    """Whether it is a SHA-256 as Heed writes it: 64 hex digits in lower case."""
    return type(value) is str and _SHA256.fullmatch(value) is not None
