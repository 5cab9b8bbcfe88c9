"""moto and botocore with less work and the same answers.

Most of what a test of a function costs is work that the two libraries repeat with the same result. The
test beside this module compares moto as it is published with moto as it is made here.
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
    """Do all of it, until the patch is undone."""
    _dispatch(patch)
    _update_expressions(patch)
    _answers(patch)
    _clients(patch)


def _dispatch(patch: pytest.MonkeyPatch) -> None:
    # At each start moto registers 1,300 answers for the library `requests`, which no test uses.
    patch.setattr(moto.core.models, "RESPONSES_METHODS", [])
    # moto looks for the service of a request in this order; the order within a service stays.
    order = sorted(backend_index.backend_url_patterns, key=lambda entry: entry[0] not in _SERVICES)
    patch.setattr(backend_index, "backend_url_patterns", order)
    # What moto and botocore work out again for every request, from a short text or a class alone.
    for module, name in (
        (moto.sqs.models, "camelcase_to_underscores"),
        (moto.core.responses, "method_names_from_class"),
        (botocore.useragent, "sanitize_user_agent_string_component"),
    ):
        patch.setattr(module, name, functools.cache(getattr(module, name)))


def _update_expressions(patch: pytest.MonkeyPatch) -> None:
    """An UpdateExpression is parsed once; its whole tree is checked once, not again at every node."""
    patch.setattr(
        _parser.UpdateExpressionParser,
        "make",
        staticmethod(functools.cache(_parser.UpdateExpressionParser.make)),
    )
    patch.setattr(validators, "deepcopy", _copied)
    for kind, check in (
        (validators.ActionCountValidator, "verify_action_counts"),
        (validators.OverlappingPathsValidator, "check_for_overlapping_paths"),
    ):
        patch.setattr(kind, "traverse", _of_the_whole(getattr(kind, check)))
    patch.setattr(_nodes.DepthFirstTraverser, "traverse_node_recursively", _traversed)


def _copied(value: Any) -> Any:
    """A copy of a value; a parsed expression never changes, so that it is serialised once."""
    if isinstance(value, _nodes.UpdateExpression) and value.parent is None:
        return pickle.loads(_serialised(value))  # noqa: S301 - our own bytes
    return copy.deepcopy(value)


@functools.cache
def _serialised(tree: Any) -> bytes:
    return pickle.dumps(tree)


def _of_the_whole(check: _Check) -> _Check:
    """A part of an expression has no fault that the whole does not have."""
    return lambda self, tree: check(self, tree)


_is_node: Callable[[Any], bool] = functools.cache(lambda kind: issubclass(kind, _nodes.Node))
_PROCESSED: dict[tuple[type, type], bool] = {}


def _traversed(self: Any, node: Any, child_id: int = -1) -> Any:
    """Walk a tree as moto does, but ask only once for each class of nodes whether it is processed."""
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


def _answers(patch: pytest.MonkeyPatch) -> None:
    """By which names moto looks up a field of an answer is worked out once for each field."""
    for kind in (serialize.AttributePicker, serialize.XFormedAttributePicker):
        patch.setattr(kind, "get_possible_keys", _once_for_each_field(kind.get_possible_keys))


def _once_for_each_field(names: Callable[[Any, Any], Iterable[str]]) -> Callable[..., Any]:
    made: dict[tuple[Any, ...], tuple[str, ...]] = {}

    def possible_keys(self: Any, context: Any) -> Iterable[str]:
        if type(context.obj) is not dict:  # other classes have names of their own
            return names(self, context)
        field = (type(self), context.key, context.shape, *self.alias_providers)
        if field not in made:
            made[field] = tuple(names(self, context))
        return made[field]

    return possible_keys


def _clients(patch: pytest.MonkeyPatch) -> None:
    """What botocore reads from its own files is read once, and the environment's proxies too."""
    loader = functools.cache(botocore.session.create_loader)
    patch.setattr(botocore.session, "create_loader", loader)
    patch.setattr(botocore.endpoint_provider, "RuleSet", _shared_rule_sets())
    proxies = functools.cache(botocore.endpoint.get_environ_proxies)
    patch.setattr(botocore.endpoint, "get_environ_proxies", proxies)
    patch.setattr(hooks.EventAliaser, "_alias_event_name", _shared_aliases())


def _shared_aliases() -> Callable[..., str]:
    alias: Any = hooks.EventAliaser._alias_event_name  # type: ignore[attr-defined]
    made: dict[str, str] = {}

    def alias_event_name(self: Any, event_name: str) -> str:
        if event_name not in made:  # every client has botocore's own table of aliases
            made[event_name] = alias(self, event_name)
        return made[event_name]

    return alias_event_name


def _shared_rule_sets() -> Callable[..., Any]:
    read = botocore.endpoint_provider.RuleSet
    made: dict[int, tuple[Any, Any]] = {}

    def rule_set(**said: Any) -> Any:
        rules = said["rules"]  # botocore's loader gives the same object each time
        if id(rules) not in made:
            made[id(rules)] = rules, read(**said)  # kept, so that no other object gets its id
        return made[id(rules)][1]

    return rule_set
