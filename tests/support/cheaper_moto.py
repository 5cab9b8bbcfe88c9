"""Makes moto and botocore faster, with the same responses.

Most of the time of a test of a function is work that the two libraries repeat with the same result. The test
beside this module compares the published moto with this one.
"""

from __future__ import annotations

import copy
import functools
import pickle
from collections.abc import Callable, Iterable
from typing import Any

import botocore.endpoint
import botocore.endpoint_provider
import botocore.session
import botocore.useragent
import moto.core.models
import moto.core.responses
import moto.sqs.models
import pytest
from botocore import hooks
from moto import backend_index
from moto.core import serialize
from moto.dynamodb.parsing import ast_nodes, expressions, validators

_SERVICES = ("dynamodb", "kms", "sqs", "ses", "sesv2", "events", "s3")
_Check = Callable[[Any, Any], Any]
_nodes: Any = ast_nodes
_parser: Any = expressions


def make_cheaper(patch: pytest.MonkeyPatch) -> None:
    """Applies all changes, until the patch is undone."""
    _speed_up_dispatch(patch)
    _speed_up_update_expressions(patch)
    _speed_up_serialisation(patch)
    _speed_up_clients(patch)


def _speed_up_dispatch(patch: pytest.MonkeyPatch) -> None:
    # At each start moto registers 1,300 responses for the library `requests`, which no test uses.
    patch.setattr(moto.core.models, "RESPONSES_METHODS", [])
    # moto looks for the service of a request in this order. The order within a service stays.
    order = sorted(backend_index.backend_url_patterns, key=lambda entry: entry[0] not in _SERVICES)
    patch.setattr(backend_index, "backend_url_patterns", order)
    # moto and botocore compute these again for every request, from a short text or a class only.
    for module, name in (
        (moto.sqs.models, "camelcase_to_underscores"),
        (moto.core.responses, "method_names_from_class"),
        (botocore.useragent, "sanitize_user_agent_string_component"),
    ):
        patch.setattr(module, name, functools.cache(getattr(module, name)))


def _speed_up_update_expressions(patch: pytest.MonkeyPatch) -> None:
    """Parses each UpdateExpression once, and checks its tree once instead of at every node."""
    patch.setattr(
        _parser.UpdateExpressionParser,
        "make",
        staticmethod(functools.cache(_parser.UpdateExpressionParser.make)),
    )
    patch.setattr(validators, "deepcopy", _copy)
    for kind, check in (
        (validators.ActionCountValidator, "verify_action_counts"),
        (validators.OverlappingPathsValidator, "check_for_overlapping_paths"),
    ):
        patch.setattr(kind, "traverse", _check_whole_tree(getattr(kind, check)))
    patch.setattr(_nodes.DepthFirstTraverser, "traverse_node_recursively", _traverse)


def _copy(value: Any) -> Any:
    """Copies a value. A parsed expression never changes, so it is serialised once."""
    if isinstance(value, _nodes.UpdateExpression) and value.parent is None:
        return pickle.loads(_serialise(value))  # noqa: S301 - bytes of this process
    return copy.deepcopy(value)


@functools.cache
def _serialise(tree: Any) -> bytes:
    return pickle.dumps(tree)


def _check_whole_tree(check: _Check) -> _Check:
    """Checks a tree without its parts. A part of an expression has no fault that the whole does not have."""
    return lambda self, tree: check(self, tree)


_is_node: Callable[[Any], bool] = functools.cache(lambda kind: issubclass(kind, _nodes.Node))
_PROCESSED: dict[tuple[type, type], bool] = {}


def _traverse(self: Any, node: Any, child_id: int = -1) -> Any:
    """Traverses a tree as moto does, but decides only once per class of nodes whether it is processed."""
    if not _is_node(type(node)):
        return node
    parent = node.parent
    for position, child in enumerate(node.children or ()):
        self.pre_processing_of_child(node, position)
        self.traverse_node_recursively(child, position)
    kinds = type(self), type(node)
    if kinds not in _PROCESSED:
        _PROCESSED[kinds] = isinstance(node, self.nodes_to_be_processed())
    if _PROCESSED[kinds]:
        node = self.process(node)
        node.parent = parent
        if parent:
            parent.children[child_id] = node
    return node


def _speed_up_serialisation(patch: pytest.MonkeyPatch) -> None:
    """Computes once per field by which names moto looks it up in a response."""
    for kind in (serialize.AttributePicker, serialize.XFormedAttributePicker):
        patch.setattr(kind, "get_possible_keys", _cache_by_field(kind.get_possible_keys))


def _cache_by_field(names: Callable[[Any, Any], Iterable[str]]) -> Callable[..., Any]:
    cache: dict[tuple[Any, ...], tuple[str, ...]] = {}

    def possible_keys(self: Any, context: Any) -> Iterable[str]:
        if type(context.obj) is not dict:  # other classes have different names
            return names(self, context)
        field = (type(self), context.key, context.shape, *self.alias_providers)
        if field not in cache:
            cache[field] = tuple(names(self, context))
        return cache[field]

    return possible_keys


def _speed_up_clients(patch: pytest.MonkeyPatch) -> None:
    """Reads botocore's own files and the proxies of the environment only once."""
    loader = functools.cache(botocore.session.create_loader)
    patch.setattr(botocore.session, "create_loader", loader)
    patch.setattr(botocore.endpoint_provider, "RuleSet", _shared_rule_sets())
    proxies = functools.cache(botocore.endpoint.get_environ_proxies)
    patch.setattr(botocore.endpoint, "get_environ_proxies", proxies)
    patch.setattr(hooks.EventAliaser, "_alias_event_name", _shared_aliases())


def _shared_aliases() -> Callable[..., str]:
    alias: Any = hooks.EventAliaser._alias_event_name  # type: ignore[attr-defined]
    cache: dict[str, str] = {}

    def alias_event_name(self: Any, event_name: str) -> str:
        if event_name not in cache:  # every client has the same table of aliases, that of botocore
            cache[event_name] = alias(self, event_name)
        return cache[event_name]

    return alias_event_name


def _shared_rule_sets() -> Callable[..., Any]:
    parse = botocore.endpoint_provider.RuleSet
    cache: dict[int, tuple[Any, Any]] = {}

    def rule_set(**arguments: Any) -> Any:
        rules = arguments["rules"]  # botocore's loader returns the same object each time
        if id(rules) not in cache:
            # The cache contains `rules` itself, so that no other object can get its id.
            cache[id(rules)] = rules, parse(**arguments)
        return cache[id(rules)][1]

    return rule_set
