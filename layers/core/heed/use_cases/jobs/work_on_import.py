"""Works on one part of an import: decides each row and, after the commit, records it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple, assert_never

from heed.domain.errors import ExportTimeNeeded
from heed.domain.imports.import_tally import ImportTally
from heed.domain.imports.imported_changes import RowDecision, RowResult, decide_row
from heed.domain.imports.interpretation import (
    ImportedStop,
    ImportSettings,
    InvalidRow,
    RefusedRow,
    SkippedRow,
    StopRow,
    UnmappedRow,
    interpret_row,
)
from heed.domain.imports.job_import import JobImport, interpret_job
from heed.domain.jobs.job import Job
from heed.domain.jobs.job_errors import to_job_error
from heed.domain.jobs.job_phase import import_phase
from heed.domain.milliseconds import Millis
from heed.domain.numbers.counted_event import column_of_stop
from heed.domain.numbers.numbers import CountedKey, NumberColumn, NumberGrouping
from heed.domain.preferences.catalogue import Catalogue
from heed.domain.preferences.record import Record
from heed.domain.preferences.register import DAY_MS, Source
from heed.domain.recipients.recipient import recipient_id
from heed.use_cases.jobs.import_files import rejects_folder, tally_folder
from heed.use_cases.jobs.report_work import report_part
from heed.use_cases.jobs.split_upload import load_part
from heed.use_cases.jobs.work_files import part_name
from heed.use_cases.ports.bulk_files import BulkFiles, FileRecord
from heed.use_cases.ports.import_writes import WritePace
from heed.use_cases.ports.job_work import HasTime, WorkFiles, WorkItem
from heed.use_cases.ports.jobs import Jobs
from heed.use_cases.ports.keys import IdentityKey
from heed.use_cases.ports.numbers import Numbers
from heed.use_cases.ports.preferences import Preferences, UnreadableItem

_PEOPLE_AT_A_TIME = 100  # whose records are read by one request, just before they are written


class _Stop(NamedTuple):
    """A row about a person."""

    record: FileRecord
    recipient: str
    stops: tuple[ImportedStop, ...]


@dataclass(frozen=True, slots=True)
class WorkOnImport:
    """Works on a part. Its counts and its rejected rows are stored when all of it is done.

    Attributes:
        jobs: the jobs.
        files: the files of the work.
        reader: reads the part.
        key: the key of recipient ids.
        preferences: reads the records.
        writes: writes the records, without repeating a failed write.
        pace: paces the writes.
        catalogue: the brands and topics.
        numbers: counts the stops of the rows that are applied.
        now: returns milliseconds.
    """

    jobs: Jobs
    files: WorkFiles
    reader: BulkFiles
    key: IdentityKey
    preferences: Preferences
    writes: Preferences
    pace: WritePace
    catalogue: Catalogue
    numbers: Numbers
    now: Callable[[], Millis]

    def __call__(self, job: Job, item: WorkItem, has_time: HasTime) -> None:
        """Works on a part. A second call records nothing twice, and has the same counts.

        Raises:
            OutOfTime: The call has to be repeated.
            DependencyUnavailable, UnreadableRecord: The call has to be repeated.
        """
        file = self.reader.open_part(*load_part(job, item, self.files))
        plan = interpret_job(job, file.header)
        tally, rejected = ImportTally(), list[tuple[FileRecord, str]]()
        stops = Counter[NumberColumn]()
        rows = self._interpret(file.records(), plan.settings, tally, rejected)
        while people := list(islice(rows, _PEOPLE_AT_A_TIME)):
            records = dict(self.preferences.read_many(row.recipient for row in people))
            for row in people:
                record = records[row.recipient]
                if isinstance(record, UnreadableItem):
                    tally.reject("refused")
                    rejected.append((row.record, "unreadable"))
                    continue
                decision = self._decide(record, row, plan)
                tally.counts[decision.result.value] += 1
                tally.changing += bool(decision.changes)
                tally.against_yes += decision.is_against_yes
                if decision.result is RowResult.APPLIED:
                    stops.update(column_of_stop(stop.register.kind) for stop in row.stops)
                if decision.changes and job.is_applying:
                    records[row.recipient] = self._write(record, row, plan, has_time)
        if stops and job.is_applying:
            self._count(job, item, stops)
        self._store(job, item, tally, rejected)

    def _count(self, job: Job, item: WorkItem, stops: Counter[NumberColumn]) -> None:
        """Counts the stops of the part. The bus has an event of each, too, which is not counted."""
        now = self.now()
        imported = CountedKey(NumberGrouping.SOURCE, Source.IMPORT.value)
        self.numbers.count(f"import#{job.id}#{item['part']}", now // DAY_MS, {imported: stops}, now)

    def _interpret(
        self,
        records: Iterator[FileRecord],
        settings: ImportSettings,
        tally: ImportTally,
        rejected: list[tuple[FileRecord, str]],
    ) -> Iterator[_Stop]:
        """Yields the rows about people, and counts all others."""
        identity = self.key.identity_key()
        for record in records:
            if record.fault:
                tally.reject("invalid", invalid_stops=1)
                rejected.append((record, record.fault))
                continue
            try:
                outcome = interpret_row(record.fields, settings)
            except ExportTimeNeeded as error:
                tally.fault = to_job_error(error, record.line)
                return
            match outcome:
                case StopRow(address, stops):
                    tally.meanings.update(stop.finding for stop in stops)
                    yield _Stop(record, recipient_id(identity, address), stops)
                case SkippedRow(finding):
                    tally.counts["skipped"] += 1
                    tally.skipped[finding.meaning.value] += 1
                    if finding.word:
                        tally.meanings[finding] += 1
                case RefusedRow(reason):
                    tally.reject("refused")
                    rejected.append((record, reason))
                case InvalidRow(reason):
                    tally.reject("invalid", invalid_stops=1)
                    rejected.append((record, reason))
                case UnmappedRow(topics):
                    tally.reject("refused")
                    tally.count_topics(Counter(topics))
                    rejected.append((record, "unmapped-topic"))
                case _:
                    assert_never(outcome)

    def _decide(self, record: Record, row: _Stop, plan: JobImport) -> RowDecision:
        return decide_row(record, row.stops, plan.origin, plan.undated, self.catalogue, self.now())

    def _write(self, record: Record, row: _Stop, plan: JobImport, has_time: HasTime) -> Record:
        """Records a row, and returns the record after it."""
        after = record

        def write() -> None:
            nonlocal after
            after = self.writes.update(
                row.recipient,
                lambda current: self._decide(current, row, plan).changes,
                self.now(),
                record,
            ).after

        self.pace.run(write, has_time)
        return after

    def _store(
        self, job: Job, item: WorkItem, tally: ImportTally, rejected: list[tuple[FileRecord, str]]
    ) -> None:
        phase = import_phase(job)
        if rejected:
            rejects = self.reader.write_rejects(sorted(rejected, key=lambda reject: reject[0].line))
            self.files.put(job.id, rejects_folder(phase) + part_name(item["part"]), rejects)
        counts = json.dumps(tally.to_json()).encode()
        self.files.put(job.id, tally_folder(phase) + part_name(item["part"]), counts)
        report_part(job, item["start"][-1] + item["rows"], self.now(), self.jobs)
