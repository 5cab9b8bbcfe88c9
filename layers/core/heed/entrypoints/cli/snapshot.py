"""`heed snapshot`: makes a snapshot of all suppressions, verifies it, and saves it."""

from __future__ import annotations

from pathlib import Path
from typing import IO

import rich_click as click

from heed.domain.errors import InvalidSnapshot
from heed.domain.jobs.job import JobState
from heed.domain.privacy.disclosure import DisclosurePurpose
from heed.entrypoints.cli import api, options
from heed.entrypoints.cli.command import command
from heed.entrypoints.cli.failure import CommandFailure, Exit
from heed.entrypoints.cli.file_arguments import force_option, output_option
from heed.entrypoints.cli.find_stack import find_stack
from heed.entrypoints.cli.job_output import print_job
from heed.entrypoints.cli.job_transfer import check_output, receive_result, replaced_at_the_end
from heed.entrypoints.cli.job_watch import exit_of_job, watch_job
from heed.entrypoints.cli.stack import Stack


@command(
    "snapshot",
    "heed snapshot --purpose sending -o today.heedsnap",
    "heed snapshot --purpose sending --days 1 -o today.heedsnap --force",
)
@options.choice_option("--purpose", DisclosurePurpose, required=True, help="Why you need it.")
@click.option("--days", type=int, metavar="DAYS", help="For how long it is valid: 1 to 31 (default: 7).")
@output_option("Where the snapshot is saved.", required=True)
@force_option
@options.common_options
def make_snapshot(common: options.CommonOptions, /, out: Path, *, force: bool, **fields: object) -> Exit:
    """Make a snapshot: one signed file that answers who gets no mail, without a request for each mail.

    The file is saved only if its signature and all its parts are valid. --force replaces an earlier file at
    once, so a program that reads it never sees half of one. Ctrl-C ends the command and not the job. With
    --json: the job, as GET /v1/jobs/ID answers.
    """
    check_output(out, may_replace=force)
    stack = find_stack(common.stack)
    created = api.post_to_api(
        stack, "/v1/snapshots", {name: value for name, value in fields.items() if value is not None}
    )
    job = watch_job(stack, created["job"], common)
    print_job(job, as_json=common.json)
    if job["state"] == JobState.DONE:
        (result,) = job["files"]
        with replaced_at_the_end(out, may_replace=force) as content:
            receive_result(result, content)
            _verify(stack, content)
        if not common.json:
            print(f"\nSaved {out}")
    return exit_of_job(job)


def _verify(stack: Stack, content: IO[bytes]) -> None:
    """Verifies a snapshot with the keys of the stack.

    Raises:
        CommandFailure: The keys cannot be read, or the snapshot is not valid.
    """
    from heed.snapshot.reader import Snapshot

    content.flush()
    try:
        Snapshot.open(content.name, f"{stack.api}/.well-known/heed-keys.json").verify()
    except InvalidSnapshot as error:
        raise CommandFailure("the snapshot is not valid", str(error)) from error
    except OSError as error:
        raise CommandFailure("the keys of the stack cannot be read", "run the command again") from error
