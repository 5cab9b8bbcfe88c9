"""A brand with a regional language shows it to readers of that region."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from brand_compiler.build import compile_command as build
from functions.unsubscribe import app
from tests.support.deployment import ROOT, World, http_event, restart

_SPANISH = re.compile(r'^es = (?:"[^\n]*"|\[[^\n]*\]|\[.*?^\])$', re.MULTILINE | re.DOTALL)


@pytest.fixture
def brazil(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """Deploys the sample brand with one more locale; the words of the locale do not matter."""
    source = Path(shutil.copytree(ROOT / "layers" / "brand", tmp_path / "source"))
    catalogue = source / "catalogue.toml"
    text = _SPANISH.sub(lambda match: f"{match[0]}\npt-BR{match[0][2:]}", catalogue.read_text())
    catalogue.write_text(text)
    shutil.copy(source / "locales" / "es.toml", source / "locales" / "pt-BR.toml")
    assert build([str(source), str(tmp_path / "built")]) == 0
    restart(BRAND_DIR=str(tmp_path / "built"))
    return world


def language_of(world: World, lang: str = "", accepted: str = "") -> str:
    query = {"lang": lang} if lang else {}
    event = http_event(
        "GET",
        f"/u/{world.token('reader@example.com')}",
        query=query,
        headers={"accept-language": accepted},
    )
    match = re.search(r'<html lang="([^"]+)"', app.handler(event, world.context)["body"])
    assert match
    return match[1]


def test_a_regional_language_is_shown_to_readers_of_that_region(brazil: World) -> None:
    assert language_of(brazil, "pt-BR") == language_of(brazil, "pt-br") == "pt-BR"
    assert language_of(brazil, accepted="pt-BR,pt;q=0.9,en-US;q=0.8,en;q=0.7") == "pt-BR"
    assert language_of(brazil, accepted="pt-PT,fr;q=0.5") == "fr"
    assert language_of(brazil, "es-MX") == "es"
