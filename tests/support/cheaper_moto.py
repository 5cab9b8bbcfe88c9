"""moto and botocore with less work and the same answers.

Most of what a test of a function costs is work that the two libraries repeat with the same result. The
test beside this module compares moto as it is published with moto as it is made here.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import botocore.endpoint
import botocore.endpoint_provider
import botocore.httpsession
import botocore.session
import moto.core.models
import moto.core.responses
import moto.sqs.models
import pytest
from botocore import hooks
from moto import backend_index

from tests.support.cheaper_dynamodb import make_expressions_cheaper
from tests.support.cheaper_requests import make_requests_cheaper

_SERVICES = ("dynamodb", "kms", "sqs", "ses", "sesv2", "events", "s3")


def make_cheaper(patch: pytest.MonkeyPatch) -> None:
    """Do all of it, until the patch is undone."""
    _dispatch(patch)
    make_expressions_cheaper(patch)
    make_requests_cheaper(patch)
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
    ):
        patch.setattr(module, name, functools.cache(getattr(module, name)))


def _clients(patch: pytest.MonkeyPatch) -> None:
    """What botocore reads from its own files is read once, and the environment's proxies too.

    No client here speaks TLS, so that all have the same context for it.
    """
    loader = functools.cache(botocore.session.create_loader)
    patch.setattr(botocore.session, "create_loader", loader)
    patch.setattr(botocore.endpoint_provider, "RuleSet", _shared_rule_sets())
    proxies = functools.cache(botocore.endpoint.get_environ_proxies)
    patch.setattr(botocore.endpoint, "get_environ_proxies", proxies)
    tls = functools.cache(botocore.httpsession.create_urllib3_context)
    patch.setattr(botocore.httpsession, "create_urllib3_context", tls)
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
