"""Waits for a job and shows its progress. The job goes on if the command ends before it."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any
from urllib.parse import quote

from heed.domain.errors import HeedError
from heed.domain.jobs.job import JobKind, JobState
from heed.entrypoints.cli import api
from heed.entrypoints.cli.failure import CommandFailure, Exit
from heed.entrypoints.cli.job_transfer import upload_file
from heed.entrypoints.cli.options import CommonOptions
from heed.entrypoints.cli.progress import show_bar
from heed.entrypoints.cli.stack import Stack

_BUSY = (JobState.WAITING, JobState.RUNNING)
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 10.0  # seconds


def path_of_job(job_id: str) -> str:
    """Returns the path of a job."""
    return f"/v1/jobs/{quote(job_id, safe='')}"


def create_job_with_file(stack: Stack, path: str, body: Mapping[str, object], file: IO[bytes]) -> str:
    """Creates a job, and uploads its file. Returns the id of the job."""
    created = api.post_to_api(stack, path, body)
    upload_file(created["upload"], file)
    return str(created["job"])


def watch_job(stack: Stack, job_id: str, common: CommonOptions) -> Mapping[str, Any]:
    """Returns a job as soon as it has ended, or waits for its commit.

    At a terminal it shows the number of rows and the time that is left.
    """
    pause = _FIRST_PAUSE
    with _saying_how_to_come_back(job_id, common), show_bar("rows") as show:
        while (job := api.get_from_api(stack, path_of_job(job_id)))["state"] in _BUSY:
            done, rows = job["done_rows"], job["rows"]
            show(done, rows if rows > done else None)
            time.sleep(pause)
            pause = min(pause * 1.5, _LONGEST_PAUSE)
    return job  # type: ignore[no-any-return]


def exit_of_job(job: Mapping[str, Any]) -> Exit:
    """Returns the exit code of a job that has ended or waits for its commit.

    Raises:
        CommandFailure: The job failed or was cancelled.
    """
    if job["state"] == JobState.CANCELLED:
        raise CommandFailure("the job was cancelled", "run the command again")
    if job["state"] == JobState.FAILED:
        error = job["error"]
        line = f" (line {error['line']})" if "line" in error else ""
        raise CommandFailure(f"the job failed, {error['type']}{line}", error["detail"])
    has_rejects = job["kind"] == JobKind.IMPORT and (job["counts"]["invalid"] or job["counts"]["refused"])
    is_refused = job["state"] == JobState.PREVIEWED and (job["needs_second_owner"] or job["takes_too_long"])
    return Exit.NO if has_rejects or is_refused else Exit.YES


def on_stack(common: CommonOptions) -> str:
    """Returns the option that names the stack of this command, with a space before it."""
    return f" --stack {common.stack}" if common.stack else ""


@contextmanager
def _saying_how_to_come_back(job_id: str, common: CommonOptions) -> Iterator[None]:
    try:
        yield
    except (KeyboardInterrupt, HeedError):
        print(
            f"The job goes on without this command: heed jobs watch {job_id}{on_stack(common)}",
            file=sys.stderr,
        )
        raise
