"""AWS clients that the tests of a process share. The creation of a client takes longer than a request."""

from __future__ import annotations

import atexit
import functools
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from heed.adapters import aws
from service_models import write_service_models

_models_folder: Path | None = None
_free_clients: dict[tuple[str, bool], list[Any]] = defaultdict(list)
_lent_clients: list[tuple[tuple[str, bool], Any, Any]] = []


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds an option for a run on another botocore than the one from which the core layer is built."""
    parser.addoption("--service-models", metavar="FOLDER", type=Path, help="the models of the core layer")


def pytest_configure(config: pytest.Config) -> None:
    """Takes the folder of the option."""
    global _models_folder
    _models_folder = config.getoption("service_models")


@functools.cache
def service_models() -> Path:
    """Returns the folder of the service models of the core layer. A session makes them once."""
    if _models_folder is not None:
        return _models_folder
    folder = Path(tempfile.mkdtemp(prefix="heed-service-models-"))
    atexit.register(shutil.rmtree, folder)
    write_service_models(folder)
    return folder


def client_factory() -> Callable[..., Any]:
    """Returns a factory like that of `heed.adapters.aws`, with its own client for each service.

    Its clients have the service models of the core layer. So they have no other operation.
    """

    @functools.cache
    def client(service: str, *, once: bool = False) -> Any:
        kind = service, once
        free = _free_clients[kind]
        aws_client = free.pop() if free else aws.client_factory(service_models())(service, once=once)
        _lent_clients.append((kind, aws_client, _handlers(aws_client)))
        return aws_client

    return client


@contextmanager
def returned_at_the_end() -> Iterator[None]:
    """Frees the clients that were lent in the block, except those that a test changed."""
    before = len(_lent_clients)
    try:
        yield
    finally:
        for kind, client, handlers in _lent_clients[before:]:
            if _handlers(client) is handlers and not _has_retried(client):
                _free_clients[kind].append(client)
        del _lent_clients[before:]


@contextmanager
def calling(handler: Callable[..., object], clients: Sequence[Any], *events: str) -> Iterator[None]:
    """Calls a handler at these events of clients while the block runs. It counts as no change of a client."""
    with ExitStack() as registered:
        for client in clients:
            registered.enter_context(_calling(handler, client, events))
        yield


@contextmanager
def _calling(handler: Callable[..., object], client: Any, events: Sequence[str]) -> Iterator[None]:
    before = _handlers(client)
    for event in events:
        client.meta.events.register_last(event, handler)
    during = _handlers(client)
    try:
        yield
    finally:
        is_changed = _handlers(client) is not during
        for event in events:
            client.meta.events.unregister(event, handler)
        if not is_changed:
            client.meta.events._emitter._lookup_cache = before


def _handlers(client: Any) -> Any:
    """Returns a cache that botocore replaces when a handler is registered or removed."""
    return client.meta.events._emitter._lookup_cache


def _has_retried(client: Any) -> bool:
    """Whether the client has used its retry quota, so that it would retry less than a new one."""
    service = client.meta.service_model.service_id.hyphenize()
    handler = client.meta.events._emitter._unique_id_handlers[f"retry-config-{service}"]["handler"].__self__
    quota = handler._retry_quota._quota
    return bool(quota._available_capacity < quota._max_capacity)
