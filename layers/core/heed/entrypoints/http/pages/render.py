"""Runs a page that the brand's compiler prepared: no template engine, no regular expression.

A program is a list whose items are either literal HTML (in a mail's plain text: text) or one of

    ["value", path]                    the value, escaped
    ["plain", path]                    the value as it is: of a mail's plain text
    ["date" | "time" | "iso", path]    milliseconds since the epoch, in words or for a machine
    ["day", path]                      a date such as 2026-07-01, in words
    ["if", path, equals, then, else]   `equals` null: by truth; otherwise by comparison
    ["each", path, name, body]         once an item, which the body knows as `name`
    ["of", path, {value: program}]     the program of that value

and a path is the name of a variable ("" is the view) followed by attributes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from heed.entrypoints.http.pages.dates import Dates

if TYPE_CHECKING:
    from collections.abc import Callable

_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;"})


def escape_html(value: object) -> str:
    """The value as text that is safe between tags and in a quoted attribute."""
    return str(value).translate(_ENTITIES)


def render_page(program: list[Any], view: object, dates: Dates) -> str:
    """The HTML of `view` under a compiled program."""
    parts: list[str] = []
    _run(program, {"": view}, dates, parts.append)
    return "".join(parts)


def _run(program: list[Any], scope: dict[str, object], dates: Dates, put: Callable[[str], None]) -> None:
    for node in program:
        if isinstance(node, str):
            put(node)
            continue
        value = _value(node[1], scope)
        match node[0]:
            case "value":
                put(escape_html(value))
            case "plain":
                put(value)
            case "if":
                holds = bool(value) if node[2] is None else value == node[2]
                _run(node[3] if holds else node[4], scope, dates, put)
            case "each":
                for item in value:
                    _run(node[3], {**scope, node[2]: item}, dates, put)
            case "of":
                _run(node[2][value], scope, dates, put)
            case "day":
                put(escape_html(dates.day(value)))
            case kind:
                put(escape_html(dates.write(kind, value)))


def _value(path: list[str], scope: dict[str, object]) -> Any:  # noqa: ANN401 - any view's field
    value = scope[path[0]]
    for name in path[1:]:
        value = getattr(value, name)
    return value
