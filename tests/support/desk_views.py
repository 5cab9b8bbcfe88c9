"""Views of the pages of the desk with a value for everything, made from their types."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from enum import Enum
from typing import Any

from brand_compiler.shapes import field_types, find_item_type
from heed.domain.desk.session import DeskRole
from heed.entrypoints.http.desk.all_views import DESK_VIEWS
from heed.entrypoints.http.desk.person_page_view import PersonView
from heed.entrypoints.http.desk.views import DeskFrame, DeskView
from tests.support.deployment import NOW

ROWS, PARTS = 6, 2
"""The length of a list, which is the number of topics of the sample brand, and of a list within a row."""


def full_views(page: str, language: str) -> Iterator[DeskView]:
    """Yields views of a page in which no list or text is empty, one for each value of each of its choices.

    In the first, each flag is set; in the second, none is, because some flags hide a table.
    """
    kind: Any = DESK_VIEWS[page]
    frame = DeskFrame(
        language=language,
        brand="Meridian Watches",
        path="/desk",
        agent="Olga Officer",
        role=DeskRole.PRIVACY,
        form_token="0" * 32,
    )
    full = {**_fill_fields(kind, 0, ROWS), "frame": frame}
    yield kind(**full)
    hints = field_types(kind)
    yield kind(**{**full, **{name: False for name, hint in hints.items() if hint is bool}})
    for name, hint in hints.items():
        if isinstance(hint, type) and issubclass(hint, Enum):
            yield from (kind(**{**full, name: value}) for value in hint)


def usual_person(view: PersonView) -> PersonView:
    """Returns the view of a person who stopped all mail. Its topics and entries are as many as before.

    No person has all that a full view has: a form with mistakes, a suppression of each kind, and an entry
    that is a pause, late and superseded at once. The evidence of an entry has two parts, as that of a link.
    """
    history = (
        replace(row, evidence=row.evidence[:2], until=None, recorded_at=None, superseded=False)
        for row in view.history
    )
    return replace(
        view,
        form=replace(view.form, mistakes=()),
        topics=tuple(replace(row, until=None) for row in view.topics),
        active=view.active[:1],
        history=tuple(history),
    )


def _fill_fields(kind: type, row: int, length: int) -> dict[str, Any]:
    return {name: _fill(hint, row, length) for name, hint in field_types(kind).items()}


def _fill(kind: Any, row: int, length: int) -> Any:
    """Returns a value of a type. In each row of a list, a choice has its next value."""
    if field_types(kind):
        return kind(**_fill_fields(kind, row, length))
    if item := find_item_type(kind):
        return tuple(_fill(item, each, PARTS) for each in range(length))
    if isinstance(kind, type) and issubclass(kind, Enum):
        return list(kind)[row % len(kind)]
    return {str: "Offers & news", bool: True}.get(kind, NOW)
