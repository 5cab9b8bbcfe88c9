"""Every call of AWS that a handler makes is one that its role permits: no emulator would refuse it.

And every write that gives a record its next number says whether the ledger is told of it.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.client import BaseClient

from tests import policies
from tests.policies import FUNCTIONS

# What IAM calls an operation, where it is not the operation's own name.
_ACTIONS = {"s3:ListObjectVersions": "s3:ListBucketVersions"}
_OF_A_VERSION = {"s3:GetObject": "s3:GetObjectVersion"}
LEDGER = "LedgerBucket"
_running: list[str] = []


def action(service: str, operation: str, request: Mapping[str, Any]) -> str:
    """What IAM calls an operation of a service as botocore names it."""
    named = f"{'ses' if service == 'sesv2' else service}:{operation}"
    if "VersionId" in request:
        return _OF_A_VERSION.get(named, named)
    return _ACTIONS.get(named, named)


def resource(request: dict[str, Any]) -> str | None:
    """What a request is about, as the policies name it: a table, an index or an object; else None."""
    if "Bucket" in request:
        return f"${{{LEDGER}.Arn}}/{request['Key']}" if "Key" in request else LEDGER
    tables = request.get("RequestItems") or {request.get("TableName"): None}
    (table,) = tables
    if table is None:
        return None
    index = request.get("IndexName")
    return f"${{{table}Table.Arn}}/index/{index}" if index else f"{table}Table"


@contextmanager
def by_somebody_else() -> Iterator[None]:
    """What a test does in the middle of a handler, as somebody else would."""
    running, _running[:] = _running[:], []
    try:
        yield
    finally:
        _running[:] = running


def enforced(patch: pytest.MonkeyPatch) -> None:
    """From now on a handler fails that makes a call which its function's role does not permit."""
    call: Callable[..., Any] = BaseClient._make_api_call  # type: ignore[attr-defined]

    def checked(self: Any, operation: str, request: dict[str, Any]) -> Any:
        if _running:
            function = _running[-1]
            asked, about = (
                action(self.meta.service_model.service_name, operation, request),
                resource(request),
            )
            may = {action for action, _ in policies.rights(function)}
            assert asked in may, f"{function} may not {asked}"
            assert policies.says_whether_it_is_told_of(request), f"{function}: {request}"
            keys = policies.of_request(request)
            assert policies.permitted(function, asked, about, keys), (
                f"{function} may not {asked} of {about} with {keys}"
            )
        return call(self, operation, request)

    patch.setattr(BaseClient, "_make_api_call", checked)
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
