"""Finds the types of the views' fields, so that the build checks the pages."""

from __future__ import annotations

import functools
import types
from dataclasses import is_dataclass
from enum import StrEnum
from typing import Any, Union, cast, get_args, get_origin, get_type_hints


def find_field_type(owner: Any, path: list[str]) -> Any:  # noqa: ANN401 - type hints of any form
    """Returns the type of a field of a view. `X | None` counts as X.

    Args:
        owner: The class of the view.
        path: The name of the field, after the names of the fields that contain it.

    Raises:
        KeyError: There is no such field. Its argument is the name.
    """
    for name in path:
        if not is_dataclass(owner):
            raise KeyError(name)
        owner = _without_none(_type_hints(cast("type", owner))[name])
    return owner


@functools.cache
def _type_hints(view: type) -> dict[str, Any]:
    """Returns the types of a view's fields. Each call of `get_type_hints` evaluates all annotations again."""
    return get_type_hints(view)


def find_item_type(hint: Any) -> Any:  # noqa: ANN401
    """Returns X for `tuple[X, ...]`, and None for any other type."""
    return get_args(hint)[0] if get_origin(hint) is tuple else None


def list_enum_values(hint: Any) -> list[str] | None:  # noqa: ANN401
    """Returns the values of an enumeration, and None for any other type."""
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return [member.value for member in hint]
    return None


def _without_none(hint: Any) -> Any:  # noqa: ANN401
    if get_origin(hint) in {Union, types.UnionType}:
        return next(kind for kind in get_args(hint) if kind is not type(None))
    return hint
