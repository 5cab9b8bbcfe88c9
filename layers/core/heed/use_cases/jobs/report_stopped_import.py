"""Reports what an import has applied that was cancelled, or failed, after its commit."""

from __future__ import annotations

from dataclasses import dataclass, replace

from heed.domain.jobs.job import Job
from heed.domain.jobs.job_phase import JobPhase
from heed.use_cases.jobs.import_files import add_up, part_name, tally_folder
from heed.use_cases.jobs.split_upload import load_parts
from heed.use_cases.ports.job_work import StoppedWork, WorkFiles


@dataclass(frozen=True, slots=True)
class ReportStoppedImport:
    """Adds up the counts of the parts that are done. Rows of other parts may be applied, too."""

    files: WorkFiles

    def __call__(self, job: Job) -> StoppedWork:
        """Returns the report, and the first line that may not be applied.

        Raises:
            StoreUnavailable: The files of the work could not be read.
        """
        folder = tally_folder(JobPhase.COMMIT)
        done = list(self.files.list_files(job.id, folder))
        names = {file.name for file in done}
        tally = add_up(job, done, self.files)
        report = replace(
            job.report,
            done_rows=tally.job_counts.total,
            counts=tally.job_counts,
            skipped=tally.skipped,
            meanings=tally.word_meanings,
        )
        lines = [
            item["start"][1]
            for item in load_parts(job, self.files)
            if folder + part_name(item["part"]) not in names
        ]
        return StoppedWork(report, lines[0] or None if lines else None)
