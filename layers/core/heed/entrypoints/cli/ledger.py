"""`heed ledger`: verifies the ledger, exports it and proves an entry."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from heed import clock
from heed.domain import rfc3339
from heed.domain.errors import InvalidEvidence, MalformedMessage, NotFound, SortFailed, UnreadableRecord
from heed.domain.ledger.entry import LedgerEntry
from heed.domain.privacy.disclosure import DisclosureDetails, DisclosurePurpose
from heed.entrypoints.cli import options, output
from heed.entrypoints.cli.command import HeedGroup, command
from heed.entrypoints.cli.failure import CommandFailure, Exit
from heed.entrypoints.cli.find_stack import find_stack
from heed.entrypoints.cli.progress import show_progress
from heed.entrypoints.cli.stack import Stack
from heed.use_cases.ports.preferences import UnreadableItem

if TYPE_CHECKING:
    from heed.bootstrap import Heed

_MAX_LINE = 1 << 20  # bytes; no line of an export is longer, but the file may be something else

_EXAMPLE_HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

file_argument = click.argument(
    "path",
    required=False,
    type=click.Path(readable=False, path_type=Path),
    metavar="[FILE]",
    help="A file that heed ledger export created (default: read the stack).",
)


def _parse_hash(text: str) -> str:
    if len(text) != 64 or set(text) - set("0123456789abcdef"):
        raise click.BadParameter("must have 64 hex digits")
    return text


def _open_export(path: Path | None, stack: str | None) -> AbstractContextManager[Iterable[bytes]]:
    """Opens an export of the ledger, from the file or else from the stack. The block gets its lines.

    Raises:
        CommandFailure: The file or the stack's ledger cannot be read.
    """
    return show_progress(_read_file(path) if path else _read_stack(find_stack(stack).heed), "lines")


def _read_file(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as export:
            yield from iter(lambda: export.readline(_MAX_LINE), b"")
    except OSError as error:
        raise CommandFailure(
            f"{path}: {error.strerror}", "name a file that heed ledger export created"
        ) from error


def _read_stack(heed: Heed) -> Iterator[bytes]:
    from heed.use_cases.ledger.export import export_ledger

    try:
        yield from export_ledger(heed.ledger, heed.ledger_seals, clock.now())
    except UnreadableRecord as error:
        raise CommandFailure(
            "an entry or a seal of the stack does not match its name",
            "keep a copy of the table for the investigation",
        ) from error


def read_entries(path: Path | None, stack: str | None) -> Iterator[LedgerEntry | UnreadableItem]:
    """Yields the entries of the ledger. An entry that cannot be read becomes an `UnreadableItem`.

    Raises:
        CommandFailure: The file is not an export of the ledger.
    """
    from heed.use_cases.ledger.read_export import ExportedEntry, read_export

    try:
        with _open_export(path, stack) as lines:
            for line in read_export(lines):
                if isinstance(line.content, ExportedEntry):
                    yield line.content.entry
                elif isinstance(line.content, UnreadableItem):
                    yield line.content
    except MalformedMessage as error:
        raise _to_failure(error) from error


def _to_failure(error: MalformedMessage) -> CommandFailure:
    return CommandFailure(str(error), "heed ledger verify checks the ledger")


@command(
    "verify",
    "heed ledger verify",
    f"heed ledger verify ledger.jsonl --root {_EXAMPLE_HASH}",
)
@file_argument
@click.option(
    "--root", type=_parse_hash, metavar="ROOT", help="The root of any day, as you keep it elsewhere."
)
@options.common_options
def _verify(common: options.CommonOptions, path: Path | None, root: str | None) -> Exit:
    """Check that the ledger is complete and unaltered.

    Checks all revisions, hashes and roots, and names the first entry that is wrong or missing. With --root it
    also looks for the day with this root (root_of) and counts the nights that were sealed after it
    (nights_since). With a file it needs no network. Exit code 1 if something is wrong.
    """
    from heed.adapters.sqlite_sort import SqliteSorter
    from heed.use_cases.ledger.verify import verify_ledger

    try:
        with _open_export(path, common.stack) as lines:
            check = verify_ledger(lines, SqliteSorter)
    except SortFailed as error:
        raise CommandFailure(
            f"the hashes cannot be sorted on disk ({error})",
            "make room in the folder of temporary files, or name another one (TMPDIR=…)",
        ) from error
    fault = check.fault
    sealed = check.find_root(root)
    if fault is None and root and sealed is None:
        fault = "no seal has the root given by --root"
    facts = {
        "whole": fault is None,
        "entries": check.entries,
        "days_sealed": len(check.roots),
        "root": check.root,
        "fault": fault,
    }
    if root:
        day, nights = sealed or (None, None)
        facts["root_of"] = None if day is None else rfc3339.format_day(day)
        facts["nights_since"] = nights
    if common.json:
        output.print_json(facts)
    else:
        output.print_facts(facts)
    return Exit.YES if fault is None else Exit.NO


@command("export", "heed ledger export ledger.jsonl")
@click.argument("path", type=click.Path(readable=False, path_type=Path), metavar="FILE", help="A new file.")
@options.common_options
def _export(common: options.CommonOptions, path: Path) -> Exit:
    """Write the whole ledger to a file that anybody can check.

    The file contains no personal data: no evidence, no salt, no recipient id.
    """
    number = 0
    try:
        with path.open("xb") as export, _open_export(None, common.stack) as lines:
            for line in lines:
                export.write(line)
                number += 1
    except OSError as error:
        raise CommandFailure(
            f"{path}: {error.strerror}", "name a new file in a folder that exists"
        ) from error
    if common.json:
        output.print_json({"file": str(path), "lines": number})
    else:
        print(f"{number} lines. To check the file: heed ledger verify {path}")
    return Exit.YES


@command(
    "prove",
    f"heed ledger prove {_EXAMPLE_HASH}",
    f"heed ledger prove {_EXAMPLE_HASH} ledger.jsonl --recipient abcdefghijklmnopqrstuvwxya",
)
@click.argument(
    "entry_id", type=_parse_hash, metavar="ENTRY", help="The id of the entry, as heed lookup --json shows it."
)
@file_argument
@click.option(
    "--recipient",
    type=options.validate_non_empty_text,
    metavar="ID",
    help="Also prove whose entry it is: adds the recipient id, the salt and the evidence.",
)
@options.choice_option(
    "--purpose",
    DisclosurePurpose,
    default=DisclosurePurpose.DATA_SUBJECT.value,
    help="Why --recipient discloses this; it is recorded (default: data-subject).",
)
@options.common_options
def _prove(
    common: options.CommonOptions, entry_id: str, path: Path | None, recipient: str | None, purpose: str
) -> Exit:
    """Print the proof of an entry for a third party.

    Prints JSON: the entry, its seal, and the path between them. docs/evidence.md has a program that checks
    the proof.
    """
    from heed.use_cases.ledger.prove import prove_entry

    try:
        with _open_export(path, common.stack) as lines:
            proof = prove_entry(lines, entry_id)
    except MalformedMessage as error:
        raise _to_failure(error) from error
    except InvalidEvidence as error:
        raise CommandFailure(
            str(error), "heed ledger verify shows the place; keep a copy of the ledger"
        ) from error
    except NotFound as error:
        raise CommandFailure(
            str(error), "the entry of a change appears some seconds after the change"
        ) from error
    if recipient:
        proof["opening"] = _make_opening(
            find_stack(common.stack), proof["entry"], recipient, DisclosurePurpose(purpose)
        )
    output.print_json(proof)
    return Exit.YES


def _make_opening(
    stack: Stack, entry: dict[str, Any], recipient_text: str, purpose: DisclosurePurpose
) -> dict[str, str]:
    """Returns what links an entry to a recipient: the salt and the evidence behind the entry's hashes.

    The disclosure is recorded in the register of disclosures first.
    """
    from heed.domain.errors import InvalidRecipient
    from heed.domain.ledger.entry import ledger_subject
    from heed.domain.recipients.recipient import parse_recipient

    try:
        recipient = parse_recipient(recipient_text)
    except InvalidRecipient as error:
        raise CommandFailure(
            "--recipient is not a recipient id", "heed ids computes it from the address"
        ) from error
    salt = stack.heed.preferences.read(recipient).salt
    entries = stack.heed.ledger.entries_of(entry["subject"])
    evidence = next((item.evidence for item in entries if item.entry.id == entry["id"]), None)
    if ledger_subject(salt, recipient) != entry["subject"] or evidence is None:
        raise CommandFailure(
            "the entry does not belong to this recipient, or was unlinked by an erasure",
            "check the recipient id with heed lookup",
        )
    now = clock.now()
    stack.heed.disclosures.append(DisclosureDetails(now, "proof", purpose, 1, "aws"))
    return {"recipient": recipient, "salt": salt.hex(), "evidence": evidence}


LEDGER_GROUP = HeedGroup(
    "ledger",
    help="Verify, prove and export the evidence of all changes.",
    commands=[_verify, _prove, _export],
)
