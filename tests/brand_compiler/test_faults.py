"""The build reports a mistake in the brand with its file and line, and creates no file."""

from __future__ import annotations

from pathlib import Path

import pytest

from brand_compiler.build import compile_command
from brand_compiler.catalogue import MAX_TOPICS
from tests.support.brands import build_brand_with_topics

CATALOGUE = "catalogue.toml"
EN = "locales/en.toml"
DE = "locales/de.toml"
LANDING = "pages/landing.html"

# File, text in it, its replacement, the expected message, and a part of the line that the message names.
MISTAKES = [
    (CATALOGUE, 'de = "Angebote"\n', "", "language `de` is missing in `names`", "[topics.names]"),
    (CATALOGUE, "number = 3", "number = 2", "number 2 is already used", "number = 2"),
    (CATALOGUE, "number = 3", "number = 1", "number 1 is already used", "number = 1"),
    (CATALOGUE, "number = 3", "number = 70000", "from 1 to 65535", "number = 70000"),
    (CATALOGUE, "number = 3", "number = true", "from 1 to 65535", "number = true"),
    (CATALOGUE, "number = 3", "number = 33", "number 3 (marketing meridian/news in) is missing", ""),
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
        'ja = "ニュース"',
        'ja = "ニュース"\nit = "Notizie"',
        "no locales/it.toml",
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
    (DE, 'yes = "Ja"\n', "", "`preferences.yes` is missing", "[preferences]"),
    (DE, 'yes = "Ja"', 'yes = ""', "`preferences.yes` must be a text", 'yes = ""'),
    (DE, 'yes = "Ja"', 'yes = "Ja"\nyess = "Ja"', "unknown key", "yess"),
    (DE, 'stop = "{topic}', 'stop = "{topik}', "unknown placeholder {topik}", "stop = "),
    (DE, 'stop = "{topic} ab', 'stop = "Ab', "placeholder {topic} is missing", "stop = "),
    (DE, 'stop = "{topic} ab', 'stop = "{topic ab', "a brace has no partner", "stop = "),
    (DE, '"Januar", ', "", "twelve", "months = "),
    (DE, "{day}. {month}", "{day}. {mois}", "unknown placeholder {mois}", "date = "),
    (EN, "Stop {topic}", "Stop {topci}", "unknown placeholder {topci}", "{topci}"),
    (LANDING, "{{.lead}}", "{{.laed}}", "no text `landing.laed`", "{{.laed}}"),
    (
        LANDING,
        "{preferences_url}",
        "{preference_url}",
        "unknown placeholder {preference_url}",
        "{preference_url}",
    ),
    (LANDING, "{{> address}}", "{{> adress}}", "no page adress.html", "{{> adress}}"),
    (
        LANDING,
        "{{#if description}}",
        "{{#if describtion}}",
        "unknown placeholder {describtion}",
        "describtion",
    ),
    (LANDING, "{description}</p>{{/if}}", "{description}</p>", "{{#if}} has no end", "description"),
    (LANDING, "{{.lead}}", "{{lead!}}", "cannot read {{lead!}}", "{{lead!}}"),
    (LANDING, "{{.lead}}", "{{#each topic as x}}{{/each}}", "`topic` is not a list", "#each"),
    (LANDING, "{{.lead}}", "{topic|date}", "cannot be formatted as `date`", "{topic|date}"),
    (LANDING, "{{.lead}}", "{policy}", "`policy` is not a text", "{policy}"),
    (LANDING, "{{.lead}}", "{{#if signal == shown}}x{{/if}}", "`signal` is never `shown`", "shown"),
    (LANDING, "{{.lead}}", "{{contact.letter}}", "cannot format this text", "contact.letter"),
    (
        LANDING,
        "{{.lead}}",
        "{{changes[signal]}}",
        "[changes] has no text `none`",
        "changes[signal]",
    ),
    (LANDING, "{{.lead}}", "{{moods[signal]}}", "no section [moods]", "moods[signal]"),
    (LANDING, "<p>{{.lead}}</p>", "", "`landing.lead`: no page uses it", None),
    ("style.css", "body {", "@import 'x.css'; body {", "the pages load nothing", "@import"),
    (
        "style.css",
        "body {",
        "body { background: url(//x.example);",
        "the pages load nothing",
        "url(",
    ),
]


@pytest.mark.threat(
    "W18",
    "A brand's domain contains a line break, which starts another header in each mail.",
    "The build accepts only a host name as a domain.",
)
@pytest.mark.parametrize(
    "domain",
    [
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
    ],
)
def test_a_domain_must_be_a_host_name(
    copy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], domain: str
) -> None:
    text = (copy / CATALOGUE).read_text(encoding="utf-8")
    changed = text.replace('domain = "example.com"', f'domain = "{domain}"')
    assert changed != text
    (copy / CATALOGUE).write_text(changed, encoding="utf-8")
    assert compile_command([str(copy), str(tmp_path / "out")]) == 1
    assert "`domain` must be a lower-case host name" in capsys.readouterr().err


@pytest.mark.parametrize("domain", ["news.example.co.uk", "xn--mller-kva.example", "3m.example"])
def test_each_form_of_a_host_name_is_valid(copy: Path, tmp_path: Path, domain: str) -> None:
    text = (copy / CATALOGUE).read_text(encoding="utf-8")
    changed = text.replace('domain = "example.com"', f'domain = "{domain}"')
    (copy / CATALOGUE).write_text(changed, encoding="utf-8")
    assert compile_command([str(copy), str(tmp_path / "out")]) == 0


@pytest.mark.parametrize(("name", "old", "new", "message", "line_part"), MISTAKES)
def test_a_mistake_is_reported_with_its_file_and_line(
    copy: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    old: str,
    new: str,
    message: str,
    line_part: str | None,
) -> None:
    text = (copy / name).read_text(encoding="utf-8")
    assert old in text
    before, _, after = text.partition(old)
    (copy / name).write_text(before + new + after, encoding="utf-8")

    code = compile_command([str(copy), str(tmp_path / "out")])

    report = capsys.readouterr().err
    assert code == 1
    assert not (tmp_path / "out").exists()
    assert report.count("\n") == 1
    file, line, reported = report.split(":", 2)
    assert message in reported
    if line_part:
        assert file == str(copy / name)
        assert line_part in (copy / name).read_text(encoding="utf-8").splitlines()[int(line) - 1]


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


def test_a_brand_may_have_no_phone(copy: Path, tmp_path: Path) -> None:
    file = copy / CATALOGUE
    text = file.read_text(encoding="utf-8").replace('phone = "+1 555 0100"\n', "")
    file.write_text(text, encoding="utf-8")

    assert compile_command([str(copy), str(tmp_path / "out")]) == 0
    page = (tmp_path / "out" / "pages" / "en" / "neutral.json").read_text(encoding="utf-8")
    assert "tel:" not in page
    assert "<dt>Letter</dt>" in page
