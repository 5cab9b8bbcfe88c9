"""Clients of AWS that tests in one process use one after another: making one takes longer than a request."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from heed.adapters import aws

_make = aws.client_factory
_free: dict[tuple[str, bool], list[Any]] = defaultdict(list)
_lent: list[tuple[tuple[str, bool], Any, Any]] = []


def client_factory() -> Callable[..., Any]:
    """As `heed.adapters.aws` has it: each factory has a client of its own for each service."""

    @functools.cache
    def client(service: str, *, once: bool = False) -> Any:
        kind = service, once
        lent = _free[kind].pop() if _free[kind] else _make()(service, once=once)
        _lent.append((kind, lent, _handlers(lent)))
        return lent

    return client


@contextmanager
def returned_at_the_end() -> Iterator[None]:
    """The clients that are lent in the block are free after it, if a test has changed nothing about them."""
    before = len(_lent)
    try:
        yield
    finally:
        for kind, client, handlers in _lent[before:]:
            if _handlers(client) is handlers and not _has_repeated_calls(client):
                _free[kind].append(client)
        del _lent[before:]


def _handlers(client: Any) -> Any:
    """botocore begins this cache anew whenever a handler is registered or removed."""
    return client.meta.events._emitter._lookup_cache


def _has_repeated_calls(client: Any) -> bool:
    """Whether the client may repeat fewer calls than a new one."""
    service = client.meta.service_model.service_id.hyphenize()
    handler = client.meta.events._emitter._unique_id_handlers[f"retry-config-{service}"]["handler"].__self__
    quota = handler._retry_quota._quota
    return bool(quota._available_capacity < quota._max_capacity)
