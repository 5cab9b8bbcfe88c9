"""Compiles the expressions of a page, and checks each name against the view of the page.

A value that is known at build replaces its expression.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, StrictUndefined, nodes, select_autoescape
from jinja2.compiler import CodeGenerator, Frame

from brand_compiler.shapes import field_types, list_enum_values
from heed.domain.milliseconds import Millis
from heed.entrypoints.http.pages.pages import escape_html

if TYPE_CHECKING:
    from pathlib import Path

    from brand_compiler.fault import Faults
    from brand_compiler.texts import Text

Scope = Mapping[str, Any]
"""The type of each name that a page may use: a type of Python, a `Constant`, or UNKNOWN."""

UNKNOWN = object()
"""The type of an expression that has a fault or that nobody checks. It causes no further fault."""


class _ViewGenerator(CodeGenerator):
    """Generates Python for expressions that `compile_expression` has checked against a view.

    An attribute is read directly. The function `environment.getattr`, which Jinja2 would call, also searches
    for keys and defaults; a view has neither. What is marked as safe is not escaped, and nothing wraps it.
    The only dictionaries are those of `text_for_value`, which the module makes once.
    """

    def visit_Template(self, node: nodes.Template, frame: Frame | None = None) -> None:  # noqa: N802 - Jinja2
        self._dictionaries: dict[str, str] = {}  # the name of each, by its content
        super().visit_Template(node, frame)
        for content, name in self._dictionaries.items():
            self.writeline(f"{name} = {content}")

    def visit_Getattr(self, node: nodes.Getattr, frame: Frame) -> None:  # noqa: N802
        self.visit(node.node, frame)
        self.write(f".{node.attr}")

    def visit_Getitem(self, node: nodes.Getitem, frame: Frame) -> None:  # noqa: N802
        self.visit(node.node, frame)
        self.write("[")
        self.visit(node.arg, frame)
        self.write("]")

    def visit_Dict(self, node: nodes.Dict, frame: Frame) -> None:  # noqa: N802
        content = repr(node.as_const(frame.eval_ctx))
        self.write(self._dictionaries.setdefault(content, f"texts_{len(self._dictionaries)}"))

    def visit_MarkSafe(self, node: nodes.MarkSafe, frame: Frame) -> None:  # noqa: N802
        self.visit(node.expr, frame)

    def _output_child_pre(
        self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo
    ) -> None:
        if isinstance(node, nodes.MarkSafe):
            self.write("(")
        else:
            super()._output_child_pre(node, frame, finalize)


_VISIT_FILTERS = {
    **dict.fromkeys(["date", "time", "iso", "date_element", "time_element"], Millis),
    "day": str,
    "names": tuple[str, ...],
}
_HTML_FILTERS = {"time", "iso", "date_element", "time_element"}  # what they return needs no escaping

ENVIRONMENT = Environment(
    autoescape=select_autoescape(["html"]), undefined=StrictUndefined, keep_trailing_newline=True
)
ENVIRONMENT.code_generator_class = _ViewGenerator
# The functions have them, in the language of the page. Here nothing calls them.
ENVIRONMENT.filters |= dict.fromkeys(_VISIT_FILTERS, str)


@dataclass(frozen=True, slots=True)
class Constant:
    """The type of an expression whose value is known at build."""

    value: Any


@dataclass(frozen=True, slots=True)
class Place:
    """Where an expression is: in a file of the pages or, with a text, in a locale."""

    faults: Faults
    page: str
    file: Path
    line: int
    text: Text | None = None

    def add_fault(self, message: str) -> None:
        """Adds a fault at this place."""
        if self.text:
            self.text.add_fault(message)
        else:
            self.faults.add(self.file, self.line, message, "" if self.file.name == self.page else self.page)


def compile_expression(node: nodes.Expr, scope: Scope, place: Place) -> tuple[nodes.Expr, Any]:
    """Returns an expression for the function, and its type. A value that is known at build is inlined."""
    match node:
        case nodes.Const():
            return node, Constant(node.value)
        case nodes.Name():
            return _bind(node, scope.get(node.name), to_path(node), place)
        case nodes.Getattr(node=nodes.Expr() as owner):
            value, kind = compile_expression(owner, scope, place)
            if kind is UNKNOWN:
                return node, UNKNOWN
            member = nodes.Getattr(value, node.attr, "load")
            return _bind(member, _members(kind).get(node.attr), to_path(node), place)
        case nodes.Filter(node=nodes.Expr() as inner) if node.name in ENVIRONMENT.filters:
            return _compile_filter(node, inner, scope, place)
        case nodes.Compare(expr=left, ops=[nodes.Operand(op=sign, expr=right)]):
            value, kind = compile_expression(left, scope, place)
            other, other_kind = compile_expression(right, scope, place)
            words = list_enum_values(kind)
            if words and isinstance(other_kind, Constant) and other_kind.value not in words:
                place.add_fault(f"`{to_path(left)}` is never `{other_kind.value}`")
            comparison = nodes.Compare(value, [nodes.Operand(sign, other)])
            return _fold(comparison, [kind, other_kind], bool, place)
        case nodes.Not() | nodes.And() | nodes.Or():
            children = [part for part in node.iter_child_nodes() if isinstance(part, nodes.Expr)]
            parts = [compile_expression(part, scope, place) for part in children]
            operation = type(node)(*(part for part, _ in parts))
            return _fold(operation, [kind for _, kind in parts], bool, place)
    place.add_fault(f"pages cannot use `{to_path(node)}`")
    return node, UNKNOWN


def _compile_filter(
    node: nodes.Filter, inner: nodes.Expr, scope: Scope, place: Place
) -> tuple[nodes.Expr, Any]:
    value, kind = compile_expression(inner, scope, place)
    formatted = nodes.Filter(value, node.name, node.args, node.kwargs, node.dyn_args, node.dyn_kwargs)
    if isinstance(kind, Constant) and node.name not in _VISIT_FILTERS:
        return _fold(formatted, [kind], UNKNOWN, place)
    # A value of the visit has no other filter: `safe`, for example, would make it markup.
    if kind not in (_VISIT_FILTERS.get(node.name), UNKNOWN):
        place.add_fault(f"`{to_path(inner)}` cannot be formatted as `{node.name}`")
    return formatted, str


def _bind(node: nodes.Expr, kind: object, path: str, place: Place) -> tuple[nodes.Expr, Any]:
    """Returns a name or an attribute with its type. A constant replaces it."""
    if isinstance(kind, Constant):
        return nodes.Const(kind.value), kind
    if kind is None:
        message = f"unknown placeholder {{{{ {path} }}}}" if place.text else f"unknown field `{path}`"
        place.add_fault(message)
    return node, kind or UNKNOWN


def _fold(expression: nodes.Expr, kinds: list[Any], kind: object, place: Place) -> tuple[nodes.Expr, Any]:
    """Returns the value of an expression if all its parts are constants, else the expression."""
    if not all(isinstance(part, Constant) for part in kinds):
        return expression, kind
    expression.set_environment(ENVIRONMENT)
    try:
        value = expression.as_const(nodes.EvalContext(ENVIRONMENT, place.page))
    except nodes.Impossible:
        if any(part.value is None for part in kinds):
            return expression, UNKNOWN  # the brand has no such value, or it has a fault already
        place.add_fault(f"`{to_path(expression)}` cannot format this text")
        return expression, UNKNOWN
    return nodes.Const(value), Constant(value)


def _members(kind: object) -> dict[str, Any]:
    """Returns the types of what a value has: the fields of a view, or the members of a constant."""
    if isinstance(kind, Constant):
        return {name: Constant(value) for name, value in kind.value.items()} if kind.value else {}
    return field_types(kind)


def is_text_type(kind: object) -> bool:
    """Returns whether a page can show a value of this type."""
    if isinstance(kind, Constant):
        return kind.value is None or isinstance(kind.value, str)
    return kind in (str, UNKNOWN) or bool(list_enum_values(kind))


def to_html(node: nodes.Expr, kind: object) -> nodes.Expr:
    """Returns an expression that is not escaped at run time if the build knows how, else the same one."""
    if words := list_enum_values(kind):
        return text_for_value(node, {word: escape_html(word) for word in words})
    is_html = isinstance(node, nodes.Filter) and node.name in _HTML_FILTERS
    return nodes.MarkSafe(node) if is_html else node


def text_for_value(node: nodes.Expr, texts: Mapping[str, str]) -> nodes.Expr:
    """Returns the expression of the text for a value. None has no text; any other value raises `KeyError`.

    So no page shows a value that the build does not know.
    """
    choices = [*texts.items(), (None, "")]
    pairs = [nodes.Pair(nodes.Const(value), nodes.Const(text)) for value, text in choices]
    return nodes.MarkSafe(nodes.Getitem(nodes.Dict(pairs), node, "load"))


def to_path(node: nodes.Node) -> str:
    """Returns an expression as its page names it."""
    match node:
        case nodes.Name(name=name):
            return name
        case nodes.Getattr(node=owner, attr=name):
            return f"{to_path(owner)}.{name}"
        case nodes.Filter(node=nodes.Expr() as inner, name=name):
            return f"{to_path(inner)} | {name}"
        case nodes.Const(value=value):
            return str(value)
    return type(node).__name__.lower()
