"""The elements of an HTML page or mail, in one linear pass. It is for looking for links and forms alone."""

from __future__ import annotations

import html
import re
import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_MAX_HTML = 1_048_576  # characters that are read
_MAX_ELEMENTS = 20_000
_MAX_VALUE = 4_096  # characters of an attribute
_MAX_TEXT = 200  # characters of the text after an element
_HIDDEN = re.compile(r"<!--|<(script|style)\b", re.IGNORECASE)
_ELEMENT = re.compile(r"<([a-zA-Z][a-zA-Z0-9]*+)([^<>]*)>([^<]*)")
_ATTRIBUTE = re.compile(r"""([a-zA-Z-]++)(?:\s*+=\s*+(?:"([^"]*)"|'([^']*)'|([^\s"'>]++)))?""")
_TO_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_LONG_REFERENCE = re.compile(r"&#[xX]?[0-9A-Fa-f]{8,};?")


@dataclass(frozen=True, slots=True)
class HtmlElement:
    """An element.

    Attributes:
        name: its name in lower case.
        attributes: the values of its attributes by their names in lower case.
        text: the text directly after its start tag.
    """

    name: str
    attributes: Mapping[str, str]
    text: str


def html_elements(markup: str) -> Iterator[HtmlElement]:
    """Yields the elements of HTML, in their order, without those in comments, scripts and styles.

    Of a script and a style the start tag is an element, too.
    """
    source = _without_hidden(markup[:_MAX_HTML])
    for number, tag in enumerate(_ELEMENT.finditer(source)):
        if number >= _MAX_ELEMENTS:
            return
        values = {
            attribute[1].lower(): _unescape(attribute[2] or attribute[3] or attribute[4] or "")
            for attribute in _ATTRIBUTE.finditer(tag[2])
        }
        yield HtmlElement(tag[1].lower(), values, _unescape(tag[3].strip()[:_MAX_TEXT]))


def _without_hidden(markup: str) -> str:
    """Returns HTML without comments and without the content of scripts and styles."""
    lowered = markup.translate(_TO_LOWER)  # it keeps the length, which lower() does not
    kept: list[str] = []
    position = 0
    while opening := _HIDDEN.search(markup, position):
        if opening[1]:
            start = markup.find(">", opening.end()) + 1
            end = lowered.find(f"</{opening[1].lower()}", start) if start else -1
        else:
            start, end = opening.start(), markup.find("-->", opening.end())
        if end < 0:
            break
        kept.append(markup[position:start])
        position = end
    return "".join([*kept, markup[position:]])


def _unescape(text: str) -> str:
    return html.unescape(_LONG_REFERENCE.sub("\ufffd", text[:_MAX_VALUE]))
