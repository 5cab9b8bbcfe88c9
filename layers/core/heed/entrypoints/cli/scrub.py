"""`heed scrub`: checks a file of addresses, and saves the same file with the answers behind each row."""

from __future__ import annotations

from pathlib import Path

import rich_click as click

from heed.domain.jobs.job import JobState
from heed.domain.privacy.disclosure import DisclosurePurpose
from heed.entrypoints.cli import options
from heed.entrypoints.cli.command import command
from heed.entrypoints.cli.failure import Exit
from heed.entrypoints.cli.file_arguments import (
    address_column_option,
    bulk_file_argument,
    force_option,
    open_bulk_file,
    output_option,
)
from heed.entrypoints.cli.find_stack import find_stack
from heed.entrypoints.cli.job_output import print_job
from heed.entrypoints.cli.job_transfer import check_output, save_result
from heed.entrypoints.cli.job_watch import create_job_with_file, exit_of_job, watch_job


@command(
    "scrub",
    "heed scrub customers.csv --topic offers -o checked.csv",
    "heed scrub customers.csv --topic offers --links --campaign spring -o mailing.csv",
)
@bulk_file_argument
@options.topic_name_option
@click.option("--links", is_flag=True, help="Add the links and headers for a mail to each person.")
@click.option("--campaign", metavar="TEXT", help="With --links: becomes part of the evidence.")
@click.option("--lang", metavar="CODE", help="With --links: language of the pages, such as de.")
@address_column_option
@options.choice_option("--purpose", DisclosurePurpose, help="Why; the default is that of your key.")
@output_option("Where the result is saved.", required=True)
@force_option
@options.common_options
def scrub_file(
    common: options.CommonOptions, /, path: Path, out: Path, *, force: bool, **fields: object
) -> Exit:
    """Check a file of addresses before a mailing.

    Saves the same file with more columns: the recipient id, whether the topic may be sent, the reason, and
    since when. Mail only to rows whose column sendable is true. Ctrl-C ends the command and not the job. With
    --json: the job, as GET /v1/jobs/ID answers.
    """
    check_output(out, may_replace=force)
    stack = find_stack(common.stack)
    body = {name: value for name, value in fields.items() if value}
    with open_bulk_file(path) as content:
        job_id = create_job_with_file(stack, "/v1/scrubs", {"name": path.name, **body}, content)
    job = watch_job(stack, job_id, common)
    print_job(job, as_json=common.json)
    if job["state"] == JobState.DONE:
        (result,) = job["files"]
        save_result(result, out, may_replace=force)
        if not common.json:
            print(f"\nSaved {out}")
    return exit_of_job(job)
