"""Each check of the doctor has a section in docs/doctor.md, and each section a check."""

from __future__ import annotations

import re
from pathlib import Path

from heed.doctor.findings import CheckName, failed

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "doctor.md").read_text("utf-8")


def test_each_check_has_a_section_and_each_section_a_check() -> None:
    assert re.findall(r"^### (.+)$", PAGE, re.MULTILINE) == [name.value for name in CheckName]


def test_each_section_says_how_to_mend_it() -> None:
    sections = re.split(r"^### .+$", PAGE, flags=re.MULTILINE)[1:]

    assert [section for section in sections if "**Mend:**" not in section] == []


def test_a_finding_names_its_section() -> None:
    finding = failed(CheckName.DKIM_KEY, "no key", "publish it")

    assert finding.see == "docs/doctor.md#dkim-key"
    assert (ROOT / finding.see.partition("#")[0]).is_file()
