"""Reports what an import has applied that was cancelled, or failed, after its commit."""

from __future__ import annotations

from dataclasses import dataclass, replace

from heed.domain.imports.import_tally import ImportTally
from heed.domain.jobs.job import Job
from heed.domain.jobs.job_phase import JobPhase
from heed.use_cases.jobs.import_files import add_json, summed_place, tally_folder
from heed.use_cases.jobs.split_upload import load_parts
from heed.use_cases.jobs.sum_files import sum_files
from heed.use_cases.jobs.work_files import part_name
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
        folder, place = tally_folder(JobPhase.COMMIT), summed_place(JobPhase.COMMIT)
        names = [file.name for file in self.files.list_files(job.id, folder)]
        tally = ImportTally()
        sum_files(job.id, names, place, self.files, tally, add_json, ImportTally.to_json, lambda: True)
        report = replace(
            job.report,
            done_rows=tally.job_counts.total,
            counts=tally.job_counts,
            skipped=tally.skipped,
            meanings=tally.word_meanings,
        )
        done = set(names)
        lines = [
            item["start"][1]
            for item in load_parts(job, self.files)
            if folder + part_name(item["part"]) not in done
        ]
        return StoppedWork(report, lines[0] or None if lines else None)
