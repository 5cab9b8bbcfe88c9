"""The HTML of the pages of the desk: what a value can do to a page."""

from __future__ import annotations

from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from heed.entrypoints.http.desk.all_views import DESK_VIEWS
from heed.entrypoints.http.desk.desk_pages import DeskPages
from heed.entrypoints.http.pages.pages import escape_html
from tests.entrypoints.test_pages import HOSTILE, Document
from tests.support.desk_views import forge_choices, full_views
from tests.support.sample_brand import brand

DESK_LANGUAGES = ("de", "en", "es", "fr", "ja")


@pytest.fixture(scope="module")
def pages() -> DeskPages:
    return DeskPages(brand())


@pytest.mark.parametrize("language", DESK_LANGUAGES)
def test_a_hostile_text_adds_no_element_and_no_attribute_to_a_page(pages: DeskPages, language: str) -> None:
    for page in DESK_VIEWS:
        views = (full_views(page, language, text) for text in ("harmless", HOSTILE))
        for harmless, hostile in zip(*views, strict=True):
            assert _outline(pages.render(page, hostile)) == _outline(pages.render(page, harmless))


def _outline(html: str) -> list[tuple[str, list[str]]]:
    return [(tag, list(attributes)) for tag, attributes in Document(html).elements]


@pytest.mark.parametrize("language", DESK_LANGUAGES)
def test_no_page_shows_a_value_that_is_none_of_its_choices(pages: DeskPages, language: str) -> None:
    refused = set()
    for page in DESK_VIEWS:
        for view in full_views(page, language):
            for forged in forge_choices(view, "<b>forged</b>"):
                try:
                    html = pages.render(page, forged)
                except KeyError:
                    refused.add(page)
                else:
                    assert "forged" not in html
    assert {"person", "home", "case", "numbers"} <= refused


def _texts_of_choices(module: Path) -> Iterator[str]:
    """Yields the texts that a compiled page shows without escaping them."""
    names: dict[str, Any] = {"environment": None}
    exec(module.read_text(encoding="utf-8"), names)  # noqa: S102 - a page of this repository
    for name, value in names.items():
        if name.startswith("texts_"):
            yield from value.values()


@pytest.mark.parametrize("language", DESK_LANGUAGES)
def test_each_text_for_a_choice_is_escaped_when_the_desk_is_built(language: str) -> None:
    modules = list((brand() / "desk" / language).glob("*.py"))
    texts = {text for module in modules for text in _texts_of_choices(module)}
    assert len(texts) > len(modules)
    assert {text for text in texts if escape_html(unescape(text)) != text} == set()
