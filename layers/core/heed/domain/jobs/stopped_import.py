"""An import that was cancelled, or failed, after its commit: what it has applied stays."""

from __future__ import annotations

from dataclasses import replace

from heed.domain.jobs.job import Job
from heed.domain.jobs.job_errors import IMPORT_CANCELLED
from heed.domain.jobs.job_report import JobReport


def report_stop(job: Job, report: JobReport, line: int | None) -> Job:
    """Returns the import with what is applied at least. A second report of the same changes nothing.

    Args:
        job: an import that was cancelled or failed.
        report: the counts of the parts that are done. Rows of other parts may be applied, too.
        line: the first line that may not be applied; None if there is none.
    """
    error = job.error or IMPORT_CANCELLED
    return replace(job, report=report, error=replace(error, line=error.line or line))
