"""`heed jobs`: what you do with bulk work on files: list, show, watch, save, commit, cancel, take back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import rich_click as click

from heed.domain.jobs.job import JobKind
from heed.entrypoints.cli import api, options, output
from heed.entrypoints.cli.command import HeedGroup, command
from heed.entrypoints.cli.failure import Exit
from heed.entrypoints.cli.file_arguments import force_option
from heed.entrypoints.cli.find_stack import find_stack
from heed.entrypoints.cli.job_output import print_files, print_job
from heed.entrypoints.cli.job_transfer import save_result
from heed.entrypoints.cli.job_watch import exit_of_job, path_of_job, watch_job
from heed.entrypoints.cli.stack import Stack

_COLUMNS = ("created_at", "job", "kind", "state", "rows", "done_rows")
_job_argument = click.argument("job", metavar="ID", help="The id of the job, as heed jobs list prints it.")


@command("list", "heed jobs list", "heed jobs list --kind import")
@options.choice_option("--kind", JobKind, help="Only jobs of this kind.")
@options.common_options
def list_own_jobs(common: options.CommonOptions, kind: str | None) -> Exit:
    """List the jobs of the owner of your API key, the newest first.

    With --json: all jobs, as GET /v1/jobs answers.
    """
    rows = [row for page in _read_pages(find_stack(common.stack), kind) for row in page["jobs"]]
    if common.json:
        output.print_json({"jobs": rows, "cursor": None})
    elif rows:
        output.print_table(_COLUMNS, rows)
    else:
        print("There is no job.")
    return Exit.YES


@command("show", "heed jobs show 0123456789abcdef0123456789abcdef")
@_job_argument
@options.common_options
def show_one_job(common: options.CommonOptions, job: str) -> Exit:
    """Show a job: its counts, the meanings of the vendor's words, and URLs of its files.

    Each URL works for ten minutes.
    """
    return _print(common, api.get_from_api(find_stack(common.stack), path_of_job(job)))


@command("watch", "heed jobs watch 0123456789abcdef0123456789abcdef")
@_job_argument
@options.common_options
def watch_one_job(common: options.CommonOptions, job: str) -> Exit:
    """Wait until a job has ended or waits for its commit, and show it.

    Ctrl-C ends the command and not the job. Exit code 1 if rows are invalid or refused.
    """
    shown = watch_job(find_stack(common.stack), job, common)
    _print(common, shown)
    return exit_of_job(shown)


@command("save", "heed jobs save 0123456789abcdef0123456789abcdef --folder results")
@_job_argument
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=".",
    help="Where the files are saved (default: the current folder).",
)
@force_option
@options.common_options
def save_job_files(common: options.CommonOptions, job: str, folder: Path, *, force: bool) -> Exit:
    """Save the result files of a job.

    They exist until a day after its end. Only you may read what is saved.
    """
    shown = api.get_from_api(find_stack(common.stack), path_of_job(job))
    paths = [(file, folder / Path(file["name"]).name) for file in shown["files"]]
    for file, path in paths:
        save_result(file, path, may_replace=force)
    if common.json:
        output.print_json({"files": [str(path) for _, path in paths]})
    else:
        print("\n".join(f"Saved {path}" for _, path in paths) or "The job has no file.")
    return Exit.YES


@command("commit", "heed jobs commit 0123456789abcdef0123456789abcdef")
@_job_argument
@options.common_options
def commit_one_job(common: options.CommonOptions, job: str) -> Exit:
    """Commit an import after its preview.

    An import that stops more than 10 % of the people on record, or 100,000, is committed by another owner,
    with a key of the scope 'privacy'.
    """
    return _print(common, api.post_to_api(find_stack(common.stack), path_of_job(job), {"commit": True}))


@command("cancel", "heed jobs cancel 0123456789abcdef0123456789abcdef")
@_job_argument
@options.common_options
def cancel_one_job(common: options.CommonOptions, job: str) -> Exit:
    """Cancel a job that is not done.

    What an import has already applied stays.
    """
    return _print(common, api.post_to_api(find_stack(common.stack), path_of_job(job), {"cancel": True}))


@command("take-back", "heed jobs take-back 0123456789abcdef0123456789abcdef --reason 'a wrong column'")
@_job_argument
@options.reason_option
@options.common_options
def take_back_one_import(common: options.CommonOptions, job: str, reason: str) -> Exit:
    """Take back what an import stopped, within 30 days of its end.

    It needs a key of the scope 'privacy', of another owner than that of the commit. Everything else that is
    on record stays. The work takes a while: 'people' has a number when it is done.
    """
    order = {"take_back": True, "reason": reason}
    return _print(common, api.post_to_api(find_stack(common.stack), path_of_job(job), order))


def _read_pages(stack: Stack, kind: str | None) -> Iterator[Mapping[str, Any]]:
    cursor: str | None = ""
    while cursor is not None:
        query = "&".join(f"{name}={value}" for name, value in (("kind", kind), ("cursor", cursor)) if value)
        page = api.get_from_api(stack, f"/v1/jobs{f'?{query}' if query else ''}")
        yield page
        cursor = page["cursor"]


def _print(common: options.CommonOptions, job: Mapping[str, Any]) -> Exit:
    print_job(job, as_json=common.json)
    if not common.json:
        print_files(job)
    return Exit.YES


JOBS_GROUP = HeedGroup(
    "jobs",
    commands=[
        list_own_jobs,
        show_one_job,
        watch_one_job,
        save_job_files,
        commit_one_job,
        cancel_one_job,
        take_back_one_import,
    ],
    help="Bulk work on files: imports, scrubs and snapshots.",
)
