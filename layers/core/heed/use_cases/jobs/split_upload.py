"""Splits the upload of a job into parts, which are worked on side by side."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from heed.domain.jobs.job import Job, identify_upload, report_progress
from heed.domain.milliseconds import Millis
from heed.use_cases.jobs.change_job import change_job
from heed.use_cases.jobs.work_files import part_name, read_file
from heed.use_cases.ports.bulk_files import BulkFiles, FileShape, PartStart
from heed.use_cases.ports.job_work import HasTime, WorkFiles, WorkItem
from heed.use_cases.ports.jobs import Jobs

PARTS = "work/parts.json"
"""The file with the list of all parts. Each has its number, its start and the number of its rows."""
_SHAPE, _PLACE = "work/shape.json", "work/place.json"
_PARTS_BETWEEN_PLACES = 100


@dataclass(frozen=True, slots=True)
class SplitUpload:
    """Splits an upload, and reports its format, its encoding and the number of its rows."""

    files: WorkFiles
    reader: BulkFiles
    jobs: Jobs
    now: Callable[[], Millis]

    def __call__(self, job: Job, recognise: Callable[[Sequence[str]], str], has_time: HasTime) -> bool:
        """Splits the upload, or goes on where the last call stopped. It returns whether it is at the end.

        Args:
            job: the job.
            recognise: returns the name of the format of a file with these columns, or "".
            has_time: returns whether there is time for another part.

        Raises:
            FileRefused: The file cannot be read.
            DependencyUnavailable: The call has to be repeated.
        """
        self._identify(job)
        place = self._load_place(job)
        if place["is_end"]:
            return True
        file = self.reader.open_upload(
            lambda start: self.files.read_upload(job, start), place["shape"], PartStart(*place["next"])
        )
        place["shape"] = file.shape
        format_name, items = recognise(file.header), place["items"]
        for part in file.parts():
            number = len(items) + 1
            self.files.put(job.id, part_file(number), part.content)
            items.append({"part": number, "start": list(part.start), "rows": part.end.rows - part.start.rows})
            place["next"] = list(part.end)
            if place["encoding"] in ("", "utf-8"):
                place["encoding"] = part.encoding  # a row that is not UTF-8 is reported
            if not has_time():
                self._save_place(job, place)
                return False
            if number % _PARTS_BETWEEN_PLACES == 0:
                self._save_place(job, place)
        self.files.put(job.id, _SHAPE, json.dumps(place["shape"]).encode())
        self.files.put(job.id, PARTS, json.dumps(items).encode())
        rows = sum(item["rows"] for item in items)
        report = replace(job.report, format=format_name, encoding=place["encoding"], rows=rows)
        change_job(job.id, lambda current: report_progress(current, report, self.now()), self.jobs)
        self._save_place(job, {**place, "is_end": True})
        return True

    def _identify(self, job: Job) -> None:
        """Stores the SHA-256 of the upload in the job."""
        if job.upload is not None and not job.upload.digest:
            digest = sha256()
            for chunk in self.files.read_upload(job):
                digest.update(chunk)
            change_job(
                job.id, lambda current: identify_upload(current, digest.hexdigest(), self.now()), self.jobs
            )

    def _load_place(self, job: Job) -> dict[str, Any]:
        content = self.files.get(job.id, _PLACE)
        if content is None:
            return {"shape": None, "encoding": "", "next": PartStart(), "items": [], "is_end": False}
        place: dict[str, Any] = json.loads(content)
        return place

    def _save_place(self, job: Job, place: dict[str, Any]) -> None:
        self.files.put(job.id, _PLACE, json.dumps(place).encode())


def part_file(number: int) -> str:
    """Returns the name of the file with a part."""
    return f"work/parts/{part_name(number)}"


def load_parts(job: Job, files: WorkFiles) -> list[WorkItem]:
    """Returns the list of all parts.

    Raises:
        StoreUnavailable: The list is not there.
    """
    parts: list[WorkItem] = json.loads(read_file(job.id, PARTS, files))
    return parts


def load_part(job: Job, item: WorkItem, files: WorkFiles) -> tuple[FileShape, PartStart, bytes]:
    """Returns the shape of the file, and where a part begins, and its content.

    Raises:
        StoreUnavailable: The part is not there.
    """
    content = read_file(job.id, part_file(item["part"]), files)
    return load_shape(job, files), PartStart(*item["start"]), content


def load_shape(job: Job, files: WorkFiles) -> FileShape:
    """Returns the shape of the file.

    Raises:
        StoreUnavailable: It is not there.
    """
    shape: FileShape = json.loads(read_file(job.id, _SHAPE, files))
    return shape
