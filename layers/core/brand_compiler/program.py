"""Compiles a page in one language to a program that `heed.entrypoints.http.pages.render` runs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from brand_compiler.shapes import find_field_type, find_item_type, list_enum_values
from brand_compiler.template import TemplateNode, parse_template
from heed.domain.milliseconds import Millis
from heed.entrypoints.http.pages.render import escape_html

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from brand_compiler.texts import Locale, Text

Program = list[Any]
Constants = dict[str, str | list[str]]

_PLACEHOLDER = re.compile(r"\{([\w.]+)(?:\|(\w+))?\}")
_SPACE = re.compile(r"\s*\n\s*")
_DATE_FORMATS = {"date": Millis, "time": Millis, "iso": Millis, "day": str}
_HYPHEN = re.compile(r"(?<=\b[Ee])-(?=[Mm]ail)")
_UNBREAKABLE_HYPHEN = "-\u2060"  # with a word joiner: no line breaks after the "e-" of "e-mail"


class Compiler:
    """Compiles the pages of a folder in one language, and records in `used` which texts they use."""

    def __init__(
        self, folder: Path, locale: Locale, constants: Constants, parts: Mapping[str, Program]
    ) -> None:
        """Creates a compiler.

        Args:
            folder: The folder of the pages.
            locale: The texts of the language.
            constants: The brand's own texts.
            parts: Programs that pages include by name and that are not files (style, languages).
        """
        self.used: set[str] = set()
        self._folder = folder
        self._locale = locale
        self._constants = constants
        self._parts = parts
        self._sections = {key.partition(".")[0] for key in constants}
        self._page = ""
        self._is_plain = False

    def compile_page(self, name: str, view: type) -> Program:
        """Returns the program of a page.

        Args:
            name: The file of the page: `landing.html`, or plain text such as `mail.txt`. In plain text
                nothing is escaped, and line breaks stay as they are.
            view: The class of the page's view. The fields of the page are checked against it.

        Raises:
            BrandFault: The page uses an unknown text, field, file or value.
        """
        self._page, _, kind = name.partition(".")
        self._is_plain = kind == "txt"
        return _join_literals(self._compile_nodes(parse_template(self._folder / name), {"": view}))

    def _compile_nodes(self, nodes: list[TemplateNode], scope: dict[str, Any]) -> Program:
        program: Program = []
        for node in nodes:
            program += getattr(self, f"_compile_{node.kind}")(node, scope)
        return program

    def _compile_literal(self, node: TemplateNode, _scope: dict[str, Any]) -> Program:
        return [node.arguments[0] if self._is_plain else _SPACE.sub("\n", node.arguments[0])]

    def _compile_include(self, node: TemplateNode, scope: dict[str, Any]) -> Program:
        name = node.arguments[0]
        if name in self._parts:
            return self._parts[name]
        file = self._folder / f"{name}.html"
        if not file.is_file():
            raise node.fault(f"there is no page {name}.html")
        return self._compile_nodes(parse_template(file), scope)

    def _compile_value(self, node: TemplateNode, scope: dict[str, Any]) -> Program:
        return [self._compile_field(node, node.arguments[0], node.arguments[1], scope)]

    def _compile_if(self, node: TemplateNode, scope: dict[str, Any]) -> Program:
        path, word = node.arguments
        if path.partition(".")[0] in self._sections:
            is_set = path in self._constants
            # The other branch counts as used, because another brand may need its texts.
            self.used.update(child.arguments[0] for child in (node.else_body if is_set else node.body))
            return self._compile_nodes(node.body if is_set else node.else_body, scope)
        where, kind = self._resolve_path(node, path, scope)
        if word and word not in (list_enum_values(kind) or []):
            raise node.fault(f"`{path}` is never `{word}`")
        then, other = self._compile_nodes(node.body, scope), self._compile_nodes(node.else_body, scope)
        return [["if", where, word or None, _join_literals(then), _join_literals(other)]]

    def _compile_each(self, node: TemplateNode, scope: dict[str, Any]) -> Program:
        path, name = node.arguments
        where, kind = self._resolve_path(node, path, scope)
        if (item := find_item_type(kind)) is None:
            raise node.fault(f"`{path}` is not a list")
        body = self._compile_nodes(node.body, {**scope, name: item})
        return [["each", where, name, _join_literals(body)]]

    def _compile_text(self, node: TemplateNode, scope: dict[str, Any]) -> Program:
        key, path, transform = node.arguments
        key = f"{self._page}{key}" if key.startswith(".") else key
        if path:
            return [self._compile_text_by_value(node, key, path, scope)]
        if key in self._constants:
            return [self._format_constant(node, self._constants[key], transform)]
        return self._compile_locale_text(node, key, scope)

    def _format_constant(self, node: TemplateNode, value: str | list[str], transform: str) -> str:
        match value, transform:
            case str(), "":
                return self._escape(value)
            case str(), "tel":
                return "".join(char for char in value if char in "+0123456789")
            case list(), "br":
                return "<br>".join(escape_html(line) for line in value)
            case list(), "lines":
                return "\n".join(self._escape(line) for line in value)
            case list(), "li":
                return "".join(f"<li>{escape_html(line)}</li>" for line in value)
        raise node.fault(f"`{transform}` cannot format this text")

    def _compile_locale_text(self, node: TemplateNode, key: str, scope: dict[str, Any]) -> Program:
        """Compiles a text of the locale: its literal parts and the fields between them."""
        text: Text | None = self._locale.texts.get(key)
        if text is None:
            raise node.fault(f"there is no text `{key}` in the locales")
        self.used.add(key)
        program: Program = []
        # Some mail programs show the word joiner as a box, so mails do not have it.
        value = text.value if self._page.startswith("mail") else _HYPHEN.sub(_UNBREAKABLE_HYPHEN, text.value)
        end = 0
        for placeholder in _PLACEHOLDER.finditer(value):
            program.append(self._escape(value[end : placeholder.start()]))
            program.append(self._compile_field(text, placeholder[1], placeholder[2] or "", scope))
            end = placeholder.end()
        return [*program, self._escape(value[end:])]

    def _compile_text_by_value(
        self, node: TemplateNode, section: str, path: str, scope: dict[str, Any]
    ) -> list[Any]:
        """Compiles a text that depends on the value of a field."""
        where, kind = self._resolve_path(node, path, scope)
        prefix = f"{section}."
        names = [name.removeprefix(prefix) for name in self._locale.texts if name.startswith(prefix)]
        if not names:
            raise node.fault(f"there is no section [{section}] in the locales")
        for word in list_enum_values(kind) or []:
            if word not in names:
                raise node.fault(f"[{section}] has no text `{word}`")
        texts = {
            name: _join_literals(self._compile_locale_text(node, prefix + name, scope)) for name in names
        }
        return ["of", where, texts]

    def _compile_field(
        self, node: TemplateNode | Text, path: str, date_format: str, scope: dict[str, Any]
    ) -> list[Any]:
        where, kind = self._resolve_path(node, path, scope)
        if date_format and _DATE_FORMATS.get(date_format) is not kind:
            raise node.fault(f"`{path}` cannot be formatted as `{date_format}`")
        if not date_format and kind is not str and list_enum_values(kind) is None:
            raise node.fault(f"`{path}` is not a text")
        return [date_format or ("plain" if self._is_plain else "value"), where]

    def _escape(self, text: str) -> str:
        return text if self._is_plain else escape_html(text)

    def _resolve_path(
        self, node: TemplateNode | Text, path: str, scope: dict[str, Any]
    ) -> tuple[list[str], Any]:
        """Returns a path as the renderer follows it, and the type of the field at its end."""
        first, *rest = path.split(".")
        where = [first, *rest] if first in scope else ["", first, *rest]
        try:
            return where, find_field_type(scope[where[0]], where[1:])
        except KeyError:
            raise node.fault(f"unknown placeholder {{{path}}} on page `{self._page}`") from None


def _join_literals(program: Program) -> Program:
    """Returns the program with adjacent literals joined and without empty ones."""
    joined: Program = []
    for node in program:
        if isinstance(node, str) and joined and isinstance(joined[-1], str):
            joined[-1] += node
        elif node != "":
            joined.append(node)
    return joined
