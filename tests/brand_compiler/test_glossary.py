"""The texts use the words of the glossary, and no other words for the same things."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest

from brand_compiler.fault import Faults
from brand_compiler.texts import Locale, read_locales
from tests.support.brands import LANGUAGES, SAMPLE

GLOSSARY: dict[str, dict[str, dict[str, Any]]] = tomllib.loads(
    (SAMPLE / "glossary.toml").read_text(encoding="utf-8")
)


@pytest.fixture(scope="module")
def locales() -> dict[str, Locale]:
    return read_locales([SAMPLE], LANGUAGES, Faults())


@pytest.fixture
def texts(data: dict[str, Any], locales: dict[str, Locale], language: str) -> dict[str, str]:
    """The texts of a language, without their placeholders."""
    texts = {key: re.sub(r"{{.*?}}", "", text.value) for key, text in locales[language].texts.items()}
    for topic in data["topics"]:
        texts |= {f"{topic['name']}.{key}": topic[key][language] for key in ("names", "descriptions")}
    return texts | {"caveats": " ".join(data["advertising"]["caveats"][language])}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("concept", GLOSSARY)
def test_a_concept_has_one_word_in_each_language(texts: dict[str, str], language: str, concept: str) -> None:
    words = GLOSSARY[concept][language.partition("-")[0]]
    boundary = "" if language == "ja" else r"\b"
    never = re.compile(f"{boundary}(?<!-)(?:{'|'.join(words['never'])}){boundary}", re.IGNORECASE)

    assert any(words["use"].lower() in text.lower() for text in texts.values())
    assert {key: text for key, text in texts.items() if never.search(text)} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_headings_and_buttons_that_unsubscribe_use_the_word_of_the_glossary(
    texts: dict[str, str], language: str
) -> None:
    word = GLOSSARY["unsubscribe"][language.partition("-")[0]]["use"]
    landing = [f"landing.{name}" for name in ("heading", "heading_all", "stop", "stop_all")]
    others = ["preferences.all_stop", "subscribe.heading_out", "confirm.yes_out", "mail.subject_out"]

    assert [key for key in landing + others if word.lower() not in texts[key].lower()] == []
