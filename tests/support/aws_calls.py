"""Which function makes a call of AWS while a test runs its handler, and who is told of each call."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.client import BaseClient

from tests.support.iam_policies import FUNCTIONS

Watcher = Callable[[str, str, str, Mapping[str, Any]], None]
"""Is told the function, the service and operation as botocore names them, and the request."""
_running: list[str] = []


@contextmanager
def by_somebody_else() -> Iterator[None]:
    """What a test does in the middle of a handler, as somebody else would."""
    running, _running[:] = _running[:], []
    try:
        yield
    finally:
        _running[:] = running


def watch(patch: pytest.MonkeyPatch, *watchers: Watcher) -> None:
    """From now on the watchers are told of each call of AWS that a handler makes, before it is made."""
    call: Callable[..., Any] = BaseClient._make_api_call  # type: ignore[attr-defined]

    def watched(self: Any, operation: str, request: dict[str, Any]) -> Any:
        if _running:
            for watcher in watchers:
                watcher(_running[-1], self.meta.service_model.service_name, operation, request)
        return call(self, operation, request)

    patch.setattr(BaseClient, "_make_api_call", watched)
    for name, properties in FUNCTIONS.items():
        module = importlib.import_module(properties["CodeUri"].replace("/", ".") + ".app")
        patch.setattr(module, "handler", _as(name, module.handler))


def _as(function: str, handler: Callable[..., Any]) -> Callable[..., Any]:
    def handled(event: Any, context: Any) -> Any:
        _running.append(function)
        try:
            return handler(event, context)
        finally:
            _running.pop()

    return handled
