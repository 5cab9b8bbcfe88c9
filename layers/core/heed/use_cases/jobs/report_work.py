"""Stores what the work on a job reports, and enters it in the register of disclosures."""

from __future__ import annotations

from collections.abc import Callable

from heed.domain.jobs.job import Job, fail_job, finish_job, finish_preview, report_progress
from heed.domain.jobs.job_phase import JobPhase, current_phase, in_phase
from heed.domain.jobs.job_report import JobError, JobReport
from heed.domain.milliseconds import Millis
from heed.domain.privacy.disclosure import DisclosureDetails
from heed.use_cases.jobs.change_job import change_job
from heed.use_cases.ports.jobs import Jobs
from heed.use_cases.ports.privacy import Disclosures


def report_preview(
    job_id: str, report: JobReport, on_record: int, now: Millis, jobs: Jobs, disclosures: Disclosures
) -> Job:
    """Stores the preview of an import. Its counts reveal what is on record, so it is a disclosure.

    Args:
        job_id: id of the job.
        report: what the import would do.
        on_record: the number of people on record.
        now: milliseconds.
        jobs: the jobs.
        disclosures: the register of disclosures.

    Raises:
        NotFound: No job has this id.
        DependencyUnavailable, UnreadableRecord: It is unknown whether the preview was stored.
    """
    return _report(job_id, lambda job: finish_preview(job, report, on_record, now), now, jobs, disclosures)


def report_end(job_id: str, report: JobReport, now: Millis, jobs: Jobs, disclosures: Disclosures) -> Job:
    """Stores the result of a job that is done. From now on, a caller can read its files.

    Raises:
        NotFound: No job has this id.
        DependencyUnavailable, UnreadableRecord: It is unknown whether the result was stored.
    """
    return _report(job_id, lambda job: finish_job(job, report, now), now, jobs, disclosures)


def report_failure(
    job_id: str,
    phase: JobPhase,
    report: JobReport,
    error: JobError,
    now: Millis,
    jobs: Jobs,
    disclosures: Disclosures,
) -> Job:
    """Fails a job, and stores its report. Its counts reveal what is on record, as those of a preview do.

    Args:
        job_id: id of the job.
        phase: the phase of the work. A job that is in another phase meanwhile stays as it is.
        report: what the work found.
        error: why it failed.
        now: milliseconds.
        jobs: the jobs.
        disclosures: the register of disclosures.

    Raises:
        NotFound: No job has this id.
        DependencyUnavailable, UnreadableRecord: It is unknown whether the failure was stored.
    """

    def step(current: Job) -> Job:
        return fail_job(report_progress(current, report, now), error, now)

    return _report(job_id, in_phase(phase, step), now, jobs, disclosures)


def report_part(job: Job, done_rows: int, now: Millis, jobs: Jobs) -> None:
    """Stores the progress after a part. A job that is in another phase meanwhile stays as it is.

    Args:
        job: the job, as it was when the work on the part began.
        done_rows: the number of rows of the file up to the end of the part.
        now: milliseconds.
        jobs: the jobs.

    Raises:
        NotFound: No job has this id.
        DependencyUnavailable, UnreadableRecord: It is unknown whether the progress was stored.
    """

    def step(current: Job) -> Job:
        return report_progress(current, current.report.with_progress(done_rows), now)

    change_job(job.id, in_phase(current_phase(job), step), jobs)


def _report(
    job_id: str, step: Callable[[Job], Job], now: Millis, jobs: Jobs, disclosures: Disclosures
) -> Job:
    """Makes a step. Only a step that changes the job is entered in the register."""

    def enter(job: Job) -> Job:
        changed = step(job)
        if changed != job:
            people = changed.report.counts.people
            disclosures.append(DisclosureDetails(now, job.kind.value, job.purpose, people, job.created.key))
        return changed

    return change_job(job_id, enter, jobs)
