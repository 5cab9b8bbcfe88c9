"""Takes back what an import recorded: visits all people in segments, and takes back each stop of the import.

    work/take-back/segments         the list of segments
    work/take-back/segment-<n>      how far a segment is

A step may be repeated at any point. A stop that is taken back already is counted, and not stored again.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass

from heed.domain.errors import OutOfTime
from heed.domain.jobs.import_event import import_taken_back_event
from heed.domain.jobs.job import Job, TakeBack
from heed.domain.jobs.take_back import finish_take_back
from heed.domain.milliseconds import Millis
from heed.domain.preferences.imported_stops import changes_to_take_back, has_import
from heed.domain.preferences.record import Record
from heed.domain.preferences.register import Change
from heed.use_cases.jobs.change_job import change_job
from heed.use_cases.jobs.take_turn import take_turn
from heed.use_cases.ports.import_writes import WritePace, WriterTurn
from heed.use_cases.ports.job_work import HasTime, NextStep, Plan, WorkFiles, WorkItem
from heed.use_cases.ports.jobs import Jobs
from heed.use_cases.ports.ledger import EventPublisher
from heed.use_cases.ports.preferences import Preferences, UnreadableItem
from heed.use_cases.ports.snapshots import PeopleSegments

_SEGMENT_COUNT = 16  # segments in which the people are visited
_VISIT, _ADD_UP = 0, 1  # the stages
_SEGMENTS = "work/take-back/segments"


@dataclass(slots=True)
class _Progress:
    """How far a segment is.

    Attributes:
        after: the recipient id after which the visit goes on; None at the beginning.
        is_done: whether everybody in the segment was visited.
        people: how many of them have a stop of the import.
        unreadable: how many of their records cannot be read.
    """

    after: str | None = None
    is_done: bool = False
    people: int = 0
    unreadable: int = 0


@dataclass(frozen=True, slots=True)
class PlanTakeBack:
    """Plans the segments, and adds up what they report.

    Attributes:
        jobs: the jobs.
        files: the files of the work.
        turn: the turn of the jobs that write records.
        events: publishes that the import was taken back.
        now: returns milliseconds.
    """

    jobs: Jobs
    files: WorkFiles
    turn: WriterTurn
    events: EventPublisher
    now: Callable[[], Millis]

    def __call__(self, job: Job, stage: int, _has_time: HasTime) -> Plan:
        """Plans a stage. If the report of a segment was deleted meanwhile, all segments are visited again.

        Raises:
            DependencyUnavailable, UnreadableRecord: The call has to be repeated.
        """
        if stage == _ADD_UP:
            done = [_load(self.files, job, segment) for segment in range(_SEGMENT_COUNT)]
            if all(progress.is_done for progress in done):
                people, unreadable = sum(p.people for p in done), sum(p.unreadable for p in done)
                self._publish(job, people, unreadable)
                change_job(job.id, lambda current: finish_take_back(current, people, unreadable), self.jobs)
                return Plan(NextStep.DONE)
        if not take_turn(job, self.now(), self.jobs, self.turn):
            return Plan(NextStep.WAIT, _VISIT)
        segments = [{"segment": segment} for segment in range(_SEGMENT_COUNT)]
        self.files.put(job.id, _SEGMENTS, json.dumps(segments).encode())
        return Plan(NextStep.MAP, _ADD_UP, _SEGMENTS)

    def _publish(self, job: Job, people: int, unreadable: int) -> None:
        now, attempt = self.now(), job.taken_back.attempt if job.taken_back else 1
        self.events.publish([import_taken_back_event(job.id, attempt, people, unreadable, now)], now)


@dataclass(frozen=True, slots=True)
class TakeBackSegment:
    """Takes back the stops of the people in one segment.

    Attributes:
        people: all people on record.
        files: the files of the work.
        writes: writes the records, without repeating a failed write.
        pace: paces the writes.
        now: returns milliseconds.
    """

    people: PeopleSegments
    files: WorkFiles
    writes: Preferences
    pace: WritePace
    now: Callable[[], Millis]

    def __call__(self, job: Job, item: WorkItem, has_time: HasTime) -> None:
        """Visits a segment, from where an earlier call stopped.

        Raises:
            OutOfTime: The call has to be repeated.
            DependencyUnavailable, UnreadableRecord: The call has to be repeated.
        """
        segment, take_back = item["segment"], job.taken_back
        progress = _load(self.files, job, segment)
        while take_back and not progress.is_done:
            if not has_time():
                raise OutOfTime("the segment has more people")
            page = self.people.page(segment, _SEGMENT_COUNT, progress.after)
            for recipient, record in page.people:
                if isinstance(record, UnreadableItem):
                    progress.unreadable += 1
                elif has_import(record, job.id):
                    progress.people += 1
                    self._take_back(recipient, record, job.id, take_back, has_time)
            progress.after, progress.is_done = page.last, page.last is None
            self.files.put(job.id, _segment_name(segment), json.dumps(asdict(progress)).encode())

    def _take_back(
        self, recipient: str, record: Record, job_id: str, take_back: TakeBack, has_time: HasTime
    ) -> None:
        def changes(current: Record) -> list[Change]:
            return changes_to_take_back(current, job_id, take_back.key, take_back.reason)

        def write() -> None:
            self.writes.update(recipient, changes, self.now(), record)

        if changes(record):
            self.pace.run(write, has_time)


def _segment_name(segment: int) -> str:
    return f"work/take-back/segment-{segment}"


def _load(files: WorkFiles, job: Job, segment: int) -> _Progress:
    """Returns how far a segment is. Without a report it begins again, because a visit can be repeated."""
    content = files.get(job.id, _segment_name(segment))
    return _Progress(**json.loads(content)) if content else _Progress()
