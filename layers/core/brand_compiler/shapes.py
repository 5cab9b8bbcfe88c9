"""Finds the types of the views' fields, so that the build checks the pages."""

from __future__ import annotations

import functools
import types
from dataclasses import is_dataclass
from enum import StrEnum
from typing import Any, Union, get_args, get_origin, get_type_hints


@functools.cache
def field_types(owner: Any) -> dict[str, Any]:  # noqa: ANN401 - type hints of any form
    """Returns the types of a view's fields by name, and nothing for another type. `X | None` counts as X."""
    if not is_dataclass(owner):
        return {}
    return {name: _without_none(hint) for name, hint in get_type_hints(owner).items()}


def find_item_type(hint: Any) -> Any:  # noqa: ANN401
    """Returns X for `tuple[X, ...]`, and None for any other type."""
    return get_args(hint)[0] if get_origin(hint) is tuple else None


def list_enum_values(hint: Any) -> list[str]:  # noqa: ANN401
    """Returns the values of an enumeration, and nothing for any other type."""
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return [member.value for member in hint]
    return []


def _without_none(hint: Any) -> Any:  # noqa: ANN401
    if get_origin(hint) in {Union, types.UnionType}:
        return next(kind for kind in get_args(hint) if kind is not type(None))
    return hint
