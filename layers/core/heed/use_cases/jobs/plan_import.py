"""Plans an import: splits its file, has each part decided, and adds up the results. So does its commit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from heed.domain.errors import StoreUnavailable
from heed.domain.imports.import_tally import ImportTally
from heed.domain.imports.job_import import interpret_job
from heed.domain.jobs.import_estimate import estimate_import
from heed.domain.jobs.import_event import import_done_event, import_stopped_event
from heed.domain.jobs.job import Job
from heed.domain.jobs.job_errors import unmapped_topics
from heed.domain.jobs.job_phase import JobPhase, import_phase
from heed.domain.jobs.job_report import JobReport, ResultFile
from heed.domain.milliseconds import Millis
from heed.use_cases.jobs.import_files import (
    add_json,
    joined_place,
    rejects_folder,
    summed_place,
    tally_folder,
)
from heed.use_cases.jobs.report_work import report_end, report_failure, report_preview
from heed.use_cases.jobs.split_upload import PARTS, SplitUpload, load_parts, load_shape
from heed.use_cases.jobs.start_execution import start_execution
from heed.use_cases.jobs.sum_files import sum_files
from heed.use_cases.jobs.take_turn import take_turn
from heed.use_cases.jobs.work_files import part_name
from heed.use_cases.ports.bulk_files import BulkFiles
from heed.use_cases.ports.import_writes import WriterTurn
from heed.use_cases.ports.job_work import HasTime, JobExecutions, NextStep, Plan, WorkFiles
from heed.use_cases.ports.jobs import Jobs
from heed.use_cases.ports.ledger import EventPublisher
from heed.use_cases.ports.preferences import PeopleCount
from heed.use_cases.ports.privacy import Disclosures

_SPLIT, _ADD_UP = 0, 1  # the stages of the preview; the commit needs no split
_REJECTS, _UNKNOWN = "rejects.csv", "unknown.csv"


@dataclass(frozen=True, slots=True)
class PlanImport:
    """Plans a stage of the preview or of the commit.

    Attributes:
        jobs: the jobs.
        files: the files of the work.
        reader: writes the result files.
        split_upload: splits the file.
        people: counts the people on record.
        disclosures: the register of disclosures.
        executions: starts the commit that follows a preview by itself.
        turn: the turn of the jobs that write records.
        events: publishes that the import is done, or stopped.
        rows_a_second: the most rows per second that all writers record.
        now: returns milliseconds.
    """

    jobs: Jobs
    files: WorkFiles
    reader: BulkFiles
    split_upload: SplitUpload
    people: PeopleCount
    disclosures: Disclosures
    executions: JobExecutions
    turn: WriterTurn
    events: EventPublisher
    rows_a_second: int
    now: Callable[[], Millis]

    def __call__(self, job: Job, stage: int, has_time: HasTime) -> Plan:
        """Plans a stage.

        Raises:
            FileRefused: The file cannot be imported.
            DependencyUnavailable, UnreadableRecord: The call has to be repeated.
        """
        phase = import_phase(job)
        if stage == _SPLIT:
            if phase is JobPhase.COMMIT and not take_turn(job, self.now(), self.jobs, self.turn):
                return Plan(NextStep.WAIT, _SPLIT)
            if phase is JobPhase.PREVIEW and not self._split(job, has_time):
                return Plan(NextStep.AGAIN, _SPLIT)
            return Plan(NextStep.MAP, _ADD_UP, PARTS)
        tally = ImportTally()
        names = [tally_folder(phase) + part_name(item["part"]) for item in load_parts(job, self.files)]
        place = summed_place(phase)
        if not sum_files(job.id, names, place, self.files, tally, add_json, ImportTally.to_json, has_time):
            return Plan(NextStep.AGAIN, _ADD_UP)
        files = self._make_files(job, phase, tally, has_time)
        if files is None:
            return Plan(NextStep.AGAIN, _ADD_UP)
        report = self._report(job, tally, files)
        if fault := tally.fault or unmapped_topics(tally.unmapped):
            now = self.now()
            if phase is JobPhase.COMMIT:  # parts of it may be recorded
                self.events.publish([import_stopped_event(job.id, report.counts, now)], now)
            report_failure(job.id, phase, report, fault, now, self.jobs, self.disclosures)
        elif phase is JobPhase.COMMIT:
            now = self.now()
            self.events.publish([import_done_event(job.id, report.counts, now)], now)
            report_end(job.id, report, now, self.jobs, self.disclosures)
        else:
            self._finish_preview(job, report, tally)
        return Plan(NextStep.DONE)

    def _split(self, job: Job, has_time: HasTime) -> bool:
        def recognise(header: Sequence[str]) -> str:
            return interpret_job(job, header).origin.format

        return self.split_upload(job, recognise, has_time)

    def _report(self, job: Job, tally: ImportTally, files: Sequence[ResultFile]) -> JobReport:
        """Returns the report.

        Raises:
            StoreUnavailable: The counts of a part are missing.
        """
        if tally.fault is None and tally.job_counts.total != job.report.rows:
            raise StoreUnavailable("the counts of a part are missing")
        return replace(
            job.report,
            done_rows=tally.job_counts.total,
            counts=tally.job_counts,
            skipped=tally.skipped,
            meanings=tally.word_meanings,
            files=tuple(files),
            against_yes=tally.against_yes,
            invalid_stops=tally.invalid_stops,
        )

    def _make_files(
        self, job: Job, phase: JobPhase, tally: ImportTally, has_time: HasTime
    ) -> list[ResultFile] | None:
        """Makes the result files. It returns None if its time is over: the next call goes on."""
        made = []
        folder = rejects_folder(phase)
        rejects = list(self.files.list_files(job.id, folder))
        if rejects:
            header = self.reader.rejects_header(load_shape(job, self.files))
            self.files.put(job.id, folder + part_name(0), header)
            sources = self.files.list_files(job.id, folder)
            size = self.files.join(job.id, sources, f"results/{_REJECTS}", joined_place(phase), has_time)
            if size is None:
                return None
            made.append(ResultFile(_REJECTS, size))
        if tally.unmapped:
            unknown = self.reader.write_unknown(tally.unmapped)
            self.files.put(job.id, f"results/{_UNKNOWN}", unknown)
            made.append(ResultFile(_UNKNOWN, len(unknown)))
        return made

    def _finish_preview(self, job: Job, report: JobReport, tally: ImportTally) -> None:
        """Stores the preview. An import that was committed from the beginning goes on."""
        estimate = estimate_import(report.rows, tally.changing, self.rows_a_second)
        report, on_record = replace(report, estimate=estimate), self.people.count_people()
        previewed = report_preview(job.id, report, on_record, self.now(), self.jobs, self.disclosures)
        start_execution(previewed, self.executions)
