"""`heed case`: lists, shows and decides mails about which a person has to decide."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

import rich_click as click

from heed.domain.mailbox.case import CaseDecision
from heed.entrypoints.cli import api, options, output
from heed.entrypoints.cli.command import HeedGroup, command
from heed.entrypoints.cli.failure import Exit
from heed.entrypoints.cli.find_stack import find_stack
from heed.entrypoints.cli.stack import Stack

_COLUMNS = ("due_at", "id", "kind", "state", "received_at", "recipient")
_case_argument = click.argument("case", metavar="ID", help="The id of the case, as heed case list prints it.")


@command("list", "heed case list")
@options.common_options
def list_open_cases(common: options.CommonOptions) -> Exit:
    """List the cases that wait for a decision, those that are due first.

    A case in the state 'deciding' was interrupted: decide the same again. With --json: all cases, as GET
    /v1/cases answers.
    """
    pages = list(_read_pages(find_stack(common.stack)))
    rows = [row for page in pages for row in page["cases"]]
    unreadable = dict.fromkeys(case for page in pages for case in page["unreadable"])
    if common.json:
        output.print_json({"cases": rows, "unreadable": [*unreadable], "cursor": None})
        return Exit.YES
    if rows:
        output.print_table(_COLUMNS, rows)
    else:
        print("No case waits for a decision.")
    for case in unreadable:
        print(f"Unreadable: {case}")
    return Exit.YES


@command("show", "heed case show 0123456789abcdef0123456789abcdef")
@_case_argument
@options.common_options
def show_one_case(common: options.CommonOptions, case: str) -> Exit:
    """Show a case with the text of its mail.

    The register of disclosures gets an entry (heed disclosed). A decided case has no text, because its mail
    is deleted.
    """
    answer = api.get_from_api(find_stack(common.stack), _path(case))
    if common.json:
        output.print_json(answer)
    else:
        _print_case(answer)
    return Exit.YES


@command(
    "decide",
    "heed case decide 0123456789abcdef0123456789abcdef --decision opt-out --reason 'no more offers'",
    "heed case decide 0123456789abcdef0123456789abcdef --decision none --reason 'about a repair'",
)
@_case_argument
@options.choice_option("--decision", CaseDecision, required=True, help="The decision.")
@click.option("--scope", metavar="SCOPE", help="Of an opt-out or a confirmation (default: '*').")
@options.reason_option
@options.common_options
def decide_one_case(
    common: options.CommonOptions, case: str, decision: str, scope: str | None, reason: str
) -> Exit:
    """Decide a case, and delete its mail.

    The decision is carried out before the command ends. The first decision counts. After a failure, the same
    decision again continues it.
    """
    body = {"decision": decision, "reason": reason} | ({} if scope is None else {"scope": scope})
    answer = api.post_to_api(find_stack(common.stack), _path(case), body)
    output.print_answer(answer, as_json=common.json)
    return Exit.YES


def _read_pages(stack: Stack) -> Iterator[Mapping[str, Any]]:
    cursor: str | None = ""
    while cursor is not None:
        page = api.get_from_api(stack, f"/v1/cases{f'?cursor={cursor}' if cursor else ''}")
        yield page
        cursor = page["cursor"]


def _print_case(answer: Mapping[str, Any]) -> None:
    facts = {name.replace("_", " "): value for name, value in answer.items() if name != "text"}
    facts["attachments"] = [
        f"{file['name'] or '-'} ({file['bytes']} bytes)" for file in answer["attachments"]
    ]
    output.print_facts(facts)
    if answer["text"]:
        print()
        for line in answer["text"].splitlines():
            print(output.escape_for_terminal(line))


def _path(case: str) -> str:
    return f"/v1/cases/{quote(case, safe='')}"


CASE_GROUP = HeedGroup(
    "case",
    commands=[list_open_cases, show_one_case, decide_one_case],
    help="Mails about which a person has to decide.",
)
