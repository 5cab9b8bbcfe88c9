"""Reports what an import has applied that was cancelled, or failed, after its commit."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from heed.domain.errors import StoreUnavailable
from heed.domain.imports.import_tally import ImportTally
from heed.domain.jobs.import_event import import_stopped_event
from heed.domain.jobs.job import Job
from heed.domain.jobs.job_phase import JobPhase
from heed.domain.milliseconds import Millis
from heed.use_cases.jobs.import_files import add_json, summed_place, tally_folder
from heed.use_cases.jobs.split_upload import PARTS
from heed.use_cases.jobs.sum_files import sum_files
from heed.use_cases.jobs.work_files import part_name
from heed.use_cases.ports.job_work import HasTime, StoppedWork, WorkFiles, WorkItem
from heed.use_cases.ports.ledger import EventPublisher

_FOLDER, _PLACE = tally_folder(JobPhase.COMMIT), summed_place(JobPhase.COMMIT)


@dataclass(frozen=True, slots=True)
class ReportStoppedImport:
    """Adds up the counts of the parts that are done. Rows of other parts may be applied, too.

    Attributes:
        files: the files of the work.
        events: publishes that the import stopped.
        now: returns milliseconds.
    """

    files: WorkFiles
    events: EventPublisher
    now: Callable[[], Millis]

    def __call__(self, job: Job, has_time: HasTime) -> StoppedWork | None:
        """Returns the report, and the first line that may not be applied.

        If its time is over, it stores where to go on, and returns None.

        Raises:
            StoreUnavailable: The files of the work could not be read, or a part was finished meanwhile.
            BusUnavailable: It is unknown whether the event was published.
        """
        done = [file.name for file in self.files.list_files(job.id, _FOLDER)]
        tally = ImportTally()
        if not sum_files(job.id, done, _PLACE, self.files, tally, add_json, ImportTally.to_json, has_time):
            return None
        line = self._first_line(job, set(done), tally)
        report = replace(
            job.report,
            done_rows=tally.job_counts.total,
            counts=tally.job_counts,
            skipped=tally.skipped,
            meanings=tally.word_meanings,
        )
        now = self.now()
        self.events.publish([import_stopped_event(job.id, report.counts, now)], now)
        return StoppedWork(report, line)

    def _first_line(self, job: Job, done: Collection[str], tally: ImportTally) -> int | None:
        """Returns the first line that may not be applied.

        A day after its last progress, the list of the parts may be deleted. Then no line is certain.
        """
        content = self.files.get(job.id, PARTS)
        if content is None:
            return 1
        parts: list[WorkItem] = json.loads(content)
        names = {_FOLDER + part_name(item["part"]): item for item in parts}
        if tally.job_counts.total != sum(item["rows"] for name, item in names.items() if name in done):
            self.files.put(job.id, _PLACE, b"")  # the next call adds up all parts
            raise StoreUnavailable("a part was finished meanwhile")
        lines = [item["start"][1] for name, item in names.items() if name not in done]
        return lines[0] if lines else None
