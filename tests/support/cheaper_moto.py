"""moto and botocore with less work and the same answers.

Most of what a test of a function costs is work that the two libraries repeat with the same result. The
test beside this module compares moto as it is published with moto as it is made here.
"""

from __future__ import annotations

import functools
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

from tests.support.cheaper_dynamodb import make_expressions_cheaper

_SERVICES = ("dynamodb", "kms", "sqs", "ses", "sesv2", "events", "s3")


def make_cheaper(patch: pytest.MonkeyPatch) -> None:
    """Do all of it, until the patch is undone."""
    _dispatch(patch)
    make_expressions_cheaper(patch)
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
