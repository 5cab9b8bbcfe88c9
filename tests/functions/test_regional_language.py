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
    catalogue.write_text(text.replace('"ja"]', '"ja", "pt-BR"]'))
    shutil.copy(source / "locales" / "es.toml", source / "locales" / "pt-BR.toml")
    assert build([str(source), str(tmp_path / "built")]) == 0
    restart(BRAND_DIR=str(tmp_path / "built"))
    return world


def page_of(world: World, lang: str = "", accepted: str = "") -> str:
    query = {"lang": lang} if lang else {}
    event = http_event(
        "GET",
        f"/u/{world.token('reader@example.com')}",
        query=query,
        headers={"accept-language": accepted},
    )
    return str(app.handler(event, world.context)["body"])


def language_of(world: World, lang: str = "", accepted: str = "") -> str:
    match = re.search(r'<html lang="([^"]+)"', page_of(world, lang, accepted))
    assert match
    return match[1]


def test_english_is_that_of_the_united_states_unless_the_reader_is_british(world: World) -> None:
    assert language_of(world, "en") == language_of(world, "en-US") == "en"
    assert language_of(world, accepted="en-US,en;q=0.9") == "en"
    assert language_of(world, "en-gb") == language_of(world, accepted="en-GB,en;q=0.9") == "en-GB"


def test_a_page_offers_each_language_once(world: World) -> None:
    for lang, english in (("de", "en"), ("en", "en"), ("en-GB", "en-GB")):
        offered = re.findall(r'<a href="[^"]*" lang="([^"]+)"', page_of(world, lang))
        assert offered == ["de", english, "es", "fr", "ja"]
        assert page_of(world, lang).count(">English</a>") == 1


def test_a_regional_language_is_shown_to_readers_of_that_region(brazil: World) -> None:
    assert language_of(brazil, "pt-BR") == language_of(brazil, "pt-br") == "pt-BR"
    assert language_of(brazil, accepted="pt-BR,pt;q=0.9,en-US;q=0.8,en;q=0.7") == "pt-BR"
    assert language_of(brazil, accepted="pt-PT,fr;q=0.5") == "fr"
    assert language_of(brazil, "es-MX") == "es"
