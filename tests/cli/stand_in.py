"""A replacement of the state machine: it does no work, and reports what a test wants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from heed.domain.jobs.job import JobError, fail_job
from heed.domain.jobs.job_phase import JobPhase
from heed.domain.jobs.job_report import ResultFile
from heed.override import override
from heed.use_cases.jobs.change_job import change_job
from heed.use_cases.jobs.report_work import report_end, report_preview
from heed.use_cases.ports.job_work import JobExecutions
from tests.support.aws_calls import outside_handlers
from tests.support.deployment import NOW, client, parts
from tests.support.jobs import ON_RECORD, SMALL_REPORT


class ReportingMachine(JobExecutions):
    """Ends each phase at once.

    Attributes:
        report: what it reports, without the files.
        files: the content of the result files by name.
        error: why it fails each job, or None.
        is_stuck: whether it never ends.
        uploads: the uploaded files, in order.
    """

    def __init__(self) -> None:
        self.report = SMALL_REPORT
        self.files: Mapping[str, bytes] = {}
        self.error: JobError | None = None
        self.is_stuck = False
        self.uploads: list[bytes] = []

    @override
    def start(self, job_id: str, phase: JobPhase) -> None:
        with outside_handlers():
            self._work(job_id, phase)

    def _work(self, job_id: str, phase: JobPhase) -> None:
        s3 = client("s3")
        if phase is not JobPhase.COMMIT:
            self.uploads.append(s3.get_object(Bucket="bulk", Key=f"{job_id}/upload")["Body"].read())
        if self.is_stuck:
            return
        heed, error = parts(), self.error
        if error is not None:
            change_job(job_id, lambda job: fail_job(job, error, NOW), heed.jobs)
            return
        for name, content in self.files.items():
            s3.put_object(Bucket="bulk", Key=f"{job_id}/results/{name}", Body=content)
        files = tuple(ResultFile(name, len(content)) for name, content in self.files.items())
        report = replace(self.report, files=files)
        if phase is JobPhase.PREVIEW:
            report_preview(job_id, report, ON_RECORD, NOW, heed.jobs, heed.disclosures)
        else:
            report_end(job_id, report, NOW, heed.jobs, heed.disclosures)
