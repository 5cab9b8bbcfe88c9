"""The compiled brand, which the functions read."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from jinja2 import ModuleLoader
from jinja2.compiler import CodeGenerator

from brand_compiler.build import compile_brand, compile_command
from brand_compiler.expressions import ENVIRONMENT
from brand_compiler.fault import Faults
from heed.domain.preferences.catalogue import Catalogue, TopicKind
from heed.entrypoints.http.pages.mail_views import MAIL_VIEWS
from heed.entrypoints.http.pages.views import VIEWS
from tests.support.brands import copy_brand
from tests.support.full import is_full
from tests.support.sample_brand import brand


@pytest.fixture(scope="module")
def built() -> Path:
    return brand()


@pytest.fixture(scope="module")
def regional(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample brand in two languages and a region of one of them."""
    return copy_brand(tmp_path_factory.mktemp("regional") / "brand", ["de", "en", "en-GB"])


@pytest.fixture(scope="module")
def wordings(regional: Path) -> dict[str, str]:
    return _wordings(compile_brand([regional], Faults()))


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
    for language in ("de", "en", "en-GB", "es", "fr", "ja"):
        page = built / "pages" / language / ModuleLoader.get_module_filename("landing.html")
        assert page.stat().st_size < 22_000


def test_the_policy_allows_exactly_the_style_sheet_of_the_page(built: Path) -> None:
    allowed_hash = json.loads((built / "pages" / "style.json").read_text(encoding="utf-8"))
    page = (built / "pages" / "en" / "neutral.html").read_text(encoding="utf-8")

    style = page.partition("<style>")[2].partition("</style>")[0]

    assert style
    assert allowed_hash == base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()


def test_the_build_renders_no_page_that_differs_by_visit(built: Path) -> None:
    folder = built / "pages" / "en"
    rendered = {file.stem.partition("-")[0] for file in folder.glob("*.html")}
    compiled = {
        page
        for page in (*(f"{page}.html" for page in VIEWS), *MAIL_VIEWS)
        if (folder / ModuleLoader.get_module_filename(page)).exists()
    }

    assert rendered == {"neutral", "accepted", "not_found", "unavailable"}
    assert compiled == {*(f"{page}.html" for page in VIEWS.keys() - rendered), *MAIL_VIEWS}


@pytest.mark.system
def test_two_builds_of_a_source_are_identical(source: Path, tmp_path: Path) -> None:
    """With `--full` in all languages."""
    if not is_full():
        source = copy_brand(tmp_path / "source", ["en", "ja"])
    for seed in ("1", "2"):  # of the order in which sets of texts are walked
        subprocess.run(
            [sys.executable, "-m", "brand_compiler.build", str(source), str(tmp_path / seed)],
            check=True,
            env={"PYTHONHASHSEED": seed},
        )

    first, second = (
        {file.relative_to(tmp_path / seed): file.read_bytes() for file in (tmp_path / seed).rglob("*.*")}
        for seed in ("1", "2")
    )
    assert first
    assert first == second


def test_the_build_and_the_package_have_the_jinja2_of_the_layer(source: Path) -> None:
    """Jinja2 does not promise that it runs a module that another version compiled."""
    core = source.parent / "core"
    locked = re.findall(r"^jinja2==(\S+)", (core / "requirements.txt").read_text("utf-8"), re.MULTILINE)
    extras = tomllib.loads((core / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]

    assert locked == [version("jinja2")]
    assert f"jinja2=={version('jinja2')}" in extras["brand"]


class _OtherGenerator(CodeGenerator):
    """Generates Python as another version of Jinja2 may do."""

    def visit_Template(self, *arguments: Any) -> None:  # noqa: N802 - the name of the method in Jinja2
        self.writeline("# another version")
        super().visit_Template(*arguments)


def test_the_wording_is_the_same_if_only_the_compiled_python_differs(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = compile_brand([copy], Faults())
    monkeypatch.setattr(ENVIRONMENT, "code_generator_class", _OtherGenerator)
    second = compile_brand([copy], Faults())

    page = f"pages/de/{ModuleLoader.get_module_filename('landing.html')}"
    assert first[page] != second[page]
    assert _wordings(first) == _wordings(second)


@pytest.mark.parametrize(
    ("file", "old", "new", "languages"),
    [
        ("locales/de.toml", "# ", "# This is a comment. ", set()),
        ("locales/de.toml", 'undo = "', 'undo = "Bitte ', {"de"}),
        ("locales/en.toml", 'undo = "', 'undo = "Please ', {"en", "en-GB"}),
        ("locales/de.toml", '"Januar"', '"Jänner"', {"de"}),
        ("pages/landing.html", "</h1>", "!</h1>", {"de", "en", "en-GB"}),
        ("pages/address.html", "</p>", "!</p>", {"de", "en", "en-GB"}),
        ("colours.css", "#12495a", "#12495b", {"de", "en", "en-GB"}),
        ("logo.svg", "M16 7", "M16 8", {"de", "en", "en-GB"}),
        ("catalogue.toml", 'phone = "', 'phone = "+', {"de", "en", "en-GB"}),
    ],
)
def test_the_wording_of_a_language_differs_if_people_see_something_else(
    regional: Path,
    wordings: dict[str, str],
    tmp_path: Path,
    file: str,
    old: str,
    new: str,
    languages: set[str],
) -> None:
    changed = Path(shutil.copytree(regional, tmp_path / "brand"))
    text = (changed / file).read_text(encoding="utf-8")
    assert old in text
    (changed / file).write_text(text.replace(old, new), encoding="utf-8")
    after = _wordings(compile_brand([changed], Faults()))

    assert {language for language in wordings if wordings[language] != after[language]} == languages


def _wordings(files: Mapping[str, str]) -> dict[str, str]:
    return {name.split("/")[1]: text for name, text in files.items() if name.endswith("wording.json")}


def test_wrong_arguments_show_the_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert compile_command(["layers/brand"]) == 2
    assert "FOLDER [FOLDER] DESTINATION" in capsys.readouterr().err
