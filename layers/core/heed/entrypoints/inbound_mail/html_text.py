"""The text of an HTML mail, in one pass. It is for reading words, not for display.

The standard library's `html.parser` is not used: its time is quadratic for unclosed tags, and a character
reference with 5,000 digits makes it fail (docs/decisions/0064-parsing-mail.md).
"""

from __future__ import annotations

import html
import re

_MAX_HTML = 262_144  # characters that are read
_SKIPPED = re.compile(r"<(?:(!--)|(style|script|title)\b)", re.IGNORECASE)
_TAG = re.compile(r"<(/?[A-Za-z][A-Za-z0-9]*+|[!/?])[^<>]*>")
_NEW_LINE = re.compile(r"/?(?:p|div|br|tr|li|ul|ol|table|blockquote|hr|h[1-6]|pre)")
_LONG_REFERENCE = re.compile(r"&#[xX]?[0-9A-Fa-f]{8,};?")


def html_to_text(markup: str) -> str:
    """Returns the text of HTML. A line of a quotation (`blockquote`) starts with "> ", as in plain text."""
    lines: list[str] = []
    line: list[str] = []
    quotes = end = 0

    def end_line() -> None:
        text = " ".join("".join(line).split())
        if text:
            lines.append("> " * min(quotes, 1) + text)
        line.clear()

    source = _without_skipped(markup[:_MAX_HTML])
    for tag in _TAG.finditer(source):
        line.append(_unescape(source[end : tag.start()]))
        end = tag.end()
        name = tag[1].lower()
        if _NEW_LINE.fullmatch(name):
            end_line()
        if name == "blockquote":
            quotes += 1
        elif name == "/blockquote":
            quotes = max(quotes - 1, 0)
    line.append(_unescape(source[end:]))
    end_line()
    return "\n".join(lines)


def _without_skipped(markup: str) -> str:
    """Returns HTML without comments, styles, scripts and the title. One that never ends hides nothing."""
    kept: list[str] = []
    position = 0
    while opening := _SKIPPED.search(markup, position):
        closing = re.compile("-->" if opening[1] else f"</{opening[2]}[^<>]*>", re.IGNORECASE)
        closed = closing.search(markup, opening.end())
        if closed is None:
            break
        kept.append(markup[position : opening.start()])
        position = closed.end()
    return " ".join([*kept, markup[position:]])


def _unescape(text: str) -> str:
    return html.unescape(_LONG_REFERENCE.sub("\ufffd", text))
