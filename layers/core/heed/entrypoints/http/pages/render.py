"""Renders a page that the brand compiler compiled. It needs no template engine and no regular expression.

A compiled page is a list, called a program. Each item is literal HTML (literal text in a plain-text mail)
or one of these instructions:

    ["value", path]                    the value, escaped
    ["plain", path]                    the value without escaping, for plain-text mail
    ["date" | "time" | "iso", path]    milliseconds since the Unix epoch, as text or as RFC 3339
    ["day", path]                      a date such as 2026-07-01, as text
    ["if", path, equals, then, else]   tests the truth of the value if `equals` is null, else equality
    ["each", path, name, body]         runs the body for each item, which has this name in the body
    ["of", path, {value: program}]     runs the program of the value

A path is a list: the name of a variable ("" is the view), then names of attributes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from heed.entrypoints.http.pages.dates import Dates

if TYPE_CHECKING:
    from collections.abc import Callable

_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;"})


def escape_html(value: object) -> str:
    """Returns a value as text that is safe between HTML tags and in a quoted attribute."""
    return str(value).translate(_ENTITIES)


def render_page(program: list[Any], view: object, dates: Dates) -> str:
    """Returns the HTML of a view."""
    parts: list[str] = []
    _run(program, {"": view}, dates, parts.append)
    return "".join(parts)


def _run(program: list[Any], variables: dict[str, object], dates: Dates, put: Callable[[str], None]) -> None:
    for instruction in program:
        if isinstance(instruction, str):
            put(instruction)
            continue
        value = _get_value(instruction[1], variables)
        match instruction[0]:
            case "value":
                put(escape_html(value))
            case "plain":
                put(value)
            case "if":
                is_true = bool(value) if instruction[2] is None else value == instruction[2]
                _run(instruction[3] if is_true else instruction[4], variables, dates, put)
            case "each":
                for item in value:
                    _run(instruction[3], {**variables, instruction[2]: item}, dates, put)
            case "of":
                _run(instruction[2][value], variables, dates, put)
            case "day":
                put(escape_html(dates.day(value)))
            case kind:
                put(escape_html(dates.write(kind, value)))


def _get_value(path: list[str], variables: dict[str, object]) -> Any:  # noqa: ANN401 - a field of any view
    value = variables[path[0]]
    for name in path[1:]:
        value = getattr(value, name)
    return value
