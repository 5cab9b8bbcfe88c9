"""The ports of the use cases about jobs: the stored jobs, and their files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol

from heed.domain.jobs.job import Job, JobKind, Upload
from heed.domain.milliseconds import Millis


class JobPosition(NamedTuple):
    """The place of a job in a list. A list begins with the newest job."""

    created_at: Millis
    id: str


class SignedUrl(NamedTuple):
    """A URL with a signature, the headers that a request to it needs, and its end in milliseconds."""

    url: str
    headers: dict[str, str]
    expires_at: Millis


class Jobs(Protocol):
    """The jobs."""

    def add(self, job: Job) -> None:
        """Stores a new job.

        Raises:
            StoreUnavailable: It is unknown whether the job was stored.
        """
        ...

    def find(self, job_id: str) -> Job | None:
        """Returns the job with this id, or None.

        Raises:
            StoreUnavailable: The store did not answer.
            UnreadableRecord: The stored job is not readable.
        """
        ...

    def replace(self, current: Job, changed: Job) -> bool:
        """Stores a changed job, if the stored job is still the current one. Returns whether it was.

        Raises:
            StoreUnavailable: It is unknown whether the job was stored.
        """
        ...

    def of_owner(self, owner: str, kind: JobKind, after: JobPosition | None = None) -> Iterator[Job]:
        """Yields the jobs of an owner and a kind, the newest first. It lags behind by a moment.

        An unreadable job is left out, and `find` reports it.

        Args:
            owner: the owner, in the canonical spelling.
            kind: the kind of the jobs.
            after: the position after which the list begins; None: it begins with the newest job.

        Raises:
            StoreUnavailable: Not all jobs could be read.
        """
        ...

    def open_ids(self) -> Iterator[str]:
        """Yields the ids of the jobs that may still have files, the oldest first. It lags behind by a moment.

        Raises:
            StoreUnavailable: Not all ids could be read.
        """
        ...

    def reopen(self, job: Job) -> None:
        """Puts a job back into `open_ids`, because new work makes new files. A second call changes nothing.

        Raises:
            StoreUnavailable: It is unknown whether the job was put back.
        """
        ...

    def close(self, job_id: str) -> None:
        """Removes a job without files from `open_ids`. A second call changes nothing.

        Raises:
            StoreUnavailable: It is unknown whether the job was removed.
        """
        ...


class JobFiles(Protocol):
    """The files of the jobs: the uploads and the results. What nobody deletes is deleted by time."""

    def upload_url(self, job_id: str, now: Millis) -> SignedUrl:
        """Returns a URL for one upload of one file."""
        ...

    def result_url(self, job_id: str, name: str, now: Millis) -> SignedUrl:
        """Returns a URL that reads a result file."""
        ...

    def find_upload(self, job_id: str) -> Upload | None:
        """Returns the uploaded file, or None.

        Raises:
            StoreUnavailable: The store did not answer.
        """
        ...

    def delete_all(self, job_id: str) -> None:
        """Deletes all files of a job. A second call changes nothing.

        Raises:
            StoreUnavailable: It is unknown whether all files were deleted.
        """
        ...
