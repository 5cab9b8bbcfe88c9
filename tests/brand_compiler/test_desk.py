"""The pages and texts of the desk, which no brand supplies."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from brand_compiler.desk import compile_desk
from brand_compiler.fault import BrandFault, Faults
from brand_compiler.texts import read_locale_folders
from tests.support.brands import LANGUAGES, SAMPLE

DESK_LANGUAGES = ("en", "de", "fr", "es", "ja")


def faults_of(project: Path, languages: tuple[str, ...] = ("en", "de")) -> str:
    """Returns the mistakes that the build names."""
    with pytest.raises(BrandFault) as caught:
        compile_desk(project, languages, Faults())
    return str(caught.value)


def edit(project: Path, name: str, old: str, new: str) -> None:
    file = project / "desk" / name
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


def test_a_language_that_the_desk_does_not_have_gets_english_and_a_region_its_language() -> None:
    files = compile_desk(SAMPLE, ("en-GB", "it", "de"), Faults())
    assert json.loads(files["desk/languages.json"]) == {"de": "de", "en-GB": "en", "it": "en"}
    assert {name.split("/")[1] for name in files if name.endswith(".py")} == {"de", "en"}


def test_each_language_of_the_desk_has_the_same_texts() -> None:
    faults = Faults()
    locales = read_locale_folders(SAMPLE, DESK_LANGUAGES, faults)
    assert faults.is_empty
    keys = {language: set(locale.texts) for language, locale in locales.items()}
    assert all(each == keys["en"] for each in keys.values())
    compile_desk(SAMPLE, LANGUAGES, Faults())


def test_french_punctuation_at_the_desk_has_unbreakable_spaces() -> None:
    french = read_locale_folders(SAMPLE, ["fr"], Faults())["fr"]
    assert [key for key, text in french.texts.items() if re.search(" [?!:;»]|« ", text.value)] == []


@pytest.mark.parametrize("language", [each for each in DESK_LANGUAGES if each != "en"])
def test_each_text_of_the_desk_is_translated(language: str) -> None:
    same_in_both = {"desk.navigation", "case.mistake", "people.no"}
    locales = read_locale_folders(SAMPLE, ["en", language], Faults())
    english = locales["en"].texts
    untranslated = {
        key
        for key, text in locales[language].texts.items()
        if text.value == english[key].value and re.search("[a-z]{4}", re.sub(r"{{.*?}}", "", text.value))
    }
    assert {key for key in untranslated if not key.startswith(("dates.", "language."))} <= same_in_both


def test_a_section_is_in_one_file_only(copy: Path) -> None:
    (copy / "desk" / "locales" / "en" / "zzz.toml").write_text('[home]\nheading = "Again"\n')
    assert "zzz.toml:1: home.toml has the section `home`" in faults_of(copy)


def test_a_text_that_no_page_uses_is_a_mistake(copy: Path) -> None:
    edit(copy, "locales/en/home.toml", "[home]", '[home]\nunused = "Hello"')
    assert "`home.unused`: no page uses it" in faults_of(copy)


def test_a_text_that_a_language_lacks_is_a_mistake(copy: Path) -> None:
    edit(copy, "locales/de/home.toml", "look_up =", "looks_up =")
    assert "`home.look_up` is missing" in faults_of(copy)


def test_a_page_that_no_view_has_is_a_mistake(copy: Path) -> None:
    (copy / "desk" / "pages" / "persom.html").write_text("<p>")
    assert "persom.html:1: this page has no view, and no page includes it; is it person.html?" in faults_of(
        copy
    )


def test_a_page_with_an_unknown_field_is_a_mistake(copy: Path) -> None:
    edit(copy, "pages/home.html", "{{ entered }}", "{{ typed }}")
    assert "home.html:" in faults_of(copy) and "unknown field `typed`" in faults_of(copy)
