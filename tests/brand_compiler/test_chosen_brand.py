"""What each brand keeps. `make test BRAND=…` tests that brand here, and the sample everywhere else."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from brand_compiler.build import compile_command
from brand_compiler.catalogue import read_catalogue
from brand_compiler.fault import Faults
from brand_compiler.preview import render_samples
from brand_compiler.texts import Locale
from tests.support.brands import SAMPLE

CHOSEN = os.environ.get("BRAND")  # noqa: TID251 - make exports it
FOLDERS = [SAMPLE, *([Path(CHOSEN)] if CHOSEN else [])]

# Words of regret, of loss, of doubt about the choice, or that ask for a reason. Each is a whole word.
FORBIDDEN = {
    "en": r"sorry|miss|missing|are you sure|really|regret|unfortunately|sad|lose|losing|lost"
    r"|goodbye|leaving|why|reason|before you go|stay|last chance|hate to",
    "de": r"leider|schade|bedauer\w*|vermiss\w*|verpass\w*|entgeh\w*|verlier\w*|traurig|sicher"
    r"|wirklich|warum|grund|entschuldig\w*|bleiben sie|letzte chance|auf wiedersehen",
    "fr": r"désolés?|dommage|manqu\w*|regret\w*|perd\w*|triste\w*|sûre?|vraiment|pourquoi|raison"
    r"|malheureusement|restez|dernière chance|au revoir|adieu",
    "es": r"lament\w*|sentimos|perd\w*|pierd\w*|echar de menos|extrañ\w*|triste\w*|segur[oa]"
    r"|realmente|por qué|motivo|razón|última oportunidad|adiós|quédese",
    "ja": r"残念|申し訳|ごめん|本当に|よろしいですか|逃|失|寂し|惜し|なぜ|理由"
    r"|さようなら|最後のチャンス",
}


@pytest.fixture(scope="module")
def read() -> tuple[dict[str, Any], dict[str, Locale]]:
    _, data, locales = read_catalogue(FOLDERS, faults := Faults())
    assert faults.is_empty
    return data, locales


@pytest.fixture(scope="module")
def texts(read: tuple[dict[str, Any], dict[str, Locale]]) -> dict[str, list[tuple[str, str]]]:
    """All texts that people read, by language, each with its name."""
    data, locales = read
    return {
        language: [*_texts(locale), *_catalogue_texts(data, language)] for language, locale in locales.items()
    }


def _texts(locale: Locale) -> Iterator[tuple[str, str]]:
    for key, text in locale.texts.items():
        yield key, text.value


def _catalogue_texts(data: dict[str, Any], language: str) -> Iterator[tuple[str, str]]:
    for topic in data["topics"]:
        for key in ("names", "descriptions"):
            yield f"{topic['name']}.{key}", topic[key][language]
    for policy in data["policies"]:
        yield policy["version"], policy["summary"][language]
    for caveat in data["advertising"]["caveats"][language] if data["advertising"] else ():
        yield "caveats", caveat


def _forbidden(language: str) -> re.Pattern[str]:
    boundary = "" if language == "ja" else r"\b"
    return re.compile(f"{boundary}(?:{FORBIDDEN[language]}){boundary}", re.IGNORECASE)


def test_no_text_uses_regret_loss_or_doubt(texts: dict[str, list[tuple[str, str]]]) -> None:
    for code, named in texts.items():
        if (language := code.partition("-")[0]) in FORBIDDEN:
            pattern = _forbidden(language)
            assert [name for name, text in named if pattern.search(text)] == [], code


def test_no_text_of_a_page_has_an_exclamation_mark(read: tuple[dict[str, Any], dict[str, Locale]]) -> None:
    for locale in read[1].values():
        assert [name for name, text in _texts(locale) if re.search("[!！]", text)] == []


def test_each_page_in_each_state_is_smaller_than_30_kilobytes(tmp_path: Path) -> None:
    assert compile_command([*map(str, FOLDERS), str(tmp_path)]) == 0

    sizes = {(language, name): len(html.encode()) for language, name, html in render_samples(tmp_path)}

    assert sizes
    assert {key: size for key, size in sizes.items() if size >= 30_000} == {}
