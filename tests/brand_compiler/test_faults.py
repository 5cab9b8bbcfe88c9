"""The build reports all mistakes in the brand with their files and lines, and creates no file."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from brand_compiler.build import compile_command
from brand_compiler.catalogue import MAX_TOPICS
from tests.support.brands import build_brand_with_topics

CATALOGUE = "catalogue.toml"
EN = "locales/en.toml"
DE = "locales/de.toml"
GB = "locales/en-GB.toml"
LANGUAGES = ("de", "en", "es", "fr", "ja")
LANDING = "pages/landing.html"
LEAD = "{{ text.landing.lead }}"

# File, text in it, its replacement, the expected message, and a part of the line that the message names.
MISTAKES = [
    (CATALOGUE, 'de = "Angebote"\n', "", "language `de` is missing in `names`", "[topics.names]"),
    (CATALOGUE, "number = 3", "number = 2", "number 2 is already used", "number = 2"),
    (CATALOGUE, "number = 3", "number = 1", "number 1 is already used", "number = 1"),
    (CATALOGUE, "number = 3", "number = 70000", "from 1 to 65535", "number = 70000"),
    (CATALOGUE, "number = 3", "number = true", "from 1 to 65535", "number = true"),
    (CATALOGUE, 'name = "news"', 'name = "offers"', "`offers` is already used", 'name = "offers"'),
    (CATALOGUE, 'name = "news"', 'name = "New s"', "`name` must be lower-case", 'name = "New s"'),
    (
        CATALOGUE,
        'name = "news"',
        'name = "views"',
        "locked as `marketing meridian/news in`",
        "number = 3",
    ),
    (
        CATALOGUE,
        'default = "in"',
        'default = "yes"',
        "`default` must be one of in, out",
        'default = "yes"',
    ),
    (
        CATALOGUE,
        'default = "out"',
        'default = "in"',
        "locked as `marketing meridian/research out`",
        "number = 5",
    ),
    (CATALOGUE, 'kind = "service"', 'kind = "servise"', "`kind` must be one of", 'kind = "servise"'),
    (CATALOGUE, "brand = 1", "brand = 9", "there is no brand with number 9", "brand = 9"),
    (
        CATALOGUE,
        'name = "news"',
        'name = "news"\nfollows = 99',
        "no topic with number 99",
        "follows = 99",
    ),
    (
        CATALOGUE,
        'name = "news"',
        'name = "news"\nfollows = 6',
        "of the same brand and kind",
        "follows = 6",
    ),
    (CATALOGUE, 'name = "news"', 'name = "news"\nfollows = 4', "with a lower number", "follows = 4"),
    (
        CATALOGUE,
        'name = "news"',
        'name = "news"\nretried = true',
        "unknown key `retried`",
        "retried = true",
    ),
    (
        CATALOGUE,
        'de = "Neuigkeiten"',
        'de = "Neuigkeiten"\nit = "Notizie"',
        "`it` is not in `languages`",
        'it = "Notizie"',
    ),
    (
        CATALOGUE,
        "preferences@example.com",
        "example.com",
        "`mailbox` must be an e-mail address",
        "mailbox = ",
    ),
    (CATALOGUE, "https://global", "http://global", "must begin with https://", "link = "),
    (CATALOGUE, "https://example.com/privacy", "http://example.com/", "begin with https://", "privacy = "),
    (CATALOGUE, "imprint = { en", "imprint = { it", "`it` is not in `languages`", "imprint = "),
    (CATALOGUE, "imprint = {", "impressum = {", "unknown key `impressum`", "impressum = "),
    (CATALOGUE, 'title = "Meridian Watches"', "title = 7", "`title` must be a text", "title = 7"),
    (
        CATALOGUE,
        'default_language = "en"',
        'default_language = "it"',
        "must be one of",
        "default_language",
    ),
    (CATALOGUE, "material = false", "material = false\n[[policies", "", "[[policies"),
    (
        CATALOGUE,
        'name = "news"',
        f'name = "{"n" * 64}"',
        "`name` has 64 characters: at most 63 are allowed",
        'name = "nnn',
    ),
    (
        CATALOGUE,
        'title = "Meridian Watches"',
        f'title = "{"t" * 201}"',
        "201 characters: at most 200 are allowed",
        "title = ",
    ),
    (CATALOGUE, 'en = "News"', f'en = "{"N" * 201}"', "201 characters: at most 200 are allowed", 'en = "NNN'),
    (
        CATALOGUE,
        'en = "New watches',
        f'en = "{"N" * 1_000}',
        "characters: at most 1,000 are allowed",
        'en = "NNN',
    ),
    (DE, 'none = "Bisher keine Änderungen."\n', "", "`preferences.none` is missing", "[preferences]"),
    (DE, 'none = "Bisher keine Änderungen."', 'none = ""', "`preferences.none`: must be a text", 'none = ""'),
    (
        DE,
        'none = "Bisher keine Änderungen."',
        'none = "Bisher keine Änderungen."\nnonee = "Nein"',
        "no page uses it",
        "nonee",
    ),
    (DE, 'stop = "„{{ topic }}', 'stop = "„{{ topik }}', "unknown placeholder {{ topik }}", "stop = "),
    (DE, 'stop = "„{{ topic }}“ ab', 'stop = "Ab', "placeholder {{ topic }} is missing", "stop = "),
    (
        DE,
        'stop = "„{{ topic }}',
        'stop = "„{{ brand }}{{ topic }}',
        "unknown placeholder {{ brand }}; en.toml does not use it",
        "stop = ",
    ),
    (DE, 'stop = "„{{ topic }}“ ab', 'stop = "{topic} ab', "two braces on each side", "stop = "),
    (DE, 'stop = "„{{ topic }}“ ab', 'stop = "{{ topic ab', "expected token", "stop = "),
    (
        DE,
        'stop = "„{{ topic }}“ ab',
        'stop = "{% if topic %}ab{% endif %}',
        "a text has no blocks",
        "stop = ",
    ),
    (DE, '"Januar", ', "", "twelve", "months = "),
    (DE, "{{ day }}. {{ month }}", "{{ day }}. {{ mois }}", "unknown placeholder {{ mois }}", "date = "),
    (DE, 'first = "1"', 'first = "{{ day }}"', "unknown placeholder {{ day }}", "first = "),
    (DE, "[landing]", "landing", "Unexpected character", "landing"),
    (EN, '"January", ', "", "twelve", "months = "),
    (EN, "from {{ topic }}", "from {{ topci }}", "unknown placeholder {{ topci }}", "topci"),
    (EN, "{{ paused_until | date }}", "{{ paused_until | day }}", "cannot be formatted as `day`", "| day"),
    (LANDING, LEAD, "{{ text.landing.laed }}", "no text `landing.laed`", "laed"),
    (LANDING, "preferences_url", "preference_url", "unknown field `preference_url`", "preference_url"),
    (LANDING, "include 'address.html'", "include 'adress.html'", "no page adress.html", "adress"),
    (LANDING, "include 'address.html'", "include 'landing.html'", "cannot use {% include %}", "landing.html"),
    (LANDING, "if description", "if describtion", "unknown field `describtion`", "describtion"),
    (
        LANDING,
        "{{ description }}</p>{% endif %}",
        "{{ description }}</p>",
        "Unexpected end of template",
        None,
    ),
    (LANDING, LEAD, LEAD + "{{ lead! }}", "unexpected char '!'", "lead!"),
    ("style.css", "body {", "@import 'x.css'; body {", "the pages load nothing", "@import"),
    (
        "style.css",
        "body {",
        "body { background: url(//x.example);",
        "the pages load nothing",
        "url(",
    ),
]
# Mistakes that one page can have together, each with its expected message.
PAGE_MISTAKES = {
    "{% for x in topic %}{% endfor %}": "`topic` is not a list",
    "{% set x = 1 %}": "cannot use {% assign %}",
    "{{ topic | date }}": "`topic` cannot be formatted as `date`",
    "{{ topic | bold }}": "cannot use `topic | bold`",
    "{{ topic | safe }}": "`topic` cannot be formatted as `safe`",
    "{{ policy }}": "`policy` is not a text",
    "{{ policy.date }}": "unknown field `policy.date`",
    "{{ contact.fax }}": "unknown field `contact.fax`",
    "{% if signal == 'shown' %}x{% endif %}": "`signal` is never `shown`",
    "{{ contact.letter }}": "`contact.letter` is not a text",
    "{{ text.moods[signal] }}": "no section [moods]",
    "{{ text.changes[topic] }}": "`topic` has no fixed values",
}
REGIONAL_MISTAKES = [
    (GB, "[done]", '[done]\nled = "X"', "no page uses it", "led = "),
    (GB, "[dates]", '[dates]\nmonths = ["January"]', "twelve", "months = "),
    (GB, "{{ brand }} won", "{{ brant }} won", "unknown placeholder {{ brant }}", "brant"),
    (CATALOGUE, 'en-GB = "Inv', 'en-IE = "Inv', "`en-IE` is not in `languages`", "en-IE"),
]


WRONG_DOMAINS = [
    "example.com\\r\\nBcc: x@example.net",
    "example.com\\n",
    "example com",
    "example.com>",
    "Example.com",
    "m\u00fcller.example",
    "localhost",
    "https://example.com",
    "example.com:443",
    "-a.example",
    "a..example",
    "example.com.",
    "192.0.2.1",
    f"{'a' * 64}.example",
    f"{'a.' * 126}example",
    "\\u2800.example",
]


@pytest.mark.threat(
    "W18",
    "A brand's domain contains a line break, which starts another header in each mail.",
    "The build accepts only a host name as a domain.",
)
def test_a_domain_must_be_a_host_name(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    brands = "".join(
        f'[[brands]]\nnumber = {number}\nname = "brand-{number}"\ntitle = "Brand"\ndomain = "{domain}"\n'
        for number, domain in enumerate(WRONG_DOMAINS, 1_000)
    )
    _replace(copy, CATALOGUE, "# kind ", f"{brands}# kind ")

    report = _report(copy, capsys)

    lines = (copy / CATALOGUE).read_text(encoding="utf-8").splitlines()
    assert [lines[line - 1] for _, line, _ in report] == [f'domain = "{domain}"' for domain in WRONG_DOMAINS]
    assert all("`domain` must be a lower-case host name" in message for _, _, message in report)


@pytest.mark.parametrize("domain", ["news.example.co.uk", "xn--mller-kva.example", "3m.example"])
def test_each_form_of_a_host_name_is_valid(copy: Path, tmp_path: Path, domain: str) -> None:
    text = (copy / CATALOGUE).read_text(encoding="utf-8")
    changed = text.replace('domain = "example.com"', f'domain = "{domain}"')
    (copy / CATALOGUE).write_text(changed, encoding="utf-8")
    assert compile_command([str(copy), str(tmp_path / "out")]) == 0


def _replace(copy: Path, name: str, old: str, new: str) -> None:
    text = (copy / name).read_text(encoding="utf-8")
    assert old in text
    (copy / name).write_text(text.replace(old, new, 1), encoding="utf-8")


def _report(copy: Path, capsys: pytest.CaptureFixture[str]) -> list[tuple[str, int, str]]:
    """Builds a brand that has mistakes, and returns the file, the line and the message of each."""
    assert compile_command([str(copy), str(copy / "out")]) == 1
    assert not (copy / "out").exists()
    lines = [line.split(":", 2) for line in capsys.readouterr().err.splitlines()]
    return [(str(Path(file).relative_to(copy)), int(line), message) for file, line, message in lines]


@pytest.mark.parametrize(("name", "old", "new", "message", "line_part"), MISTAKES)
def test_a_mistake_is_reported_once_with_its_file_and_line(
    copy: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    old: str,
    new: str,
    message: str,
    line_part: str | None,
) -> None:
    _replace(copy, name, old, new)
    _assert_reported_once(copy, capsys, name, message, line_part)


@pytest.mark.parametrize(("name", "old", "new", "message", "line_part"), REGIONAL_MISTAKES)
def test_a_mistake_of_a_region_is_reported_once_with_its_file_and_line(
    whole_copy: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    old: str,
    new: str,
    message: str,
    line_part: str,
) -> None:
    _replace(whole_copy, name, old, new)
    _assert_reported_once(whole_copy, capsys, name, message, line_part)


def _assert_reported_once(
    copy: Path, capsys: pytest.CaptureFixture[str], name: str, message: str, line_part: str | None
) -> None:
    ((file, line, reported),) = _report(copy, capsys)
    assert file == name
    assert message in reported
    if line_part:
        assert line_part in (copy / name).read_text(encoding="utf-8").splitlines()[line - 1]


def test_each_mistake_of_a_page_is_reported_once_with_its_line(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _replace(copy, LANDING, LEAD, "\n".join([LEAD, *PAGE_MISTAKES]))

    report = _report(copy, capsys)

    lines = (copy / LANDING).read_text(encoding="utf-8").splitlines()
    assert {file for file, _, _ in report} == {LANDING}
    for (_, line, reported), (mistake, message) in zip(report, PAGE_MISTAKES.items(), strict=True):
        assert lines[line - 1].startswith(mistake)
        assert message in reported


def test_a_text_that_no_page_uses_is_reported_in_each_language(
    whole_copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _replace(whole_copy, LANDING, f"<p>{LEAD}</p>", "")

    report = _report(whole_copy, capsys)

    with_lead = [
        f"locales/{file.name}"
        for file in sorted(whole_copy.glob("locales/*.toml"))
        if "lead" in tomllib.loads(file.read_text(encoding="utf-8")).get("landing", {})
    ]
    assert [file for file, _, _ in report] == with_lead
    assert {message for _, _, message in report} == {" `landing.lead`: no page uses it"}


def test_each_value_without_a_text_is_reported(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _replace(copy, LANDING, LEAD, LEAD + "{{ text.changes[signal] }}")

    assert _report(copy, capsys) == [
        (LANDING, 13, f" there is no text `changes.{value}` in the locales")
        for value in ("applied", "kept", "none", "seen")
    ]


def test_a_number_that_changes_is_reported_in_the_lock_and_in_the_catalogue(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _replace(copy, CATALOGUE, "number = 3", "number = 33")

    (lock, _, missing), (catalogue, _, new) = _report(copy, capsys)

    assert (lock, catalogue) == ("catalogue.lock", CATALOGUE)
    assert "number 3 (marketing meridian/news in) is missing" in missing
    assert "number 33 is new" in new


def test_a_default_language_that_cannot_be_read_hides_no_other_mistake(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _replace(copy, EN, "[landing]", "landing")
    _replace(copy, DE, 'none = "Bisher keine Änderungen."', 'none = ""')
    _replace(copy, CATALOGUE, "number = 3", "number = 33")

    assert [(file, message.split()[0]) for file, _, message in _report(copy, capsys)] == [
        ("catalogue.lock", "number"),
        (CATALOGUE, "number"),
        (DE, "`preferences.none`:"),
        (EN, "Unexpected"),
    ]


def test_a_page_without_a_view_is_reported(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (copy / "pages" / "offers.html").write_text("{{ text.landing.lead }}", encoding="utf-8")

    assert _report(copy, capsys) == [
        ("pages/offers.html", 1, " this page has no view, and no page includes it")
    ]


def test_a_mistake_in_a_shared_part_names_one_of_its_pages(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _replace(copy, "pages/notices.html", "policy.summary", "policy.sumary")

    assert _report(copy, capsys) == [
        ("pages/notices.html", 4, " unknown field `policy.sumary` (in landing.html)")
    ]


def test_one_build_reports_all_mistakes(whole_copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _replace(whole_copy, CATALOGUE, 'name = "news"', 'name = "New s"')
    _replace(whole_copy, CATALOGUE, 'default = "out"', 'default = "yes"')
    _replace(whole_copy, CATALOGUE, 'en = "Offers"', 'en = "Offers"\nit = "Offerte"')
    _replace(whole_copy, DE, 'stop = "„{{ topic }}', 'stop = "„{{ topik }}')
    _replace(whole_copy, EN, 'save = "Save preferences"', 'save = "Save preferences"\nsaev = "Save"')
    for code in LANGUAGES:
        _replace(whole_copy, f"locales/{code}.toml", "[landing]\n", '[landing]\nextra = "X"\n')
    _replace(whole_copy, "pages/neutral.html", "text.neutral.lead", "text.neutral.laed")
    _replace(whole_copy, "pages/done.html", "preferences_url", "preference_url")
    _replace(whole_copy, "pages/confirm.html", "{% if intent == 'in' %}", "{% if intent == 'of' %}")
    (whole_copy / "pages" / "offers.html").write_text("", encoding="utf-8")
    _replace(whole_copy, "style.css", "body {", "@import 'x.css'; body {")

    report = _report(whole_copy, capsys)

    def at(name: str, part: str, message: str) -> tuple[str, int, str]:
        lines = (whole_copy / name).read_text(encoding="utf-8").splitlines()
        return name, next(n for n, line in enumerate(lines, 1) if part in line), f" {message}"

    assert report == [
        at(CATALOGUE, "it = ", "`it` is not in `languages`"),
        at(CATALOGUE, "New s", "`name` must be lower-case letters, digits and single hyphens"),
        at(CATALOGUE, '"yes"', "`default` must be one of in, out"),
        at(DE, "extra", "`landing.extra`: no page uses it"),
        at(DE, "topik", "`landing.stop`: unknown placeholder {{ topik }}"),
        at(DE, "[preferences]", "`preferences.saev` is missing"),
        at(EN, "extra", "`landing.extra`: no page uses it"),
        at(EN, "saev", "`preferences.saev`: no page uses it"),
        *(
            fault
            for code in ("es", "fr", "ja")
            for fault in (
                at(f"locales/{code}.toml", "extra", "`landing.extra`: no page uses it"),
                at(f"locales/{code}.toml", "[preferences]", "`preferences.saev` is missing"),
            )
        ),
        at("pages/confirm.html", "'of'", "`intent` is never `of`"),
        at("pages/done.html", "preference_url", "unknown field `preference_url`"),
        at("pages/neutral.html", "laed", "there is no text `neutral.laed` in the locales"),
        ("pages/offers.html", 1, " this page has no view, and no page includes it"),
        at("style.css", "@import", "`@import`: the pages load nothing external"),
    ]


@pytest.mark.parametrize("name", [CATALOGUE, "style.css", LANDING, "pages/contact.html"])
def test_a_missing_file_is_reported(
    copy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    (copy / name).unlink()

    assert compile_command([str(copy), str(tmp_path / "out")]) == 1
    assert Path(name).name in capsys.readouterr().err


def test_a_table_without_entries_is_a_mistake(
    copy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = copy / CATALOGUE
    text = file.read_text(encoding="utf-8")
    brands = text[text.index("[[brands]]") : text.index("# kind ")]
    file.write_text(text.replace(brands, "brands = []\n"), encoding="utf-8")

    assert compile_command([str(copy), str(tmp_path / "out")]) == 1
    assert "at least one [[brands]]" in capsys.readouterr().err


def test_too_many_topics_are_a_mistake(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert build_brand_with_topics(tmp_path, MAX_TOPICS - 6).is_dir()
    with (tmp_path / "source" / CATALOGUE).open("a", encoding="utf-8") as file:
        file.write("[[topics]]\nnumber = 9999\n")

    assert compile_command([str(tmp_path / "source"), str(tmp_path / "again")]) == 1
    assert "401 [[topics]]: at most 400 are allowed" in capsys.readouterr().err


def test_a_file_in_another_encoding_is_a_mistake(copy: Path, tmp_path: Path) -> None:
    file = copy / DE
    file.write_bytes(file.read_text(encoding="utf-8").encode("latin-1", "replace"))

    assert compile_command([str(copy), str(tmp_path / "out")]) == 1


def test_a_brand_without_languages_is_a_mistake(copy: Path, tmp_path: Path) -> None:
    for file in (copy / "locales").iterdir():
        file.unlink()

    assert compile_command([str(copy), str(tmp_path / "out")]) == 1


def test_a_missing_link_is_a_warning_and_ends_no_build(
    whole_copy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (whole_copy / CATALOGUE).read_text(encoding="utf-8")
    without_imprint = re.sub("imprint = .*", "", text).replace(
        'website = { en = "https://example.com/", ', "website = { "
    )
    (whole_copy / CATALOGUE).write_text(without_imprint, encoding="utf-8")

    assert compile_command([str(whole_copy), str(tmp_path / "out")]) == 0

    languages = ("de", "en", "en-GB", "es", "fr", "ja")
    warnings = [line.partition(": warning: ")[2] for line in capsys.readouterr().err.splitlines()]
    assert warnings == [
        *(f"there is no link to `website` for language `{code}`" for code in languages if code != "de"),
        *(f"there is no link to `imprint` for language `{code}`" for code in languages),
    ]
    page = (tmp_path / "out" / "pages" / "de" / "neutral.html").read_text(encoding="utf-8")
    assert "/de/datenschutz" in page
    assert "Impressum" not in page


def test_a_colour_that_cannot_be_checked_is_a_warning(
    copy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    colours = (copy / "colours.css").read_text(encoding="utf-8")
    colours = colours.replace("--ink: #1a2026", "--ink: navy").replace("--ink: #eef0f1", "--ink: #eef0f1ff")
    (copy / "colours.css").write_text(colours, encoding="utf-8")
    rules = "\nmain { background: hsl(0 0% 40%); color: rgb(90 90 90) }\nnav { background: var(--paper) }\n"
    with (copy / "style.css").open("a", encoding="utf-8") as style:
        style.write(rules)

    assert compile_command([str(copy), str(tmp_path / "out")]) == 0

    warnings = capsys.readouterr().err.replace(f"{copy}/", "").splitlines()
    lines = (copy / "style.css").read_text(encoding="utf-8").count("\n")
    light, dark = (number for number, text in enumerate(colours.splitlines(), 1) if "--ink:" in text)
    assert [line.partition(" is not checked; ")[0] for line in warnings] == [
        f"style.css:{lines - 1}: warning: the contrast of `background: hsl(0 0% 40%)`",
        f"style.css:{lines - 1}: warning: the contrast of `color: rgb(90 90 90)`",
        f"colours.css:{light}: warning: the contrast of `navy`",
        f"colours.css:{dark}: warning: the contrast of `#eef0f1ff`",
    ]


def test_a_brand_may_have_no_phone(copy: Path, tmp_path: Path) -> None:
    _replace(copy, CATALOGUE, 'phone = "+1 555 0100"\n', "")

    assert compile_command([str(copy), str(tmp_path / "out")]) == 0
    page = (tmp_path / "out" / "pages" / "en" / "neutral.html").read_text(encoding="utf-8")
    assert "tel:" not in page
    assert "<dt>Letter</dt>" in page
