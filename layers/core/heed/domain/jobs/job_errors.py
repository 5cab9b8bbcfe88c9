"""The errors with which a job fails. docs/reference/errors.md lists them."""

from __future__ import annotations

from collections.abc import Mapping

from heed.domain.errors import (
    AmbiguousFormat,
    CatalogueChanged,
    DamagedFile,
    EmptyFile,
    ExportTimeNeeded,
    FileTooLarge,
    MalformedHeader,
    MalformedJson,
    RecordsWithoutMembers,
    ScopeNeeded,
    TooManyUnreadable,
    UnbuildableFilter,
    UnknownFormat,
    UnknownHeader,
    UnsupportedArchive,
    WorkImpossible,
)
from heed.domain.jobs.job_report import MAX_KEPT_WORDS, OTHER_WORDS, JobError, is_safe_word

WORK_ERRORS: dict[type[WorkImpossible], str] = {
    EmptyFile: "empty-file",
    FileTooLarge: "file-too-large",
    DamagedFile: "damaged-file",
    UnsupportedArchive: "unsupported-archive",
    MalformedJson: "malformed-json",
    MalformedHeader: "malformed-header",
    UnknownHeader: "unknown-header",
    AmbiguousFormat: "ambiguous-format",
    UnknownFormat: "unknown-format",
    ExportTimeNeeded: "export-time-needed",
    ScopeNeeded: "scope-needed",
    UnbuildableFilter: "unbuildable-filter",
    CatalogueChanged: "catalogue-changed",
    RecordsWithoutMembers: "records-without-members",
    TooManyUnreadable: "too-many-unreadable",
}
"""The stable name of each failure of the work."""
NO_UPLOAD = JobError("no-upload", "No file was uploaded within a day.")
NO_PROGRESS = JobError("stopped", "The work made no progress for a day.")
IMPORT_CANCELLED = JobError("cancelled", "The import was cancelled after its commit.", line=1)
IMPORT_STALLED = JobError("stopped", "The work made no progress for a day, after the commit.", line=1)
WORK_FAILED = JobError("stopped", "The work failed again and again. An operator has to look at it.")


def to_job_error(error: WorkImpossible, line: int | None = None) -> JobError:
    """Returns the error of a job whose work cannot succeed.

    Args:
        error: the failure.
        line: the physical line, if the failure does not name it.
    """
    return JobError(WORK_ERRORS[type(error)], error.detail, error.line or line)


def unmapped_topics(topics: Mapping[str, int]) -> JobError | None:
    """Returns the error of an import whose file has topics for which the caller named no scope; None if not.

    It has the names that may be kept. The names that a tally keeps are in the result file `unknown.csv`.

    Args:
        topics: the number of rows of each topic.
    """
    if not topics:
        return None
    ordered = sorted(topics, key=lambda name: (-topics[name], name))
    shown = [name for name in ordered if is_safe_word(name) and name != OTHER_WORDS]
    names = ", ".join(shown[:MAX_KEPT_WORDS])
    return JobError("unmapped-topics", f"Name the scope of each topic of the file: {names or 'unknown.csv'}")
