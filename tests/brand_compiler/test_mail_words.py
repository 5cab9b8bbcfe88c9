"""The build checks the words by which mails are read, and names each mistake with its file and line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from brand_compiler.build import compile_command
from heed.domain.mailbox.mail_words import MailWords

EN = "mail/en.toml"
MISTAKES = [
    ("reach = 7", "reach = 0", "`reach` must be a number", "reach = 0"),
    ("reach = 7", 'reach = 7\nreech = "x"', "unknown key `reech`", "reech"),
    ("[access]", "[axess]", "unknown key `axess`", "[axess]"),
    ("[access]\nphrases", "[access]\nfrases", "`phrases` is missing", "[access]"),
    ('wrote = ["wrote"', 'wrote = ["{nothing} wrote"', "there is no `nothing` in [words]", "wrote = "),
    ('wrote = ["wrote"', 'wrote = ["{mail wrote"', "a class of words is a name in braces", "wrote = "),
    ('wrote = ["wrote"', 'wrote = ["- wrote"', "an item has no word", "wrote = "),
    ('wrote = ["wrote"', 'wrote = ["", "wrote"', "must be a list of texts", "wrote = "),
]


@pytest.mark.parametrize(("text", "replacement", "message", "line"), MISTAKES)
def test_a_mistake_is_reported_with_its_line(
    copy: Path, capsys: pytest.CaptureFixture[str], text: str, replacement: str, message: str, line: str
) -> None:
    file = copy / EN
    source = file.read_text(encoding="utf-8")
    assert text in source
    file.write_text(source.replace(text, replacement, 1), encoding="utf-8")

    assert compile_command([str(copy), str(copy / "out")]) == 1

    lines = file.read_text(encoding="utf-8").splitlines()
    faults = capsys.readouterr().err.splitlines()
    found = [fault for fault in faults if message in fault]
    assert len(found) == 1
    number = int(found[0].removeprefix(f"{file}:").partition(":")[0])
    assert line in lines[number - 1]


def test_the_domain_reads_the_compiled_words(source: Path, tmp_path: Path) -> None:
    assert compile_command([str(source), str(tmp_path)]) == 0
    data = json.loads((tmp_path / "mail_words.json").read_text(encoding="utf-8"))

    words = MailWords.from_document(data)

    assert len(words.phrases) == 13
    assert {"from", "von", "de", "差出人"} <= words.headers


def test_a_topic_has_its_names_and_the_words_of_the_file(source: Path, tmp_path: Path) -> None:
    assert compile_command([str(source), str(tmp_path)]) == 0
    topics = json.loads((tmp_path / "mail_words.json").read_text(encoding="utf-8"))["topics"]

    assert topics.keys() == {"offers", "news", "events", "research"}
    assert {"Offers", "Angebote", "discount*"} <= set(topics["offers"])


def test_a_brand_without_words_for_mails_is_complete(copy: Path) -> None:
    for file in (copy / "mail").iterdir():
        file.unlink()

    assert compile_command([str(copy), str(copy / "out")]) == 0
