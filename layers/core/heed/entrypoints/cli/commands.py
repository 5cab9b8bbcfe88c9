"""The command `heed`: all its commands by section, in the order of the help."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click
from click.shell_completion import shell_complete
from rich_click import RichCommandPanel

from heed.config import Shell
from heed.entrypoints.cli import (
    alarm,
    cases,
    change,
    check,
    compare,
    deadlines,
    desk,
    disclosed,
    doctor,
    holds,
    ids,
    import_file,
    invoke,
    jobs,
    keys,
    ledger,
    links,
    lookup,
    minor_and_erase,
    numbers,
    purges,
    restore,
    retention,
    run,
    scrub,
    snapshot,
)
from heed.entrypoints.cli.command import HeedGroup, make_help_configuration, print_usage_error
from heed.entrypoints.cli.mcp import command as mcp
from heed.entrypoints.cli.options import CommonOptions, common_options

SECTIONS = {
    "People": (
        check.check_people,
        links.create_links,
        ids.compute_ids,
        change.record_change,
        lookup.look_up_person,
        minor_and_erase.report_minor,
        minor_and_erase.erase_person,
        holds.hold_person,
        holds.lift_suppression,
        cases.CASE_GROUP,
    ),
    "Files": (
        import_file.import_file,
        scrub.scrub_file,
        snapshot.make_snapshot,
        compare.compare_lists,
        jobs.JOBS_GROUP,
    ),
    "Keys": (keys.KEYS_GROUP, desk.DESK_GROUP),
    "Evidence": (
        ledger.LEDGER_GROUP,
        deadlines.REPORT_GROUP,
        numbers.show_numbers,
        purges.show_purge,
        disclosed.show_disclosures,
        retention.show_retention,
    ),
    "Stack": (
        run.run_stack,
        doctor.examine,
        mcp.serve_mcp,
        invoke.invoke_by_name,
        alarm.explain_alarm,
        restore.RESTORE_GROUP,
    ),
}


@click.group(
    "heed",
    cls=HeedGroup,
    commands=[command for commands in SECTIONS.values() for command in commands],
    panels=[
        RichCommandPanel(title, [str(command.name) for command in commands])
        for title, commands in SECTIONS.items()
    ],
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 done, or yes; 1 the answer is no; 2 wrong usage; 3 failed.",
)
@click.version_option(package_name="heed", message="%(prog)s %(version)s")
@common_options
def heed_group(_: CommonOptions) -> None:
    """E-mail preferences and unsubscribe, from the command line.

    A command talks to the local stack that runs here (.local/stack.json in this folder or one above). With
    --stack NAME it talks to a deployed stack, with the AWS credentials and the region of this shell and with
    the API key in HEED_API_KEY. At a terminal it says which stack it talks to.
    """


def run_command(arguments: Sequence[str]) -> int:
    """Runs one command, or completes a command line for a shell. Returns the exit code."""
    if instruction := Shell().completion:
        return shell_complete(heed_group, {}, "heed", Shell.COMPLETION, instruction)
    looks = make_help_configuration(sys.stdout)
    try:
        with heed_group.make_context("heed", [*arguments] or ["--help"], rich_help_config=looks) as context:
            return int(heed_group.invoke(context))
    except click.exceptions.Exit as end:  # of --help and --version
        return end.exit_code
    except click.ClickException as error:
        print_usage_error(error)
        return error.exit_code
