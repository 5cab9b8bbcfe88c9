"""`catalogue.lock`: the meaning of a number never changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from brand_compiler import lock
from brand_compiler.__main__ import brand_command
from brand_compiler.build import compile_command
from brand_compiler.sources import LOCK_FILE

NEW = """
[[topics]]
number = 8
name = "straps"
brand = 1
kind = "marketing"
default = "in"
follows = 2
names = { en = "Straps", de = "Bänder" }
descriptions = { en = "Straps", de = "Bänder" }

"""


def _edit(copy: Path, old: str, new: str) -> None:
    file = copy / "catalogue.toml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def _build(copy: Path) -> int:
    return compile_command([str(copy), str(copy / "out")])


def _lock(copy: Path) -> int:
    return brand_command([str(copy), "--preview", str(copy / "out")])


def test_the_lock_has_all_numbers_of_the_catalogue(source: Path, data: dict[str, Any]) -> None:
    locked = (source / LOCK_FILE).read_text(encoding="utf-8").splitlines()[1:]

    assert locked == [f"{number} {meaning}" for number, meaning in lock.describe_numbers(data).items()]


def test_a_new_number_is_refused_until_it_is_locked(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _edit(copy, "# The page shows in full", NEW + "# The page shows in full")
    assert _build(copy) == 1
    assert "number 8 is new" in capsys.readouterr().err

    assert _lock(copy) == 0

    assert _build(copy) == 0
    assert "8 marketing meridian/straps in\n" in (copy / LOCK_FILE).read_text(encoding="utf-8")


def test_a_damaged_lock_is_refused(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = copy / LOCK_FILE
    file.write_text(file.read_text(encoding="utf-8").replace("3 marketing", "3marketing"), encoding="utf-8")

    damaged = file.read_bytes()
    assert _lock(copy) == 1

    assert file.read_bytes() == damaged
    assert _build(copy) == 1
    assert f"{file}:4: this line is damaged" in capsys.readouterr().err


def test_locking_never_changes_an_existing_line(copy: Path) -> None:
    before = (copy / LOCK_FILE).read_text(encoding="utf-8")
    _edit(copy, 'name = "news"', 'name = "stories"')

    assert _lock(copy) == 1

    assert (copy / LOCK_FILE).read_text(encoding="utf-8") == before
    assert _build(copy) == 1


def test_a_retired_topic_keeps_its_number(copy: Path) -> None:
    _edit(copy, 'name = "news"', 'name = "news"\nretired = true')

    assert _build(copy) == 0


def test_the_title_of_a_topic_may_change(copy: Path) -> None:
    _edit(copy, 'en = "News"', 'en = "Letters from the workshop"')

    assert _build(copy) == 0


def test_a_catalogue_with_a_mistake_does_not_change_the_lock(copy: Path) -> None:
    before = (copy / LOCK_FILE).read_text(encoding="utf-8")
    _edit(copy, "number = 3", "number = 2")

    assert _lock(copy) == 1

    assert (copy / LOCK_FILE).read_text(encoding="utf-8") == before
