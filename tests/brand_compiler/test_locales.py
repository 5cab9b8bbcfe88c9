"""The texts of all languages: they are complete, have correct dates and no dark patterns."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from babel.dates import format_date

from brand_compiler.fault import Faults
from brand_compiler.texts import Locale, check_locales, read_locales, to_python_format
from heed.domain.milliseconds import Millis
from heed.entrypoints.http.pages.dates import Dates
from tests.support.brands import LANGUAGES, SAMPLE


@pytest.fixture(scope="module")
def locales() -> dict[str, Locale]:
    return read_locales([SAMPLE], LANGUAGES, Faults())


def _texts(locale: Locale) -> Iterator[tuple[str, str]]:
    for key, text in locale.texts.items():
        yield key, text.value


def test_all_languages_have_the_same_texts_and_placeholders(source: Path) -> None:
    faults = Faults()

    check_locales(read_locales([source], LANGUAGES, faults), "en")

    assert faults.is_empty


def test_french_punctuation_has_unbreakable_spaces(locales: dict[str, Locale]) -> None:
    assert [key for key, text in _texts(locales["fr"]) if re.search(" [?!:;»]|« ", text)] == []


@pytest.mark.parametrize("language", [lang for lang in LANGUAGES if not lang.startswith("en")])
def test_each_text_is_translated(locales: dict[str, Locale], language: str) -> None:
    same_in_both = {"preferences.pause", "common.mailbox", "footer.website"}
    english = locales["en"].texts
    untranslated = {
        key
        for key, text in _texts(locales[language])
        if text == english[key].value and re.search("[a-z]{2}", re.sub(r"{{.*?}}", "", text))
    }

    assert {key for key in untranslated if not key.startswith("dates.")} <= same_in_both


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("month", range(1, 13))
def test_dates_have_the_long_format_of_the_cldr(
    locales: dict[str, Locale], language: str, month: int
) -> None:
    locale = locales[language]
    pattern = to_python_format(locale.texts["dates.date"])
    dates = Dates(tuple(locale.months), locale.texts["dates.first"].value, pattern, locale.comma)
    for day in (1, 9, 28):
        date = dt.datetime(2026, month, day, 23, 59, tzinfo=dt.UTC)
        expected = format_date(date, "long", language.replace("-", "_"))
        if language == "fr":
            expected = re.sub(r"^1 ", "1er ", expected)  # the CLDR cannot say it
        at = Millis(int(date.timestamp() * 1000))

        assert dates.date(at) == expected
        assert dates.day(date.date().isoformat()) == expected
        assert dates.iso(at) == f"{date:%Y-%m-%dT%H:%M:%SZ}"


def test_the_file_of_a_region_has_only_what_differs(source: Path) -> None:
    folder = source / "locales"
    region, base = (tomllib.loads((folder / f"{name}.toml").read_text("utf-8")) for name in ("en-GB", "en"))

    assert region
    for section, texts in region.items():
        assert [name for name, text in texts.items() if text == base[section][name]] == []


def test_names_and_descriptions_are_short_enough_for_a_phone(data: dict[str, Any]) -> None:
    for topic in data["topics"]:
        assert max(map(len, topic["names"].values())) <= 40
        assert max(map(len, topic["descriptions"].values())) <= 100
