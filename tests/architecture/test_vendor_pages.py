"""The pages of vendors agree with the tables of the code."""

from __future__ import annotations

import re
from pathlib import Path

from heed.domain.imports.formats import RowMeaning
from heed.domain.imports.recognition import recognise_format
from heed.entrypoints.cli.commands import heed_group
from tests import vendor_pages
from tests.support.cli_commands import COMMANDS


def test_each_page_of_a_vendor_says_what_the_code_makes_of_its_files() -> None:
    for vendor in vendor_pages.VENDORS:
        page = (vendor_pages.FOLDER / f"{vendor}.md").read_text(encoding="utf-8")
        section = (
            f"## What Heed makes of it\n\n{vendor_pages.describe_formats(vendor)}## What it cannot take\n"
        )
        assert section in page, "run: python -m tests.vendor_pages"


def test_the_index_lists_each_vendor_with_its_formats() -> None:
    index = vendor_pages.INDEX.read_text(encoding="utf-8")
    assert f"## Vendors\n\n{vendor_pages.list_vendors()}\n##" in index, "run: python -m tests.vendor_pages"


def test_the_pages_name_each_meaning_of_a_row() -> None:
    assert set(vendor_pages.BECOMES) == set(RowMeaning)


def test_there_is_a_page_for_each_vendor_and_for_no_other() -> None:
    pages = {path.stem for path in vendor_pages.FOLDER.glob("*.md")}
    assert pages == {*vendor_pages.VENDORS, "README", "other"}


def test_a_list_of_another_system_is_recognised_by_the_columns_that_the_page_gives_it() -> None:
    page = (vendor_pages.FOLDER / "other.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| .+ \| `([\w,]+)`.* \| `([\w-]+)` \|$", page, re.MULTILINE)
    assert len(rows) >= 4
    for columns, name in rows:
        assert recognise_format([*columns.split(","), "first_name"], "list.csv").name == name


def test_the_command_takes_the_options_that_the_pages_name() -> None:
    pages = "".join(path.read_text(encoding="utf-8") for path in vendor_pages.FOLDER.glob("*.md"))
    named = re.findall(r"^- Options: `(.+)`\.$", pages.replace("TIME", "2026-05-01"), re.MULTILINE)
    assert len(named) >= 10
    for options in named:
        arguments = [str(Path(__file__)), "--reference", "May", *options.split()]
        # With its group, because click keeps the help option of a command's first context for all later ones.
        with heed_group.make_context("heed", ["import", *arguments]) as group:
            COMMANDS["import",].make_context("import", arguments, parent=group)
