"""The debug mode of Powertools prints events with tokens. No environment variable switches it on."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from tests.support.deployment import World, http_event, parts, run_on

ROOT = Path(__file__).parents[2]
FUNCTIONS = sorted(
    path.parent.name for path in ROOT.glob("functions/*/app.py") if "PageResponder(" in path.read_text()
)


@pytest.mark.filterwarnings("ignore:POWERTOOLS_DEV")
@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_environment_variable_makes_the_functions_print_links(
    world: World, function: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    deployed = parts()
    monkeypatch.setenv("POWERTOOLS_DEV", "true")
    app = importlib.reload(importlib.import_module(f"functions.{function}.app"))
    run_on(deployed)
    token = world.token("reader@example.com")
    for path in ("u", "p", "c"):
        app.handler(http_event("GET", f"/{path}/{token}"), world.context)

    assert token not in capsys.readouterr().out
    monkeypatch.delenv("POWERTOOLS_DEV")
    importlib.reload(app)
