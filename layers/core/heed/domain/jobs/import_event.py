"""The event about a whole import. The events of its people are apart, and may be millions."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from hashlib import sha256

from heed.domain import rfc3339
from heed.domain.jobs.job_report import JobCounts
from heed.domain.milliseconds import Millis


class ImportEventType(StrEnum):
    """The type of an event about an import."""

    IMPORT_DONE = "Import Done"


@dataclass(frozen=True, slots=True)
class ImportEvent:
    """An event about an import. It names nobody.

    Attributes:
        type: the type of the event.
        detail: `id`, `job`, `state`, `at`, and counts.
    """

    type: ImportEventType
    detail: dict[str, str | int]


def import_done_event(job_id: str, counts: JobCounts, at: Millis) -> ImportEvent:
    """Returns the event of an import that was recorded to its end. A repetition has the same id."""
    return _event(job_id, "done", at, asdict(counts))


def import_stopped_event(job_id: str, counts: JobCounts, at: Millis) -> ImportEvent:
    """Returns the event of an import that was cancelled, or failed, after its commit.

    A repetition has the same id. Its counts may be greater: a part that was under way may be done meanwhile.
    """
    return _event(job_id, "stopped", at, asdict(counts))


def import_taken_back_event(
    job_id: str, attempt: int, people: int, unreadable: int, at: Millis
) -> ImportEvent:
    """Returns the event of an import that was taken back. A repetition has the same id.

    Args:
        job_id: id of the import.
        attempt: the number of the attempt to take it back.
        people: the number of people whose stops were taken back.
        unreadable: the number of people whose records could not be read.
        at: when it was done, milliseconds.
    """
    return _event(job_id, "taken-back", at, {"people": people, "unreadable": unreadable}, attempt)


def _event(job_id: str, state: str, at: Millis, counts: dict[str, int], attempt: int = 1) -> ImportEvent:
    event_id = sha256(f"heed event {job_id} {state} {attempt}".encode()).hexdigest()[:32]
    about = {"id": event_id, "job": job_id, "state": state, "at": rfc3339.format_time(at)}
    return ImportEvent(ImportEventType.IMPORT_DONE, {**about, **counts})
