"""The errors of jobs, and the page that lists them."""

from __future__ import annotations

import re
from pathlib import Path

from heed.domain.errors import FileRefused, UnknownHeader, WorkImpossible
from heed.domain.jobs.job_errors import (
    IMPORT_CANCELLED,
    NO_PROGRESS,
    NO_UPLOAD,
    WORK_ERRORS,
    WORK_FAILED,
    to_job_error,
    unmapped_topics,
)

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "errors.md"


def test_each_failure_of_the_work_has_a_stable_name() -> None:
    kinds = {*FileRefused.__subclasses__(), *WorkImpossible.__subclasses__()}
    assert set(WORK_ERRORS) == kinds - {FileRefused}
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
    others = {error.type for error in (NO_UPLOAD, NO_PROGRESS, WORK_FAILED, IMPORT_CANCELLED, unmapped)}
    assert sorted(listed) == sorted({*WORK_ERRORS.values(), *others})
