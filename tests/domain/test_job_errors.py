"""The errors of jobs, and the page that lists them."""

from __future__ import annotations

import re
from pathlib import Path

from heed.domain.errors import FileRefused, UnknownHeader
from heed.domain.jobs.job_errors import (
    FILE_ERRORS,
    NO_PROGRESS,
    NO_UPLOAD,
    WORK_FAILED,
    to_job_error,
    unmapped_topics,
)

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "errors.md"


def test_each_fault_of_a_file_has_a_stable_name() -> None:
    assert set(FILE_ERRORS) == set(FileRefused.__subclasses__())
    assert to_job_error(UnknownHeader("no such columns", 3)).line == 3
    assert to_job_error(UnknownHeader("no such columns"), 4).line == 4


def test_topics_are_named_unless_they_may_be_part_of_an_address() -> None:
    error = unmapped_topics({"News": 1, "joan@example.com": 9})
    assert error is not None
    assert "News" in error.detail and "joan" not in error.detail
    assert unmapped_topics({}) is None


def test_the_page_lists_exactly_the_errors_of_jobs() -> None:
    section = PAGE.read_text().partition("## Errors of a job")[2].partition("\n## ")[0]
    listed = re.findall(r"^\| `([a-z-]+)` \|", section, re.MULTILINE)
    unmapped = unmapped_topics({"News": 1})
    assert unmapped is not None
    others = {error.type for error in (NO_UPLOAD, NO_PROGRESS, WORK_FAILED, unmapped)}
    assert sorted(listed) == sorted({*FILE_ERRORS.values(), *others})
