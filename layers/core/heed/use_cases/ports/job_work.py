"""The ports of the work on jobs: its steps, the files between them, and the executions that run them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

from heed.domain.jobs.job import Job
from heed.domain.jobs.job_phase import JobPhase
from heed.domain.jobs.job_report import JobReport

HasTime = Callable[[], bool]
"""Returns whether the function has time for more work."""
WorkItem = Mapping[str, Any]
"""A part of the work, as JSON. It has no address, because Step Functions keeps it."""


class NextStep(StrEnum):
    """What an execution does next."""

    AGAIN = "again"  # it plans again
    MAP = "map"  # it works on each item of a list, and plans again
    WAIT = "wait"  # it plans again after a minute
    DONE = "done"


class Plan(NamedTuple):
    """The answer of a planning step.

    Attributes:
        next: what the execution does next.
        stage: the stage of the next planning step. A phase begins with stage 0.
        items: the file with the list of items, for MAP.
    """

    next: NextStep
    stage: int = 0
    items: str = ""


class StoppedWork(NamedTuple):
    """What is done of work that stopped: its report, and the first line that may not be done, if known."""

    report: JobReport
    line: int | None


class JobWork(NamedTuple):
    """The work of one phase. Both steps may be repeated, also after they were killed, with the same result.

    Attributes:
        plan: plans the stage of a job. If its time is over, it stores where to go on, and says AGAIN.
        work: works on an item. If its time is over, it raises OutOfTime, and is called again.
        stop: returns what is done, if the work is not undone when it fails or is cancelled. If its time is
            over, it stores where to go on, and returns None.
    """

    plan: Callable[[Job, int, HasTime], Plan]
    work: Callable[[Job, WorkItem, HasTime], None]
    stop: Callable[[Job, HasTime], StoppedWork | None] | None = None


class JobFile(NamedTuple):
    """A file of a job: its name within the job, and its size in bytes."""

    name: str
    size: int


class WorkFiles(Protocol):
    """The files of the work on a job. Their names are `work/…`, or `results/…` for what the caller gets.

    Each method raises StoreUnavailable if the store did not answer.
    """

    def read_upload(self, job: Job, start: int = 0) -> Iterator[bytes]:
        """Yields the uploaded file in chunks, from a byte on.

        Raises:
            DamagedFile: The file is not there any more, or is not the one that the job started with.
        """
        ...

    def put(self, job_id: str, name: str, content: bytes) -> None:
        """Stores a file. It replaces an earlier one."""
        ...

    def get(self, job_id: str, name: str) -> bytes | None:
        """Returns the content of a file, or None."""
        ...

    def get_part(self, job_id: str, name: str, start: int, end: int) -> bytes:
        """Returns the bytes of a file from `start` up to, but not including, `end`. The file has them."""
        ...

    def list_files(self, job_id: str, prefix: str) -> Iterator[JobFile]:
        """Yields the files whose names begin with a prefix, in the order of their names."""
        ...

    def join(
        self, job_id: str, sources: Iterable[JobFile], target: str, place: str, has_time: HasTime
    ) -> int | None:
        """Makes one file of several, in their order, and returns its size in bytes.

        It returns None if its time is over. The next call, with the same sources, goes on.

        Args:
            job_id: id of the job.
            sources: the files.
            target: the name of the new file.
            place: the name of the file that keeps where to go on.
            has_time: returns whether there is time for more work.
        """
        ...


class JobExecutions(Protocol):
    """The executions of the state machine."""

    def start(self, job_id: str, phase: JobPhase, attempt: int) -> None:
        """Starts the execution of an attempt at a phase. If it was started before, nothing changes.

        Raises:
            StoreUnavailable: It is unknown whether it was started. The sweep tries again.
        """
        ...
