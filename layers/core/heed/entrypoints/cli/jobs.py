"""`heed jobs`: lists, shows, commits, cancels and takes back bulk work on files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

import rich_click as click

from heed.domain.jobs.job import JobKind
from heed.entrypoints.cli import api, options, output
from heed.entrypoints.cli.command import HeedGroup, command
from heed.entrypoints.cli.failure import Exit
from heed.entrypoints.cli.find_stack import find_stack
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
    return _print(common, api.get_from_api(find_stack(common.stack), _path(job)))


@command("commit", "heed jobs commit 0123456789abcdef0123456789abcdef")
@_job_argument
@options.common_options
def commit_one_job(common: options.CommonOptions, job: str) -> Exit:
    """Commit an import after its preview.

    An import that stops more than 10 % of the people on record, or 100,000, is committed by another owner,
    with a key of the scope 'privacy'.
    """
    return _print(common, api.post_to_api(find_stack(common.stack), _path(job), {"commit": True}))


@command("cancel", "heed jobs cancel 0123456789abcdef0123456789abcdef")
@_job_argument
@options.common_options
def cancel_one_job(common: options.CommonOptions, job: str) -> Exit:
    """Cancel a job that is not done.

    What an import has already applied stays.
    """
    return _print(common, api.post_to_api(find_stack(common.stack), _path(job), {"cancel": True}))


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
    return _print(common, api.post_to_api(find_stack(common.stack), _path(job), order))


def _read_pages(stack: Stack, kind: str | None) -> Iterator[Mapping[str, Any]]:
    cursor: str | None = ""
    while cursor is not None:
        query = "&".join(f"{name}={value}" for name, value in (("kind", kind), ("cursor", cursor)) if value)
        page = api.get_from_api(stack, f"/v1/jobs{f'?{query}' if query else ''}")
        yield page
        cursor = page["cursor"]


def _print(common: options.CommonOptions, answer: Mapping[str, Any]) -> Exit:
    if common.json:
        output.print_json(answer)
        return Exit.YES
    tables = ("counts", "skipped", "meanings", "files", "error", "taken_back")
    output.print_facts(
        {name.replace("_", " "): value for name, value in answer.items() if name not in tables}
    )
    output.print_facts({**answer["counts"], **answer.get("error", {})})
    if taken_back := answer.get("taken_back"):
        output.print_facts({f"taken back, {name}": value for name, value in taken_back.items()})
    for word, meaning in answer["meanings"].items():
        print(f"{output.escape_for_terminal(word)}: {meaning['means']}, {meaning['rows']} rows")
    for reason, rows in answer["skipped"].items():
        print(f"skipped, {reason}: {rows} rows")
    for file in answer["files"]:
        print(f"{file['name']} ({file['bytes']} bytes): {file['url']}")
    return Exit.YES


def _path(job: str) -> str:
    return f"/v1/jobs/{quote(job, safe='')}"


JOBS_GROUP = HeedGroup(
    "jobs",
    commands=[list_own_jobs, show_one_job, commit_one_job, cancel_one_job, take_back_one_import],
    help="Bulk work on files: imports, scrubs and snapshots.",
)
