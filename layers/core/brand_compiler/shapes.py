"""The types of the views' fields, so that a page is checked before anyone sees it."""

from __future__ import annotations

import types
from dataclasses import is_dataclass
from enum import StrEnum
from typing import Any, Union, get_args, get_origin, get_type_hints


def field_type(owner: Any, path: list[str]) -> Any:  # noqa: ANN401 - type hints of any form
    """The type of a field of a field of a view; `X | None` counts as X.

    Raises:
        KeyError: there is no such field; its argument is the name.
    """
    for name in path:
        if not is_dataclass(owner):
            raise KeyError(name)
        owner = _present(get_type_hints(owner)[name])
    return owner


def item_type(hint: Any) -> Any:  # noqa: ANN401
    """What a `tuple[X, ...]` holds; None for anything else."""
    return get_args(hint)[0] if get_origin(hint) is tuple else None


def words_of(hint: Any) -> list[str] | None:  # noqa: ANN401
    """The values of an enumeration; None for anything else."""
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return [member.value for member in hint]
    return None


def _present(hint: Any) -> Any:  # noqa: ANN401
    if get_origin(hint) in {Union, types.UnionType}:
        return next(kind for kind in get_args(hint) if kind is not type(None))
    return hint
