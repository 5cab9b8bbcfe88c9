"""Watches AWS calls, with the function whose handler makes them."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.client import BaseClient

from tests.support.iam_policies import FUNCTIONS

Watcher = Callable[[str, str, str, Mapping[str, Any]], None]
"""Receives the function, the service and the operation with botocore's names, and the request."""
_running: list[str] = []


@contextmanager
def outside_handlers() -> Iterator[None]:
    """Excludes the AWS calls of a test that runs in the middle of a handler."""
    running, _running[:] = _running[:], []
    try:
        yield
    finally:
        _running[:] = running


def watch_calls(patch: pytest.MonkeyPatch, *watchers: Watcher) -> None:
    """Calls the watchers before each AWS call of a handler, from now on."""
    call: Callable[..., Any] = BaseClient._make_api_call  # type: ignore[attr-defined]

    def watched(self: Any, operation: str, request: dict[str, Any]) -> Any:
        if _running:
            for watcher in watchers:
                watcher(_running[-1], self.meta.service_model.service_name, operation, request)
        return call(self, operation, request)

    patch.setattr(BaseClient, "_make_api_call", watched)
    for name, properties in FUNCTIONS.items():
        module = importlib.import_module(properties["CodeUri"].replace("/", ".") + ".app")
        patch.setattr(module, "handler", _run_as(name, module.handler))


def _run_as(function: str, handler: Callable[..., Any]) -> Callable[..., Any]:
    def handled(event: Any, context: Any) -> Any:
        _running.append(function)
        try:
            return handler(event, context)
        finally:
            _running.pop()

    return handled
