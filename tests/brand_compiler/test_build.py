"""The compiled brand, which the functions read."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

import pytest

from brand_compiler.build import compile_command
from heed.domain.preferences.catalogue import Catalogue, TopicKind


@pytest.fixture
def built(source: Path, tmp_path: Path) -> Path:
    assert compile_command([str(source), str(tmp_path)]) == 0
    return tmp_path


def test_the_domain_reads_the_compiled_catalogue(built: Path) -> None:
    catalogue = Catalogue.from_document(json.loads((built / "catalogue.json").read_text(encoding="utf-8")))

    numbers = {catalogue.scope_name(number): number for number in [*catalogue.brands, *catalogue.topics]}
    assert numbers == {
        "meridian": 1,
        "offers": 2,
        "news": 3,
        "events": 4,
        "research": 5,
        "service": 6,
        "targeted-advertising": 7,
    }
    assert not catalogue.topic_by_name("research").default_in
    assert catalogue.topic_by_name("service").kind is TopicKind.SERVICE
    assert catalogue.topic_by_name("targeted-advertising").path == (7,)


def test_the_compiled_catalogue_is_small(built: Path) -> None:
    assert (built / "catalogue.json").stat().st_size < 6_000


def test_a_page_in_one_language_is_one_small_file(built: Path) -> None:
    for language in ("de", "en", "es", "fr", "ja"):
        page = built / "pages" / language / "landing.json"
        assert page.stat().st_size < 16_000


def test_the_policy_allows_exactly_the_style_sheet_of_the_page(built: Path) -> None:
    allowed_hash = json.loads((built / "pages" / "style.json").read_text(encoding="utf-8"))
    page = (built / "pages" / "en" / "neutral.json").read_text(encoding="utf-8")
    literal = json.loads(page)[2]

    style = literal.partition("<style>")[2].partition("</style>")[0]

    assert style
    assert allowed_hash == base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()


def test_two_builds_of_a_source_are_identical(source: Path, tmp_path: Path) -> None:
    for name in ("first", "second"):
        compile_command([str(source), str(tmp_path / name)])

    first, second = (
        {file.relative_to(tmp_path / name): file.read_bytes() for file in (tmp_path / name).rglob("*.json")}
        for name in ("first", "second")
    )
    assert first == second


def test_wrong_arguments_show_the_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert compile_command(["layers/brand"]) == 2
    assert "SOURCE DESTINATION" in capsys.readouterr().err
