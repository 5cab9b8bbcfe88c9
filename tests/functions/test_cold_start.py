"""The cold start of each function, with its own environment variables and its own permissions."""

from __future__ import annotations

import runpy
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from botocore.client import BaseClient

from tests.support.clients import service_models
from tests.support.deployment import ROOT, World, parts
from tests.support.iam_policies import FUNCTIONS, permitted_actions
from tests.support.template import variables

KEYS = ("IDENTITY_KEY", "LINKS_KEY", "CONFIRMATION_KEY", "ADDRESS_KEY")


def _start(
    function: str, monkeypatch: pytest.MonkeyPatch, **changed: str
) -> tuple[dict[str, Any], list[tuple[str, Mapping[str, Any]]]]:
    """Returns the module of a function after its import, and the AWS calls of the import."""
    lambdas = {"AWS_LAMBDA_FUNCTION_NAME": function, "SERVICE_MODELS_DIR": str(service_models())}
    settings = {**parts().config.environ, **lambdas, **changed}
    names = {*lambdas, "BRAND_DIR", *variables(function)}
    for name in settings.keys() & names:
        monkeypatch.setenv(name, settings[name])
    calls: list[tuple[str, Mapping[str, Any]]] = []
    call: Callable[..., Any] = BaseClient._make_api_call  # type: ignore[attr-defined]

    def record_call(self: Any, operation: str, request: Mapping[str, Any]) -> Any:
        calls.append((f"{self.meta.service_model.service_name}:{operation}", request))
        return call(self, operation, request)

    monkeypatch.setattr(BaseClient, "_make_api_call", record_call)
    module = runpy.run_path(str(ROOT / FUNCTIONS[function]["CodeUri"] / "app.py"))
    return module, calls


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_starts_with_its_own_variables_and_permissions(
    world: World, monkeypatch: pytest.MonkeyPatch, function: str
) -> None:
    module, calls = _start(function, monkeypatch)
    assert module["heed"].config.is_lambda
    assert {operation for operation, _ in calls} <= {action for action, _ in permitted_actions(function)}
    known = {parts().config.environ[name] for name in KEYS if name in variables(function)}
    assert {request["KeyId"] for _, request in calls} <= known


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_starts_even_if_kms_refuses_its_keys(
    world: World, monkeypatch: pytest.MonkeyPatch, function: str
) -> None:
    module, _ = _start(function, monkeypatch, **dict.fromkeys(KEYS, "nowhere"))
    assert callable(module["handler"])
