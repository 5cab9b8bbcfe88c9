"""An adopter's brand lies over that of the project. It has only what differs."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from brand_compiler.__main__ import OWN_FILES, brand_command
from brand_compiler.build import compile_command
from brand_compiler.preview import SCHEMES
from brand_compiler.style import hash_style
from heed.entrypoints.http.pages.pages import Pages
from heed.entrypoints.http.pages.views import VIEWS, LandingView
from tests.support.brands import LANGUAGES, SAMPLE, copy_brand, name_brand, sample_catalogue
from tests.support.full import is_full

ROOT = SAMPLE.parents[1]
SOME_LANGUAGES = LANGUAGES if is_full() else ("en", "ja")
TOPIC = """
[[topics]]
number = 8
name = "straps"
brand = 1
kind = "marketing"
default = "in"
"""


@pytest.fixture
def languages() -> Iterable[str]:
    """The languages of the project. Most tests are not about all languages, and fewer are built faster."""
    return ["de", "en"]


@pytest.fixture
def mine(tmp_path: Path, languages: Iterable[str]) -> Path:
    """A new brand of an adopter, beside that of the project."""
    project = copy_brand(tmp_path / "project", languages)
    assert brand_command([str(project), str(tmp_path / "mine"), "--preview", str(tmp_path / "preview")]) == 0
    name_brand(tmp_path / "mine")
    return tmp_path / "mine"


@pytest.fixture
def check(mine: Path) -> Callable[[], int]:
    """Checks, locks and shows the adopter's brand, like `make brand`."""
    project = mine.parent / "project"
    return lambda: brand_command([str(project), str(mine), "--preview", str(mine.parent / "preview")])


@pytest.fixture
def faults(
    mine: Path, check: Callable[[], int], capsys: pytest.CaptureFixture[str]
) -> Callable[[], list[str]]:
    """Returns what `make brand` says against the adopter's brand."""

    def find() -> list[str]:
        capsys.readouterr()
        assert check() == 1
        return [line.replace(f"{mine}/", "") for line in capsys.readouterr().err.splitlines()]

    return find


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def replace(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def landing(mine: Path, language: str, topic: str = "Straps") -> str:
    """Returns the landing page of the adopter's brand."""
    out = mine.parent / "out"
    assert compile_command([str(mine.parent / "project"), str(mine), str(out)], may_add=True) == 0
    view = LandingView(language=language, brand="Acme", preferences_url="/p/x", topic=topic)
    return Pages(out).landing(view)


def test_a_new_brand_has_the_files_that_each_brand_has_of_its_own_and_is_right(
    mine: Path, check: Callable[[], int]
) -> None:
    assert {file.name for file in mine.iterdir()} == {*OWN_FILES, "locales"}
    assert check() == 0
    locked = (SAMPLE / "catalogue.lock").read_text(encoding="utf-8").replace("meridian", "acme")
    assert (mine / "catalogue.lock").read_text(encoding="utf-8") == locked


@pytest.mark.parametrize("kept", ['name = "meridian"', 'domain = "example.com"'])
def test_a_brand_with_the_name_or_the_domain_of_the_sample_is_shown_and_not_locked(
    mine: Path, check: Callable[[], int], capsys: pytest.CaptureFixture[str], kept: str
) -> None:
    key = kept.partition(" ")[0]
    catalogue = mine / "catalogue.toml"
    text = re.sub(f'^{key} = ".*"', kept, catalogue.read_text(encoding="utf-8"), count=1, flags=re.MULTILINE)
    write(catalogue, text)
    capsys.readouterr()

    assert check() == 0

    first, second = capsys.readouterr().out.splitlines()
    assert first.endswith("no number is locked while the brand has the name or the domain of the sample")
    assert second.startswith("No mistakes. Open ")
    assert not (mine / "catalogue.lock").exists()


def test_nothing_of_a_folder_that_exists_is_replaced(mine: Path, check: Callable[[], int]) -> None:
    (mine / "logo.svg").unlink()
    replace(mine / "colours.css", "#12495a", "#7a1020")
    before = (mine / "colours.css").read_bytes()

    assert check() == 0

    assert (mine / "colours.css").read_bytes() == before
    assert not (mine / "logo.svg").exists()


def _follow_the_documentation(mine: Path, languages: Iterable[str]) -> None:
    """A new topic, a new language, a changed sentence, a changed colour and a logo, as docs/brand.md says."""
    catalogue = mine / "catalogue.toml"
    replace(catalogue, "# The page shows in full", TOPIC + "NAMES# The page shows in full")
    names = "".join(f'{code} = "Straps"\n' for code in languages if "-" not in code)
    replace(catalogue, "NAMES", f"[topics.names]\n{names}[topics.descriptions]\n{names}\n")
    replace(catalogue, ', "ja"]', ', "it", "ja"]')
    text = catalogue.read_text(encoding="utf-8")
    # Each table that names a thing in each language also names it in Italian.
    text = re.sub(r'^(en = ["\[](?:.|\n(?!\]))*?(?:"|\n\])\n)', r"\1IT\1", text, flags=re.MULTILINE)
    write(catalogue, text.replace("ITen = ", "it = "))
    shutil.copyfile(SAMPLE / "locales" / "en.toml", mine / "locales" / "it.toml")
    replace(mine / "locales" / "it.toml", '"English"', '"Italiano"')
    write(mine / "locales" / "en.toml", '[landing]\nlead = "One click is enough."\n')
    replace(mine / "colours.css", "--accent: #12495a", "--accent: #7a1020")
    write(
        mine / "logo.svg",
        '<?xml version="1.0"?>\n<!-- made by hand -->\n<svg xmlns="http://www.w3.org/2000/svg" '
        'width="90" height="30" viewBox="0 0 90 30">\n  <path fill="#7a1020" d="M0 0h90v30z"/>\n</svg>\n',
    )


@pytest.mark.system
@pytest.mark.parametrize("languages", [SOME_LANGUAGES])
def test_each_change_of_the_documentation_shows_on_the_pages(
    mine: Path, check: Callable[[], int], languages: Iterable[str]
) -> None:
    _follow_the_documentation(mine, languages)

    assert check() == 0

    assert "8 marketing acme/straps in\n" in (mine / "catalogue.lock").read_text(encoding="utf-8")
    page = landing(mine, "it")
    assert '<html lang="it">' in page and "One click and you’re unsubscribed." in page
    page = landing(mine, "en")
    assert "<p>One click is enough.</p>" in page and "--accent: #7a1020" in page
    assert '<path fill="#7a1020" d="M0 0h90v30z" />' in page and "made by hand" not in page
    assert 'hreflang="it">Italiano</a>' in page
    mail = (mine.parent / "preview" / "mail-1.it.light.html").read_text(encoding="utf-8")
    assert "background:#7a1020" in mail


@pytest.mark.system
def test_the_documented_commands_check_build_and_test_a_brand(tmp_path: Path) -> None:
    mine = tmp_path / "mine"

    def run(*command: str) -> str:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run("make", "brand", f"BRAND={mine}")
    write(mine / "catalogue.toml", sample_catalogue(SOME_LANGUAGES))
    name_brand(mine)
    _follow_the_documentation(mine, SOME_LANGUAGES)
    assert "build/brand/index.html" in run("make", "brand", f"BRAND={mine}")

    built = tmp_path / "built"
    makefile = ("make", "--directory", "layers/brand", "build-BrandLayer", f"ARTIFACTS_DIR={built}")
    run("env", f"BRAND={mine}", *makefile, f"PYTHON={sys.executable}")
    catalogue = json.loads((built / "brand" / "catalogue.json").read_text(encoding="utf-8"))
    assert "straps" in [topic["name"] for topic in catalogue["topics"]]

    tests = "tests/brand_compiler/test_chosen_brand.py"
    assert " passed" in run("env", f"BRAND={mine}", sys.executable, "-m", "pytest", "-q", "-n", "0", tests)


def test_a_brand_with_several_mistakes_hears_of_all_at_once(
    mine: Path, faults: Callable[[], list[str]]
) -> None:
    replace(mine / "catalogue.toml", 'name = "news"', 'name = "New s"')
    replace(mine / "catalogue.toml", "https://example.com/privacy", "http://example.com/privacy")
    replace(mine / "catalogue.toml", '["de", "en"]', '["de", "en", "it"]')
    write(mine / "locales" / "de.toml", '[landing]\nlead = "Ein {{ klick }}"\nlaed = "Ein Klick"\n')
    write(mine / "locales" / "nl.toml", '[landing]\nlead = "Een klik"\n')
    replace(mine / "colours.css", "--accent: #12495a", "--accent: #9adbe8")
    replace(mine / "colours.css", "  --wrong: #a3202c;\n", "")
    write(mine / "logo.svg", "<svg>")
    write(mine / "pages" / "offers.html", "")

    reported = faults()

    assert [line.partition(":")[0] for line in reported if "`it` is missing" not in line] == [
        *["catalogue.toml"] * 3,
        *["colours.css"] * 4,
        *["locales/de.toml"] * 2,
        "locales/nl.toml",
        "logo.svg",
        "pages/offers.html",
    ]
    assert not (mine / "catalogue.lock").exists()
    assert not (mine.parent / "preview").exists()


@pytest.mark.parametrize("languages", [["en", "en-GB"]])
@pytest.mark.parametrize(
    ("own", "british"),
    [
        ({}, "One click and you’re unsubscribed."),
        ({"en": "Once."}, "Once."),
        ({"en": "Once.", "en-GB": "Just once."}, "Just once."),
        ({"en-GB": "Just once."}, "Just once."),
    ],
)
def test_a_region_has_the_text_of_the_adopter_before_that_of_the_project(
    mine: Path, own: dict[str, str], british: str
) -> None:
    for language, text in own.items():
        write(mine / "locales" / f"{language}.toml", f'[landing]\nlead = "{text}"\n')

    assert british in landing(mine, "en-GB")


def test_a_text_of_an_adopter_has_the_placeholders_of_the_one_that_it_replaces(
    mine: Path, faults: Callable[[], list[str]]
) -> None:
    write(mine / "locales" / "en.toml", '[landing]\nheading = "Unsubscribe"\n')

    assert faults() == ["locales/en.toml:2: `landing.heading`: placeholder {{ topic }} is missing"]


def test_a_page_of_the_adopter_replaces_that_of_the_project(mine: Path, check: Callable[[], int]) -> None:
    page = (SAMPLE / "pages" / "top.html").read_text(encoding="utf-8")
    write(mine / "pages" / "top.html", page.replace("<p>{{ brand }}</p>", ""))

    assert check() == 0
    assert "<p>Acme</p>" not in landing(mine, "en")


@pytest.mark.parametrize("languages", [["de", "en", "en-GB", "fr"]])
def test_a_page_of_the_adopter_may_have_a_text_of_its_own_in_each_language(
    mine: Path, check: Callable[[], int], faults: Callable[[], list[str]]
) -> None:
    page = (SAMPLE / "pages" / "tick.html").read_text(encoding="utf-8")
    write(mine / "pages" / "tick.html", f"{page}<p>{{{{ text.mine.thanks }}}}</p>")
    write(mine / "locales" / "en.toml", '[mine]\nthanks = "Thank you."\n')
    assert faults() == ["locales/en.toml:2: `mine.thanks`: de, fr must have it too"]

    for language in ("de", "fr"):
        write(mine / "locales" / f"{language}.toml", '[mine]\nthanks = "Danke."\n')
    assert check() == 0


def test_a_folder_that_does_not_exist_is_no_brand(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert compile_command([str(SAMPLE), str(tmp_path / "mien"), str(tmp_path / "out")]) == 1
    assert capsys.readouterr().err == f"{tmp_path / 'mien'}:1: there is no such folder\n"


def test_a_folder_without_a_catalogue_is_no_brand(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()

    assert compile_command([str(SAMPLE), str(folder), str(tmp_path / "out")]) == 1
    assert capsys.readouterr().err.startswith(f"{folder}/catalogue.toml:1: is missing")
    assert not (tmp_path / "out").exists()


def test_a_catalogue_without_its_lock_is_no_brand(
    mine: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compile_command([str(SAMPLE), str(mine), str(tmp_path / "out")]) == 1
    assert "number 1 is new" in capsys.readouterr().err


def test_a_file_that_no_brand_has_is_refused_with_the_name_that_was_meant(
    mine: Path, faults: Callable[[], list[str]]
) -> None:
    for name in (
        "Colors.css",
        "notes",
        "local/de.toml",
        "locales/de.tml",
        "locales/fr/a.toml",
        "pages/dnoe.html",
    ):
        write(mine / name, "")

    assert faults() == [
        "Colors.css:1: no brand has this; is it colours.css?",
        "local:1: no brand has this; is it locales?",
        "locales/de.tml:1: no brand has this; is it de.toml?",
        "locales/fr:1: no brand has this",
        "notes:1: no brand has this",
        "pages/dnoe.html:1: this page has no view, and no page includes it; is it done.html?",
    ]


@pytest.mark.parametrize("name", ["colours.css", "style.css", "locales/de.toml", "pages/done.html"])
def test_a_file_that_is_not_utf_8_is_a_mistake_with_its_name(
    mine: Path, faults: Callable[[], list[str]], name: str
) -> None:
    write(mine / name, "")
    (mine / name).write_bytes(b":root{--ink:#\xff}")

    assert faults()[0] == f"{name}:1: is not UTF-8"


def test_hidden_files_and_a_readme_may_be_in_a_brand(mine: Path, check: Callable[[], int]) -> None:
    for name in ("README.md", ".git/config", "locales/.de.toml.swp", "locales/.x.toml", "pages/.DS_Store"):
        write(mine / name, "")

    assert check() == 0


@pytest.mark.parametrize("languages", [LANGUAGES])
def test_a_brand_has_only_the_languages_that_it_names(
    mine: Path, check: Callable[[], int], faults: Callable[[], list[str]]
) -> None:
    catalogue = mine / "catalogue.toml"
    replace(catalogue, '["de", "en", "en-GB", "es", "fr", "ja"]', '["en"]')
    assert "`de` is not in `languages`" in faults()[0]

    text = catalogue.read_text(encoding="utf-8")
    text = re.sub(r', de = "[^"]*"', "", text)
    write(
        catalogue,
        re.sub(r'^(?:de|fr|es|ja|en-GB) = (?:".*"|\[\n(?:.*\n)*?\])\n', "", text, flags=re.MULTILINE),
    )
    assert check() == 0
    assert "hreflang" in landing(mine, "en") and 'lang="de"' not in landing(mine, "en")


@pytest.mark.system
@pytest.mark.parametrize("languages", [SOME_LANGUAGES])
def test_the_preview_has_each_page_in_each_language_and_scheme(
    mine: Path, check: Callable[[], int], languages: Iterable[str]
) -> None:
    assert check() == 0

    preview = mine.parent / "preview"
    index = (preview / "index.html").read_text(encoding="utf-8")
    files = re.findall(r'href="([^"]+)"', index)
    assert {file.name for file in preview.iterdir()} == {*files, "index.html"}
    shown = {tuple(file.rsplit(".", 3)[:3]) for file in files}
    states = {name for name, _, _ in shown}
    assert shown == {(name, code, scheme) for name in states for code in languages for scheme in SCHEMES}
    assert {name.partition("-")[0] for name in states} == {*VIEWS, "mail"}


def test_the_preview_of_a_scheme_has_its_colours_in_any_browser(mine: Path, check: Callable[[], int]) -> None:
    assert check() == 0

    light, dark = (
        (mine.parent / "preview" / f"landing.en.{scheme}.html").read_text(encoding="utf-8")
        for scheme in SCHEMES
    )
    assert "prefers-color-scheme" not in light + dark
    assert 'name="color-scheme" content="dark"' in dark
    assert 'name="color-scheme" content="light"' in light
    for page in (light, dark):
        style = hash_style(page.partition("<style>")[2].partition("</style>")[0])
        assert f"default-src 'none'; style-src 'sha256-{style}'" in page


@pytest.mark.parametrize(
    ("logo", "message"),
    [
        ("<p>", "no SVG that can be read"),
        ('<svg viewBox="0 0 1 1"/>', "needs an <svg> with a viewBox"),
        ('<svg xmlns="http://www.w3.org/2000/svg"/>', "needs an <svg> with a viewBox"),
        (f"<script/>{'<g/>' * 3}", "cannot use <script>"),
        ("<style>path { fill: red }</style>", "cannot use <style>"),
        ('<image href="https://example.com/x.png"/>', "cannot use <image>"),
        ('<path style="fill:red"/>', "cannot use `style` of <path>"),
        ('<path onclick="x"/>', "cannot use `onclick` of <path>"),
        ('<path fill="url(https://example.com/x)"/>', "cannot use `fill` of <path>"),
        ('<path fill="u\\72l(//example.com/x)"/>', "cannot use `fill` of <path>"),
        ('<use href="https://example.com/x#a"/>', "cannot use `href` of <use>"),
        ("<SCRIPT>alert(1)</SCRIPT>", "cannot use <SCRIPT>"),
        ("<Style>p{}</Style>", "cannot use <Style>"),
        ('<A HREF="http://example.com"/>', "cannot use <A>"),
        ('<g ONLOAD="alert(1)"/>', "cannot use `ONLOAD` of <g>"),
        ("<foreignobject/>", "cannot use <foreignobject>"),
        (f'<path d="{"M0 0" * 2_001}"/>', "at most 8,000 are allowed"),
    ],
)
def test_a_logo_that_no_page_could_show_is_refused(
    mine: Path, faults: Callable[[], list[str]], logo: str, message: str
) -> None:
    if not logo.startswith(("<svg", "<p>")):
        logo = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1">{logo}</svg>'
    write(mine / "logo.svg", logo)

    reported = faults()

    assert message in reported[0]
    assert all(line.startswith("logo.svg:1: ") for line in reported)


def test_the_ids_of_a_logo_differ_from_those_of_the_page(mine: Path) -> None:
    write(
        mine / "logo.svg",
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><linearGradient id="address"/>'
        '<path id="p" fill="url(#address)"/><use href="#p"/></svg>',
    )

    page = landing(mine, "en")

    assert '<linearGradient id="logo-address" />' in page
    assert '<path id="logo-p" fill="url(#logo-address)" /><use href="#logo-p" />' in page


def test_colours_that_cannot_be_read_are_refused_in_each_scheme(
    mine: Path, faults: Callable[[], list[str]]
) -> None:
    replace(mine / "colours.css", "--accent: #a3d8e4", "--accent: #12495a")

    first, second, third = faults()

    line = (mine / "colours.css").read_text(encoding="utf-8").splitlines().index("    --accent: #12495a;") + 1
    less = "in the dark scheme, less than 4.5"
    assert first == f"colours.css:{line}: the contrast of `--accent` on `--card` is 1.7 {less}"
    assert second == f"colours.css:{line}: the contrast of `--accent` on `--tint` is 1.4 {less}"
    assert third == f"colours.css:{line + 2}: the contrast of `--on-accent` on `--accent` is 1.7 {less}"
