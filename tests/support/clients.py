"""AWS clients that the tests of a process use one after another. Making one takes longer than a request."""

from __future__ import annotations

import functools
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from heed.adapters import aws
from service_models import write_service_models

_given_models: Path | None = None
_free: dict[tuple[str, bool], list[Any]] = defaultdict(list)
_lent: list[tuple[tuple[str, bool], Any, Any]] = []


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds an option for a run on another botocore than the one from which the core layer is built."""
    parser.addoption("--service-models", metavar="FOLDER", type=Path, help="the models of the core layer")


def pytest_configure(config: pytest.Config) -> None:
    """Takes the folder of the option."""
    global _given_models
    _given_models = config.getoption("service_models")


@functools.cache
def service_models() -> Path:
    """Returns the folder of the service models of the core layer. A session makes them once."""
    if _given_models is not None:
        return _given_models
    folder = Path(tempfile.mkdtemp(prefix="heed-service-models-"))
    write_service_models(folder)
    return folder


def client_factory() -> Callable[..., Any]:
    """Returns a factory like that of `heed.adapters.aws`, with its own client for each service.

    Its clients have the service models of the core layer. So they have no other operation.
    """

    @functools.cache
    def client(service: str, *, once: bool = False) -> Any:
        kind = service, once
        lent = _free[kind].pop() if _free[kind] else aws.client_factory(service_models())(service, once=once)
        _lent.append((kind, lent, _handlers(lent)))
        return lent

    return client


@contextmanager
def returned_at_the_end() -> Iterator[None]:
    """Frees the clients that were lent in the block, except those that a test changed."""
    before = len(_lent)
    try:
        yield
    finally:
        for kind, client, handlers in _lent[before:]:
            if _handlers(client) is handlers and not _has_retried(client):
                _free[kind].append(client)
        del _lent[before:]


def _handlers(client: Any) -> Any:
    """Returns a cache that botocore replaces when a handler is registered or removed."""
    return client.meta.events._emitter._lookup_cache


def _has_retried(client: Any) -> bool:
    """Whether the client has used its retry quota, so that it would retry less than a new one."""
    service = client.meta.service_model.service_id.hyphenize()
    handler = client.meta.events._emitter._unique_id_handlers[f"retry-config-{service}"]["handler"].__self__
    quota = handler._retry_quota._quota
    return bool(quota._available_capacity < quota._max_capacity)
