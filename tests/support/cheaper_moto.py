"""Makes moto and botocore faster, with the same responses.

Most of the time of a test of a function is work that the two libraries repeat with the same result. The test
beside this module compares the published moto with this one.
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
from moto.core.base_backend import AccountSpecificBackend

from tests.support.cheaper_dynamodb import make_expressions_cheaper
from tests.support.cheaper_requests import make_requests_cheaper
from tests.support.cheaper_values import make_values_cheaper

_SERVICES = ("dynamodb", "kms", "sqs", "ses", "sesv2", "events", "s3")


def make_cheaper(patch: pytest.MonkeyPatch) -> None:
    """Applies all changes, until the patch is undone."""
    _speed_up_dispatch(patch)
    make_expressions_cheaper(patch)
    make_requests_cheaper(patch)
    make_values_cheaper(patch)
    _speed_up_clients(patch)


def _speed_up_dispatch(patch: pytest.MonkeyPatch) -> None:
    # At each start moto registers 1,300 responses for the library `requests`, which no test uses.
    patch.setattr(moto.core.models, "RESPONSES_METHODS", [])
    # moto looks for the service of a request in this order. The order within a service stays.
    order = sorted(backend_index.backend_url_patterns, key=lambda entry: entry[0] not in _SERVICES)
    patch.setattr(backend_index, "backend_url_patterns", order)
    # After each start moto computes the regions of each service again.
    regions = functools.cache(functools.partial(AccountSpecificBackend._generate_regions, None))
    patch.setattr(AccountSpecificBackend, "_generate_regions", lambda _, service: regions(service))
    # moto and botocore compute these again for every request, from a short text or a class only.
    for module, name in (
        (moto.sqs.models, "camelcase_to_underscores"),
        (moto.core.responses, "method_names_from_class"),
    ):
        patch.setattr(module, name, functools.cache(getattr(module, name)))


def _speed_up_clients(patch: pytest.MonkeyPatch) -> None:
    """Reads botocore's own files and the proxies of the environment only once.

    No client here speaks TLS, so all clients share one TLS context.
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
