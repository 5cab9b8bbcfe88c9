"""Compiles a page in one language to the program that `heed.entrypoints.http.pages.render` runs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from brand_compiler.shapes import field_type, item_type, words_of
from brand_compiler.template import TemplateNode, parse_template
from heed.entrypoints.http.pages.render import escape_html

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from brand_compiler.texts import Locale, Text

Program = list[Any]
Constants = dict[str, str | list[str]]

_PLACEHOLDER = re.compile(r"\{([\w.]+)(?:\|(\w+))?\}")
_SPACE = re.compile(r"\s*\n\s*")
_DATES = {"date": int, "time": int, "iso": int, "day": str}
_HYPHEN = re.compile(r"(?<=\b[Ee])-(?=[Mm]ail)")
_UNBROKEN = "-\u2060"  # a word joiner: "e-mail" never ends a line after its first letter


class Compiler:
    """Compiles the pages of a folder in one language, and remembers which texts they used."""

    def __init__(
        self, folder: Path, locale: Locale, constants: Constants, parts: Mapping[str, Program]
    ) -> None:
        """`constants` are the brand's own texts, `parts` made elsewhere (style, languages)."""
        self.used: set[str] = set()
        self._folder = folder
        self._locale = locale
        self._constants = constants
        self._parts = parts
        self._sections = {key.partition(".")[0] for key in constants}
        self._page = ""
        self._is_plain = False

    def page(self, name: str, view: type) -> Program:
        """The program of a page, checked against the class of its view.

        `name` is that of its file: `landing.html`, or plain text such as `mail.txt`, where nothing is
        escaped and every line stands as it is.

        Raises:
            Fault: an unknown text, field, file or word.
        """
        self._page, _, kind = name.partition(".")
        self._is_plain = kind == "txt"
        return _joined(self._nodes(parse_template(self._folder / name), {"": view}))

    def _nodes(self, nodes: list[TemplateNode], scope: dict[str, Any]) -> Program:
        program: Program = []
        for node in nodes:
            program += getattr(self, f"_{node.kind}")(node, scope)
        return program

    def _literal(self, node: TemplateNode, _scope: dict[str, Any]) -> Program:
        return [node.words[0] if self._is_plain else _SPACE.sub("\n", node.words[0])]

    def _include(self, node: TemplateNode, scope: dict[str, Any]) -> Program:
        name = node.words[0]
        if name in self._parts:
            return self._parts[name]
        file = self._folder / f"{name}.html"
        if not file.is_file():
            raise node.fault(f"there is no page {name}.html")
        return self._nodes(parse_template(file), scope)

    def _value(self, node: TemplateNode, scope: dict[str, Any]) -> Program:
        return [self._field(node, node.words[0], node.words[1], scope)]

    def _if(self, node: TemplateNode, scope: dict[str, Any]) -> Program:
        path, word = node.words
        if path.partition(".")[0] in self._sections:
            there = path in self._constants
            # What this brand does not have keeps its texts: another brand may have it.
            self.used.update(n.words[0] for n in (node.otherwise if there else node.body))
            return self._nodes(node.body if there else node.otherwise, scope)
        where, kind = self._resolve(node, path, scope)
        if word and word not in (words_of(kind) or []):
            raise node.fault(f"`{path}` is never `{word}`")
        then, other = self._nodes(node.body, scope), self._nodes(node.otherwise, scope)
        return [["if", where, word or None, _joined(then), _joined(other)]]

    def _each(self, node: TemplateNode, scope: dict[str, Any]) -> Program:
        path, name = node.words
        where, kind = self._resolve(node, path, scope)
        if (item := item_type(kind)) is None:
            raise node.fault(f"`{path}` is no list")
        body = self._nodes(node.body, {**scope, name: item})
        return [["each", where, name, _joined(body)]]

    def _text(self, node: TemplateNode, scope: dict[str, Any]) -> Program:
        key, path, transform = node.words
        key = f"{self._page}{key}" if key.startswith(".") else key
        if path:
            return [self._table(node, key, path, scope)]
        if key in self._constants:
            return [self._constant(node, self._constants[key], transform)]
        return self._words(node, key, scope)

    def _constant(self, node: TemplateNode, value: str | list[str], transform: str) -> str:
        match value, transform:
            case str(), "":
                return self._escape(value)
            case str(), "tel":
                return "".join(sign for sign in value if sign in "+0123456789")
            case list(), "br":
                return "<br>".join(escape_html(line) for line in value)
            case list(), "lines":
                return "\n".join(self._escape(line) for line in value)
            case list(), "li":
                return "".join(f"<li>{escape_html(line)}</li>" for line in value)
        raise node.fault(f"`{transform}` cannot write this")

    def _words(self, node: TemplateNode, key: str, scope: dict[str, Any]) -> Program:
        """A text of the locale: literal pieces and the fields between them."""
        text: Text | None = self._locale.texts.get(key)
        if text is None:
            raise node.fault(f"there is no text `{key}` in the locales")
        self.used.add(key)
        program: Program = []
        # In a mail some programs show the joiner as a box.
        value = text.value if self._page.startswith("mail") else _HYPHEN.sub(_UNBROKEN, text.value)
        at = 0
        for found in _PLACEHOLDER.finditer(value):
            program.append(self._escape(value[at : found.start()]))
            program.append(self._field(text, found[1], found[2] or "", scope))
            at = found.end()
        return [*program, self._escape(value[at:])]

    def _table(self, node: TemplateNode, section: str, path: str, scope: dict[str, Any]) -> list[Any]:
        """A text chosen by the value of a field."""
        where, kind = self._resolve(node, path, scope)
        prefix = f"{section}."
        names = [k.removeprefix(prefix) for k in self._locale.texts if k.startswith(prefix)]
        if not names:
            raise node.fault(f"there is no section [{section}] in the locales")
        for word in words_of(kind) or []:
            if word not in names:
                raise node.fault(f"[{section}] has no text `{word}`")
        texts = {name: _joined(self._words(node, prefix + name, scope)) for name in names}
        return ["of", where, texts]

    def _field(self, node: TemplateNode | Text, path: str, how: str, scope: dict[str, Any]) -> list[Any]:
        where, kind = self._resolve(node, path, scope)
        if how and _DATES.get(how) is not kind:
            raise node.fault(f"`{path}` cannot be written as `{how}`")
        if not how and kind is not str and words_of(kind) is None:
            raise node.fault(f"`{path}` is no text")
        return [how or ("plain" if self._is_plain else "value"), where]

    def _escape(self, text: str) -> str:
        return text if self._is_plain else escape_html(text)

    def _resolve(self, node: TemplateNode | Text, path: str, scope: dict[str, Any]) -> tuple[list[str], Any]:
        """A path as the renderer follows it, and the type of what it finds."""
        first, *rest = path.split(".")
        where = [first, *rest] if first in scope else ["", first, *rest]
        try:
            return where, field_type(scope[where[0]], where[1:])
        except KeyError:
            raise node.fault(f"unknown placeholder {{{path}}} on page `{self._page}`") from None


def _joined(program: Program) -> Program:
    """The same program with neighbouring literals joined and empty ones left out."""
    joined: Program = []
    for node in program:
        if isinstance(node, str) and joined and isinstance(joined[-1], str):
            joined[-1] += node
        elif node != "":
            joined.append(node)
    return joined
