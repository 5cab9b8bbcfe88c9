"""Compiles a page in one language to Python that Jinja2 runs.

The pages are templates of Jinja2. What is known at build is inlined: texts, other files, and the brand's own
values. So a function loads one module for a page, and parses nothing. Each name is checked against the view.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, cast

from jinja2 import Template, TemplateSyntaxError, nodes
from markupsafe import escape

from brand_compiler.expressions import (
    ENVIRONMENT,
    UNKNOWN,
    Constant,
    Place,
    Scope,
    compile_expression,
    is_text_type,
    text_for_value,
    to_html,
    to_path,
)
from brand_compiler.shapes import field_types, find_item_type, list_enum_values
from brand_compiler.sources import find_file, read_source
from heed.entrypoints.http.pages.pages import escape_html
from heed.entrypoints.http.pages.views import view_fields

if TYPE_CHECKING:
    from pathlib import Path

    from brand_compiler.fault import Faults
    from brand_compiler.sources import Folders
    from brand_compiler.texts import Locale, Text
    from heed.entrypoints.http.pages.views import PageView

_SPACE = re.compile(r"\s*\n\s*")
_HYPHEN = re.compile(r"(?<=\b[Ee])-(?=[Mm]ail)")
_UNBREAKABLE_HYPHEN = "-\u2060"  # with a word joiner: no line breaks after the "e-" of "e-mail"

_VALUE = "text"  # no field of a page has this name, because pages name their texts by it


class PageCompiler:
    """Compiles the pages of a folder in one language, and checks which texts they use.

    Args:
        folders: The folders of the brand.
        locale: The texts of the language.
        constants: What pages may use besides their view, by name.
        faults: Collects the mistakes.
    """

    def __init__(
        self, folders: Folders, locale: Locale, constants: Mapping[str, object], faults: Faults
    ) -> None:
        self.templates: dict[str, nodes.Template] = {}
        self.sources: dict[str, str] = {}
        self.is_complete = True
        self._used: set[str] = set()
        self._unknown_sections: set[str] = set()
        self._folders = folders
        self._locale = locale
        self._constants = {name: Constant(value) for name, value in constants.items()}
        self._faults = faults
        self._page = ""
        self._open_files: list[str] = []

    def compile_page(self, name: str, view: type) -> None:
        """Compiles a page, and keeps it in `templates`.

        Args:
            name: The file of the page: `landing.html`, or plain text such as `mail.txt`. In plain text
                nothing is escaped, and line breaks stay as they are.
            view: The class of the page's view. The fields of the page are checked against it.
        """
        self._page, self._open_files = name, [name]
        template = nodes.Template(
            self._compile_file(name, {**field_types(view), **self._constants}), lineno=1
        )
        template.set_environment(ENVIRONMENT)
        self.templates[name] = template

    def to_python(self, name: str) -> str:
        """Returns a page as Python, for `jinja2.ModuleLoader`.

        No value of a visit is markup, so the page escapes all of them without MarkupSafe, which is slower.
        """
        page = ENVIRONMENT.compile(self.templates[name], name, raw=True, defer_init=True)
        return f"{page}\nfrom {escape_html.__module__} import {escape_html.__name__} as escape\n"

    def render(self, name: str, view: PageView) -> str:
        """Returns the HTML of a page whose view is known at build."""
        template = Template.from_code(ENVIRONMENT, ENVIRONMENT.compile(self.templates[name], name), {})
        return template.render(view_fields(view))

    def check_all_used(self) -> None:
        """Adds a fault for each text that no page uses.

        Nobody knows that after a page that could not be read, or in a section of which a page names an
        unknown text.
        """
        skipped = {"language", "dates", *self._unknown_sections}
        for key, text in self._locale.texts.items():
            if self.is_complete and not (key in self._used or text.section in skipped or text.is_faulty):
                text.add_fault("no page uses it")

    @property
    def _is_plain(self) -> bool:
        return not self._page.endswith(".html")

    def _place(self, file: Path, line: int, text: Text | None = None) -> Place:
        return Place(self._faults, self._page, file, line, text)

    def _compile_file(self, name: str, scope: Scope, included_at: Place | None = None) -> list[nodes.Node]:
        file = find_file(self._folders, f"pages/{name}")
        if not file.exists():
            self.is_complete = False
            (included_at or self._place(file, 1)).add_fault(f"there is no page {name}")
            return []
        source = read_source(file, self._faults)
        if source is None:
            self.is_complete = False
            return []
        self.sources[name] = source
        try:
            body = _parse(source)
        except TemplateSyntaxError as error:
            self.is_complete = False
            self._place(file, error.lineno).add_fault(str(error.message))
        else:
            return self._compile_nodes(body, scope, file)
        return []

    def _compile_nodes(self, body: list[nodes.Node], scope: Scope, file: Path) -> list[nodes.Node]:
        compiled: list[nodes.Node] = []
        for node in body:
            place = self._place(file, node.lineno)
            match node:
                case nodes.Output():
                    compiled += self._compile_output(node, scope, file)
                case nodes.If():
                    compiled += self._compile_if(node, scope, file)
                case nodes.For(target=nodes.Name(name=name), recursive=False, test=None):
                    compiled += self._compile_for(node, name, scope, file)
                case nodes.Include(template=nodes.Const(value=str(name))) if name not in self._open_files:
                    self._open_files.append(name)
                    compiled += self._compile_file(name, scope, place)
                    self._open_files.pop()
                case _:
                    place.add_fault(f"pages cannot use {{% {type(node).__name__.lower()} %}} here")
        return _join_outputs(compiled)

    def _compile_output(self, node: nodes.Output, scope: Scope, file: Path) -> Iterator[nodes.Node]:
        for part in node.nodes:
            place = self._place(file, part.lineno)
            match part:
                case nodes.TemplateData():
                    yield _literal(part.data if self._is_plain else _SPACE.sub("\n", part.data))
                case nodes.Getattr(node=nodes.Getattr(node=nodes.Name(name="text"), attr=section)):
                    yield from self._compile_text(section, part.attr, scope, place)
                case nodes.Getitem(node=nodes.Getattr(node=nodes.Name(name="text"), attr=section)):
                    yield from self._compile_text_by_value(section, part.arg, scope, place)
                case _:
                    yield self._compile_shown(part, scope, place)

    def _compile_if(self, node: nodes.If, scope: Scope, file: Path) -> list[nodes.Node]:
        """Compiles a block. A test whose value is known at build leaves one branch; all are checked."""
        compiled = self._compile_nodes(node.else_, scope, file)
        for branch in reversed([node, *node.elif_]):
            place = self._place(file, branch.lineno)
            test, kind = compile_expression(cast("nodes.Expr", branch.test), scope, place)
            body = self._compile_nodes(branch.body, scope, file)
            if not isinstance(kind, Constant):
                compiled = [nodes.If(test, body, [], compiled)]
            elif kind.value:
                compiled = body
        return compiled

    def _compile_for(self, node: nodes.For, name: str, scope: Scope, file: Path) -> list[nodes.Node]:
        """Compiles a loop. The items of a list that is known at build are unrolled."""
        place = self._place(file, node.lineno)
        items, kind = compile_expression(cast("nodes.Expr", node.iter), scope, place)
        if isinstance(kind, Constant) and isinstance(kind.value, list | None):
            scopes = [{**scope, name: Constant(item)} for item in kind.value or ()]
            if scopes:
                return [part for each in scopes for part in self._compile_nodes(node.body, each, file)]
            self._compile_nodes(node.body, {**scope, name: UNKNOWN}, file)  # another brand may have items
            return self._compile_nodes(node.else_, scope, file)
        item_type = find_item_type(kind) or UNKNOWN
        if item_type is UNKNOWN and kind is not UNKNOWN:
            place.add_fault(f"`{to_path(node.iter)}` is not a list")
        body = self._compile_nodes(node.body, {**scope, name: item_type}, file)
        return [
            nodes.For(node.target, items, body, self._compile_nodes(node.else_, scope, file), None, False)
        ]

    def _compile_text(self, section: str, name: str, scope: Scope, place: Place) -> Iterator[nodes.Node]:
        """Compiles a text of the locale: its literal parts and the placeholders between them."""
        key = f"{section}.{name}"
        text = self._locale.texts.get(key)
        if text is None:
            if key not in self._locale.known_keys:
                self._unknown_sections.add(section)
                place.add_fault(f"there is no text `{key}` in the locales")
            return
        self._used.add(key)
        for part in text.parts:
            if isinstance(part, nodes.TemplateData):
                yield _literal(self._format_text(part.data))
            else:
                yield self._compile_shown(part, scope, self._place(text.document.file, text.line, text))

    def _format_text(self, text: str) -> str:
        # Some mail programs show the word joiner as a box, so mails do not have it.
        if not self._page.startswith("mail"):
            text = _HYPHEN.sub(_UNBREAKABLE_HYPHEN, text)
        return text if self._is_plain else str(escape(text))

    def _compile_text_by_value(
        self, section: str, argument: nodes.Expr, scope: Scope, place: Place
    ) -> list[nodes.Node]:
        """Compiles a text that depends on the value of a field, which is an enumeration."""
        value, kind = compile_expression(argument, scope, place)
        if not any(key.startswith(f"{section}.") for key in self._locale.known_keys):
            place.add_fault(f"there is no section [{section}] in the locales")
            return []
        words = list_enum_values(kind)
        if not words and kind is not UNKNOWN:
            place.add_fault(f"`{to_path(argument)}` has no fixed values")
        bodies = {word: _join_outputs(self._compile_text(section, word, scope, place)) for word in words}
        texts = {word: text for word, body in bodies.items() if (text := _find_literal(body)) is not None}
        if len(texts) == len(bodies):
            return [nodes.Output([text_for_value(value, texts)])]
        compiled: list[nodes.Node] = []
        for word, body in reversed(bodies.items()):
            is_word = nodes.Compare(nodes.Name(_VALUE, "load"), [nodes.Operand("eq", nodes.Const(word))])
            compiled = [nodes.If(is_word, body, [], compiled)]
        # The field is read once, and not in each comparison.
        return [nodes.With([nodes.Name(_VALUE, "store")], [value], compiled)]

    def _compile_shown(self, node: nodes.Expr, scope: Scope, place: Place) -> nodes.Output:
        """Compiles an expression whose value the page shows."""
        expression, kind = compile_expression(node, scope, place)
        if not is_text_type(kind):
            place.add_fault(f"`{to_path(node)}` is not a text")
        return nodes.Output([expression if self._is_plain else to_html(expression, kind)])


@functools.cache
def _parse(source: str) -> list[nodes.Node]:
    """Returns the parts of a template. Each language and many pages parse the same one."""
    return ENVIRONMENT.parse(source).body


def _literal(text: str) -> nodes.Output:
    return nodes.Output([nodes.TemplateData(text)])


def _find_literal(body: list[nodes.Node]) -> str | None:
    """Returns a body as text if it is the same for each visit, else None."""
    match body:
        case []:
            return ""
        case [nodes.Output(nodes=[nodes.TemplateData(data=text)])]:
            return str(text)
    return None


def _join_outputs(body: Iterable[nodes.Node]) -> list[nodes.Node]:
    """Returns a body in which adjacent outputs are one, so that Jinja2 joins their literals."""
    joined: list[nodes.Node] = []
    for node in body:
        if isinstance(node, nodes.Output) and joined and isinstance(joined[-1], nodes.Output):
            joined[-1] = nodes.Output([*joined[-1].nodes, *node.nodes])
        else:
            joined.append(node)
    return joined
