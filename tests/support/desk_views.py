"""Views of the pages of the desk with a value for everything, made from their types."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import is_dataclass, replace
from enum import Enum
from typing import Any

from brand_compiler.shapes import field_types, find_item_type
from heed.domain.desk.session import DeskRole
from heed.entrypoints.http.desk.all_views import DESK_VIEWS
from heed.entrypoints.http.desk.views import DeskFrame, DeskView
from tests.support.deployment import NOW

ROWS = 6
"""The length of each list: as many as the sample brand has topics."""


def full_views(page: str, language: str) -> Iterator[DeskView]:
    """Yields the views of a page in which nothing is empty, one for each value of each of its choices."""
    kind = DESK_VIEWS[page]
    frame = DeskFrame(
        language=language,
        brand="Meridian Watches",
        path="/desk",
        agent="Olga Officer",
        role=DeskRole.PRIVACY,
        form_token="0" * 32,
    )
    view: DeskView = replace(_fill(kind, 0), frame=frame)
    yield view
    for name, hint in field_types(kind).items():
        if isinstance(hint, type) and issubclass(hint, Enum):
            yield from (replace(view, **{name: value}) for value in hint)


def _fill(kind: Any, row: int) -> Any:
    """Returns a value of a type. In each row of a list, a choice has its next value."""
    if is_dataclass(kind):
        return kind(**{name: _fill(hint, row) for name, hint in field_types(kind).items()})
    if item := find_item_type(kind):
        return tuple(_fill(item, each) for each in range(ROWS))
    if isinstance(kind, type) and issubclass(kind, Enum):
        return list(kind)[row % len(kind)]
    return {str: "Offers & news", bool: True}.get(kind, NOW)
