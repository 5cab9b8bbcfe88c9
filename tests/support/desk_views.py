"""Views of the pages of the desk with a value for everything, made from their types."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
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


def full_views(page: str, language: str, text: str = "Offers & news") -> Iterator[DeskView]:
    """Yields views of a page in which no list or text is empty, one for each value of each of its choices.

    Each text is `text`. In the first view each flag is set, and in the second none is, because some flags
    hide a table.
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
    full = {**_fill_fields(kind, 0, ROWS, text), "frame": frame}
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
        meant="",
        form=replace(view.form, mistakes=()),
        topics=tuple(replace(row, until=None) for row in view.topics),
        active=view.active[:1],
        history=tuple(history),
    )


def forge_choices(view: Any, forged: str) -> Iterator[Any]:
    """Yields copies of a view, each with a text in place of one of its choices, however deep that is."""
    for field in fields(view):
        value = getattr(view, field.name)
        if isinstance(value, Enum):
            yield replace(view, **{field.name: forged})
        elif is_dataclass(value):
            yield from (replace(view, **{field.name: part}) for part in forge_choices(value, forged))
        elif isinstance(value, tuple) and value and is_dataclass(value[0]):
            for row in forge_choices(value[0], forged):
                yield replace(view, **{field.name: (row, *value[1:])})


def _fill_fields(kind: type, row: int, length: int, text: str) -> dict[str, Any]:
    return {name: _fill(hint, row, length, text) for name, hint in field_types(kind).items()}


def _fill(kind: Any, row: int, length: int, text: str) -> Any:
    """Returns a value of a type. In each row of a list, a choice has its next value."""
    if field_types(kind):
        return kind(**_fill_fields(kind, row, length, text))
    if item := find_item_type(kind):
        return tuple(_fill(item, each, PARTS, text) for each in range(length))
    if isinstance(kind, type) and issubclass(kind, Enum):
        return list(kind)[row % len(kind)]
    return {str: text, bool: True}.get(kind, NOW)
