"""The start of each function as it is deployed: with its own variables, and with its own rights."""

from __future__ import annotations

import runpy
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from botocore.client import BaseClient

from tests.support.deployment import ROOT, World, parts
from tests.support.iam_policies import FUNCTIONS, rights
from tests.support.template import variables

KEYS = ("IDENTITY_KEY", "LINKS_KEY", "CONFIRMATION_KEY", "ADDRESS_KEY")


def _started(
    function: str, monkeypatch: pytest.MonkeyPatch, **changed: str
) -> tuple[dict[str, Any], list[tuple[str, Mapping[str, Any]]]]:
    """What is in a function's module when Lambda has imported it, and what was asked of AWS meanwhile."""
    settings = {**parts().config.environ, "AWS_LAMBDA_FUNCTION_NAME": function, **changed}
    own = {"AWS_LAMBDA_FUNCTION_NAME", "BRAND_DIR", *variables(function)}
    for name in settings.keys() & own:
        monkeypatch.setenv(name, settings[name])
    asked: list[tuple[str, Mapping[str, Any]]] = []
    call: Callable[..., Any] = BaseClient._make_api_call  # type: ignore[attr-defined]

    def heard(self: Any, operation: str, request: Mapping[str, Any]) -> Any:
        asked.append((f"{self.meta.service_model.service_name}:{operation}", request))
        return call(self, operation, request)

    monkeypatch.setattr(BaseClient, "_make_api_call", heard)
    module = runpy.run_path(str(ROOT / FUNCTIONS[function]["CodeUri"] / "app.py"))
    return module, asked


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_starts_with_its_own_variables_and_asks_only_what_its_role_permits(
    world: World, monkeypatch: pytest.MonkeyPatch, function: str
) -> None:
    module, asked = _started(function, monkeypatch)
    assert module["heed"].config.deployed
    assert {operation for operation, _ in asked} <= {action for action, _ in rights(function)}
    known = {parts().config.environ[name] for name in KEYS if name in variables(function)}
    assert {request["KeyId"] for _, request in asked} <= known


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_starts_although_kms_refuses_its_keys(
    world: World, monkeypatch: pytest.MonkeyPatch, function: str
) -> None:
    module, _ = _started(function, monkeypatch, **dict.fromkeys(KEYS, "nowhere"))
    assert callable(module["handler"])
