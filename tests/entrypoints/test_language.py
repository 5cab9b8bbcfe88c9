"""The language of a page."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heed.entrypoints.http.language import choose_language

AVAILABLE = ("de", "en", "es", "fr", "ja")


@pytest.mark.parametrize(
    ("requested", "header", "chosen"),
    [
        ("ja", "de", "ja"),
        ("JA", "de", "ja"),
        ("fr-CA", "de", "fr"),
        ("pt", "de", "de"),
        ("", "de", "de"),
        (None, "de", "de"),
        (None, "de-AT,de;q=0.9,en;q=0.8", "de"),
        (None, "pt-BR, es;q=0.5, fr;q=0.8", "fr"),
        (None, "en;q=0.3, ja ; q=0.7", "ja"),
        (None, "fr, ja", "fr"),
        (None, "fr;q=0, ja;q=0.1", "ja"),
        (None, "fr;q=1.5, ja;q=0.1", "ja"),
        (None, "fr;q=, ja;q=0.1", "ja"),
        (None, "fr;level=1, ja;q=0.1", "ja"),
        (None, "fr;q=nan, ja;q=inf, es;q=0.001", "es"),
        (None, "*", "en"),
        (None, "pt, *;q=0.5", "en"),
        (None, "", "en"),
        (None, None, "en"),
        (None, ";;;,,q=1,=", "en"),
        (None, "zh," * 500 + "fr", "en"),
        ("../../etc", None, "en"),
    ],
)
def test_the_language_comes_from_the_link_else_the_browser_else_the_brand(
    requested: str | None, header: str | None, chosen: str
) -> None:
    assert choose_language(requested, header, AVAILABLE, "en") == chosen


REGIONS = ("de", "en", "pt-BR", "zh-Hant", "zh-Hant-HK")


@pytest.mark.parametrize(
    ("requested", "header", "chosen"),
    [
        ("pt-BR", None, "pt-BR"),
        ("pt-br", None, "pt-BR"),
        ("PT_BR", None, "pt-BR"),
        ("pt-BR-x-own", None, "pt-BR"),
        ("pt", None, "en"),
        ("pt-PT", None, "en"),
        ("zh-Hant-TW", None, "zh-Hant"),
        ("zh-hant-hk", None, "zh-Hant-HK"),
        ("zh-Hant-CN-x-private1", None, "zh-Hant"),
        ("zh-TW", None, "en"),
        ("de-CH-1996", None, "de"),
        ("de-" + "a-" * 1_000, None, "de"),
        (None, "pt-BR,pt;q=0.9,de;q=0.8", "pt-BR"),
        (None, "pt-PT,pt;q=0.9,de;q=0.8", "de"),
    ],
)
def test_a_regional_language_falls_back_to_a_shorter_tag(
    requested: str | None, header: str | None, chosen: str
) -> None:
    assert choose_language(requested, header, REGIONS, "en") == chosen


@given(st.one_of(st.none(), st.text()), st.one_of(st.none(), st.text(max_size=2_000)))
def test_any_input_results_in_a_language_of_the_brand(requested: str | None, header: str | None) -> None:
    assert choose_language(requested, header, AVAILABLE, "en") in AVAILABLE
