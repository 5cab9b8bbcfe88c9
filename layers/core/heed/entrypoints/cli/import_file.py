"""`heed import`: imports the opt-outs of another system from a file, or the SES list of the account."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

import rich_click as click

from heed import clock
from heed.domain import rfc3339
from heed.domain.imports.recognition import FORMATS
from heed.domain.jobs.job import JobState
from heed.domain.jobs.job_settings import UndatedRows
from heed.entrypoints.cli import api, options
from heed.entrypoints.cli.command import command
from heed.entrypoints.cli.failure import Exit, WrongUsage
from heed.entrypoints.cli.file_arguments import open_bulk_file
from heed.entrypoints.cli.find_stack import find_stack
from heed.entrypoints.cli.job_output import print_job
from heed.entrypoints.cli.job_transfer import save_result
from heed.entrypoints.cli.job_watch import create_job_with_file, exit_of_job, on_stack, path_of_job, watch_job
from heed.entrypoints.cli.progress import show_progress
from heed.entrypoints.cli.stack import Stack

_SES_FORMAT = "ses-suppressions"


def _parse_columns(_: click.Context, parameter: click.Parameter, pairs: tuple[str, ...]) -> dict[str, str]:
    """Returns the columns by part."""
    parsed = {}
    for pair in pairs:
        part, _equals, name = pair.partition("=")
        if not part or not name:
            raise click.BadParameter(f"{pair!r} is not {parameter.metavar}")
        parsed[part] = name
    return parsed


def _parse_topics(_: click.Context, parameter: click.Parameter, pairs: tuple[str, ...]) -> dict[str, str]:
    """Returns our topics by the names in the other system, from pairs, and from files of pairs (`@FILE`).

    A name in the other system may have an equals sign. It has no `@`, because Heed keeps no such name.
    """
    parsed = dict[str, str]()
    for place, pair in chain.from_iterable(map(_read_topic_pairs, pairs)):
        theirs, _equals, ours = pair.rpartition("=")
        if not theirs or not ours:
            raise click.BadParameter(f"{place} is not {parameter.metavar}")
        if parsed.setdefault(theirs, ours) != ours:
            raise click.BadParameter(f"{place} names a topic again")
    return parsed


def _read_topic_pairs(text: str) -> Iterator[tuple[str, str]]:
    """Yields the pairs of an argument, each with its place."""
    if not text.startswith("@"):
        yield repr(text), text
        return
    path = Path(text[1:])
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except OSError as error:
        raise click.BadParameter(f"{path} cannot be read") from error
    except UnicodeDecodeError as error:
        raise click.BadParameter(f"{path} is not UTF-8") from error
    for number, line in enumerate(lines, start=1):
        if pair := line.strip():
            yield f"line {number} of {path}", pair


@command(
    "import",
    "heed import suppression_bounces.csv --reference 'SendGrid, May'",
    "heed import members.csv --reference Ghost --exported-at 2026-03-01 --commit",
    "heed import groups.json --reference 'SendGrid, May' --topic-map 'Weekly news=news'",
    "heed import groups.json --reference 'SendGrid, May' --topic-map @topics.txt",
    "heed import list.csv --reference 'shop' --column address=Email --as unsubscribed",
    "heed import --ses --reference 'SES list'",
)
@click.argument("path", type=click.Path(path_type=Path), required=False, metavar="[FILE]", help="The file.")
@click.option("--ses", is_flag=True, help="No file: the SES list of the account, and those of its tenants.")
@options.text_option("--reference", "Where the file is from; without names, because it is kept.")
@click.option("--commit", is_flag=True, help="Apply the rows without asking.")
@click.option(
    "--format",
    type=options.NearestChoice([*FORMATS]),
    metavar="FORMAT",
    help="The format, such as sendgrid-bounces, if the columns and the name of the file do not show it.",
)
@click.option(
    "--column",
    "columns",
    multiple=True,
    callback=_parse_columns,
    metavar="PART=NAME",
    help="A column of a file of no known format: address=Email, and perhaps date=Since.",
)
@click.option("--as", metavar="MEANING", help="With --column: what each row means, such as unsubscribed.")
@click.option(
    "--exported-at",
    type=options.validate_time_text,
    metavar="TIME",
    help="When the other system made the file. It is the time of rows without a date.",
)
@click.option(
    "--topic-map",
    "topics",
    multiple=True,
    callback=_parse_topics,
    metavar="THEIRS=OURS",
    help="What a topic of the other system is called here. For more, repeat the option, or name a file "
    "with a line for each: @FILE.",
)
@click.option(
    "--scope", metavar="SCOPE", help="What an opt-out without a topic stops (default: all marketing)."
)
@click.option("--zone", metavar="ZONE", help="Zone of times without one, such as Asia/Tokyo (default: UTC).")
@click.option("--us-dates", is_flag=True, help="Read dates as M/D/YYYY.")
@options.choice_option("--undated", UndatedRows, help="What becomes of rows without a date.")
@options.common_options
def import_file(common: options.CommonOptions, /, path: Path | None, *, ses: bool, **fields: object) -> Exit:
    """Import the opt-outs of another system from a file.

    Shows what each row would do, and asks at a terminal whether to apply it. An import only stops mail: a
    newer choice of a person keeps its effect. Rows that are not applied are saved beside the file, as
    FILE.rejects.csv. Ctrl-C ends the command and not the job. Exit code 1 if rows are invalid or refused, or
    if another owner has to commit. With --json: the job, as GET /v1/jobs/ID answers.
    """
    if ses == (path is not None):
        raise WrongUsage("an import needs a file or --ses", "name one of the two")
    stack = find_stack(common.stack)
    body = {name: value for name, value in fields.items() if value}
    if path:
        with open_bulk_file(path) as content:
            job = create_job_with_file(stack, "/v1/imports", {"name": path.name, **body}, content)
    else:
        body |= {"format": _SES_FORMAT, "exported_at": rfc3339.format_time(clock.now())}
        with _read_ses_list(stack) as content:
            job = create_job_with_file(stack, "/v1/imports", body, content)
    return _follow(common, stack, job, path or Path("ses-list"))


def _follow(common: options.CommonOptions, stack: Stack, job_id: str, file: Path) -> Exit:
    """Waits for the preview, asks whether to commit it, and waits for the end."""
    job = watch_job(stack, job_id, common)
    _show(common, job, file)
    if not common.json and job["state"] == JobState.PREVIEWED and _is_confirmed(job):
        api.post_to_api(stack, path_of_job(job_id), {"commit": True})
        job = watch_job(stack, job_id, common)
        _show(common, job, file)
    if not common.json and job["state"] == JobState.PREVIEWED and job["takes_too_long"]:
        print("\nThe commit takes more than 48 hours: split the file, or raise BulkRate, and import it again")
    elif not common.json and job["state"] == JobState.PREVIEWED:
        who = "another owner commits it, with the scope privacy" if job["needs_second_owner"] else "commit it"
        print(f"\nNothing is applied yet. Within a day, {who}: heed jobs commit {job_id}{on_stack(common)}")
    return exit_of_job(job)


def _show(common: options.CommonOptions, job: Mapping[str, Any], file: Path) -> None:
    """Prints a job, and saves the rows that it did not apply beside the file."""
    print_job(job, as_json=common.json)
    for result in job["files"]:
        path = file.with_name(f"{file.stem}.{Path(result['name']).name}")
        save_result(result, path, may_replace=True)
        if not common.json:
            print(f"\nSaved {path}")


def _is_confirmed(job: Mapping[str, Any]) -> bool:
    """Asks a person at a terminal whether to commit a preview. The end of the input is a no."""
    needs_more = job["needs_second_owner"] or job["takes_too_long"]
    if needs_more or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    try:
        return click.confirm(f"Rows to apply: {job['counts']['applied']:,}. Apply them?", err=True)
    except click.Abort:
        return False


@contextmanager
def _read_ses_list(stack: Stack) -> Iterator[IO[bytes]]:
    """Gives the block a file with the SES list. It has no name on the disk, and is gone after the block."""
    from heed.adapters.ses.listed_addresses import read_listed_addresses

    with TemporaryFile() as file:
        with show_progress(read_listed_addresses(stack.access()), "addresses") as addresses:
            for address, reason, since in addresses:
                line = {"EmailAddress": address, "Reason": reason, "LastUpdateTime": since}
                file.write(f"{json.dumps(line)}\n".encode())
        yield file
