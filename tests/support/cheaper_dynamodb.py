"""The expressions of moto's DynamoDB with less work and the same results."""

from __future__ import annotations

import copy
import functools
import pickle
from collections import deque
from collections.abc import Callable
from typing import Any

import pytest
from moto.dynamodb import comparisons
from moto.dynamodb.parsing import ast_nodes, expressions, reserved_keywords, validators

_Check = Callable[[Any, Any], Any]
_nodes: Any = ast_nodes
_parser: Any = expressions
_IN_PATHS = (
    _nodes.UpdateExpressionPath,
    _nodes.ExpressionAttribute,
    _nodes.ExpressionAttributeName,
    _nodes.ExpressionPathDescender,
    _nodes.ExpressionSelector,
)
_IN_REMOVALS = (
    _nodes.UpdateExpressionRemoveClause,
    _nodes.UpdateExpressionRemoveActions,
    _nodes.UpdateExpressionRemoveAction,
)
_is_node: Callable[[type], bool] = functools.cache(lambda kind: issubclass(kind, _nodes.Node))


def make_expressions_cheaper(patch: pytest.MonkeyPatch) -> None:
    """Applies all changes, until the patch is undone."""
    words = frozenset(reserved_keywords.ReservedKeywords.get_reserved_keywords())
    patch.setattr(reserved_keywords.ReservedKeywords, "KEYWORDS", words)
    _speed_up_updates(patch)
    _speed_up_conditions(patch)


def _speed_up_updates(patch: pytest.MonkeyPatch) -> None:
    """Parses each UpdateExpression once, and checks its tree once instead of at every node."""
    patch.setattr(_parser.UpdateExpressionParser, "make", _parse_once(_parser.UpdateExpressionParser.make))
    patch.setattr(validators, "deepcopy", _copy)
    for kind, check in (
        (validators.ActionCountValidator, "verify_action_counts"),
        (validators.OverlappingPathsValidator, "check_for_overlapping_paths"),
    ):
        patch.setattr(kind, "traverse", _check_once(getattr(kind, check)))
    patch.setattr(_nodes.DepthFirstTraverser, "traverse_node_recursively", _traverse)
    patch.setattr(_nodes.Node, "find_clauses", _find_clauses)


def _parse_once(make: Callable[[str], Any]) -> Any:
    """Caches parsed expressions. Each one gets its text as an attribute."""

    @functools.cache
    def parse(text: str) -> Any:
        tree = make(text)
        tree.text = text
        return tree

    return staticmethod(parse)


def _copy(value: Any) -> Any:
    """Copies a value. A parsed expression never changes, so it is serialised once."""
    if isinstance(value, _nodes.UpdateExpression) and value.parent is None:
        return pickle.loads(_serialise(value))  # noqa: S301 - bytes of this process
    return copy.deepcopy(value)


@functools.cache
def _serialise(tree: Any) -> bytes:
    return pickle.dumps(tree)


def _check_once(check: _Check) -> _Check:
    """Checks each tree once as a whole. A part of an expression has no fault that the whole does not have."""
    valid: set[tuple[str, bytes]] = set()

    def check_whole(self: Any, tree: Any) -> Any:
        key = tree.text, pickle.dumps(getattr(self, "expression_attribute_names", None))
        if key not in valid:
            check(self, tree)
            valid.add(key)
        return tree

    return check_whole


def _traverse(self: Any, node: Any, child_id: int = -1) -> Any:
    """Visits the nodes in moto's order, without those in which this traverser changes nothing."""
    if not _is_node(type(node)):
        return node
    if type(self) not in _PLANS:
        _PLANS[type(self)] = _make_plan(self)
    return _visit(self, node, child_id, *_PLANS[type(self)])


def _visit(
    self: Any,
    node: Any,
    child_id: int,
    processes: Callable[[type], bool],
    prepares: bool,
    skips: Callable[[type], bool],
) -> Any:
    parent = node.parent
    for position, child in enumerate(node.children or ()):
        if prepares:
            self.pre_processing_of_child(node, position)
        if not skips(type(child)):
            _visit(self, child, position, processes, prepares, skips)
    if processes(type(node)):
        node = self.process(node)
        node.parent = parent
        if parent:
            parent.children[child_id] = node
    return node


_Plan = tuple[Callable[[type], bool], bool, Callable[[type], bool]]
_PLANS: dict[type, _Plan] = {}


def _make_plan(traverser: Any) -> _Plan:
    """Returns which classes of nodes a traverser processes, whether it prepares children, and which it skips.

    A leaf has no nodes below it, a path contains only the nodes of a path, the clause REMOVE contains only
    paths, and a value contains no action.
    """
    processed = traverser.nodes_to_be_processed()
    prepares = "pre_processing_of_child" in vars(type(traverser))
    processes = functools.cache(lambda kind: issubclass(kind, processed))
    ignores_paths = not any(map(processes, _IN_PATHS))
    ignores_removals = ignores_paths and not any(map(processes, _IN_REMOVALS))
    ignores_values = all(issubclass(kind, _nodes.UpdateExpressionSetAction) for kind in processed)

    @functools.cache
    def skips(kind: type) -> bool:
        return (
            not _is_node(kind)
            or (issubclass(kind, _nodes.LeafNode) and not processes(kind))
            or (ignores_paths and issubclass(kind, _nodes.UpdateExpressionPath))
            or (ignores_removals and issubclass(kind, _nodes.UpdateExpressionRemoveClause))
            or (ignores_values and issubclass(kind, _nodes.UpdateExpressionValue))
        )

    return processes, prepares, skips


def _find_clauses(self: Any, clause_types: list[type]) -> list[Any]:
    """Finds clauses as moto does, but compares each class only once."""
    found: list[Any] = []
    for child in self.children or ():
        kind = type(child)
        if kind in clause_types:
            found.append(child)
        elif _has_clauses(kind):
            found.extend(_find_clauses(child, clause_types))
    return found


_has_clauses: Callable[[type], bool] = functools.cache(
    lambda kind: issubclass(kind, (_nodes.Expression, _nodes.UpdateExpressionFunction))
)


def _speed_up_conditions(patch: pytest.MonkeyPatch) -> None:
    """Parses each condition once, for any values. moto parses it two or three times for each request."""
    kind: Any = comparisons.ConditionExpressionParser
    lex, parse, make_operand = kind._lex_condition_expression, kind.parse, kind._make_operand

    class TreeParser(kind):  # type: ignore[misc]
        """Returns the tree of a condition. In it, the value of each name is the name."""

        def _make_op_condition(self, node: Any) -> Any:
            return node

    @functools.cache
    def lex_once(expression: str) -> tuple[Any, ...]:
        return tuple(lex(kind(expression, None, None)))

    @functools.lru_cache(maxsize=1_000)
    def parse_text(expression: str, names: bytes, values: tuple[str, ...] | None) -> Any:
        known = values if values is None else {name: name for name in values}
        parser = TreeParser(expression, pickle.loads(names), known)  # noqa: S301 - bytes of this process
        return parse(parser), parser.expr_attr_names_found, parser.expr_attr_values_found

    def parse_once(self: Any) -> Any:
        if not self.condition_expression:
            return parse(self)
        names, values = self.expression_attribute_names, self.expression_attribute_values
        tree, names_found, values_found = parse_text(
            self.condition_expression, pickle.dumps(names), values if values is None else tuple(values)
        )
        self.expr_attr_names_found.extend(names_found)
        self.expr_attr_values_found.extend(values_found)
        return self._make_op_condition(tree)

    def make_any_operand(self: Any, node: Any) -> Any:
        if node.kind == kind.Kind.EXPRESSION_ATTRIBUTE_VALUE:
            return comparisons.AttributeValue(self.expression_attribute_values[node.value])
        return make_operand(self, node)

    patch.setattr(kind, "_lex_condition_expression", lambda self: deque(lex_once(self.condition_expression)))
    patch.setattr(kind, "parse", parse_once)
    patch.setattr(kind, "_make_operand", make_any_operand)
