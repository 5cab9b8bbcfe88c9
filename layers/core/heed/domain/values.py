"""Checks of values from outside. They compare exact types: in Python `True` is an int, and 1.0 == 1."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeGuard

_SHA256 = re.compile("[0-9a-f]{64}")


def is_number_below(limit: int) -> Callable[[object], TypeGuard[int]]:
    """Returns a check: is the value a whole number from 0 up to, but not including, `limit`?"""

    def is_in_range(value: object) -> TypeGuard[int]:
        return type(value) is int and 0 <= value < limit

    return is_in_range


def is_text(value: object) -> TypeGuard[str]:
    """Whether the value is a string."""
    return type(value) is str


def is_hash(value: object) -> TypeGuard[str]:
    """Whether the value is a SHA-256 hash in Heed's format: 64 hex digits in lower case."""
    return type(value) is str and _SHA256.fullmatch(value) is not None
