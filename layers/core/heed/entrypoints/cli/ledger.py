"""`heed ledger`: verifies the ledger, exports it and proves an entry."""

from __future__ import annotations

import time
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from heed.domain import rfc3339
from heed.domain.errors import InvalidEvidence, MalformedMessage, NotFound, UnreadableRecord
from heed.domain.ledger.entry import LedgerEntry
from heed.domain.milliseconds import Millis
from heed.domain.privacy.disclosure import DisclosureDetails, DisclosurePurpose
from heed.entrypoints.cli import options, output
from heed.entrypoints.cli.command import Command, Exit, Group
from heed.entrypoints.cli.failure import CommandFailure
from heed.entrypoints.cli.find_stack import find_stack
from heed.use_cases.ports.preferences import UnreadableItem

_MAX_LINE = 1 << 20  # bytes; no line of an export is longer, but the file may be something else

_EXAMPLE_HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


def read_export_lines(args: Namespace) -> Iterator[bytes]:
    """Yields the lines of an export of the ledger: from the file in `args`, or else from the stack.

    Raises:
        CommandFailure: The file or the stack's ledger cannot be read.
    """
    if args.file is not None:
        try:
            with args.file.open("rb") as export:
                yield from iter(lambda: export.readline(_MAX_LINE), b"")
        except OSError as error:
            raise CommandFailure(
                f"{args.file}: {error.strerror}", "name a file that heed ledger export created"
            ) from error
        return
    from heed.use_cases.ledger.export import export_ledger

    stack = find_stack(args.stack)
    try:
        yield from export_ledger(
            stack.heed.ledger, stack.heed.ledger_seals, Millis(time.time_ns() // 1_000_000)
        )
    except UnreadableRecord as error:
        raise CommandFailure(
            "an entry or a seal of the stack does not match its name",
            "keep a copy of the table for the investigation",
        ) from error


def read_entries(args: Namespace) -> Iterator[LedgerEntry | UnreadableItem]:
    """Yields the entries of the ledger. An entry that cannot be read becomes an `UnreadableItem`.

    Raises:
        CommandFailure: The file is not an export of the ledger.
    """
    from heed.use_cases.ledger.read_export import ExportedEntry, read_export

    try:
        for line in read_export(read_export_lines(args)):
            if isinstance(line.content, ExportedEntry):
                yield line.content.entry
            elif isinstance(line.content, UnreadableItem):
                yield line.content
    except MalformedMessage as error:
        raise _to_failure(error) from error


def _to_failure(error: MalformedMessage) -> CommandFailure:
    return CommandFailure(str(error), "heed ledger verify checks the ledger")


def add_file_argument(parser: ArgumentParser) -> None:
    """Adds the common options, and the argument for the file to read the ledger from."""
    options.add_common_options(parser)
    parser.add_argument(
        "file",
        nargs="?",
        type=Path,
        metavar="FILE",
        help="that heed ledger export created (default: read the stack)",
    )


def _add_verify_arguments(parser: ArgumentParser) -> None:
    add_file_argument(parser)
    parser.add_argument(
        "--root",
        type=_parse_hash,
        metavar="ROOT",
        help="the root of any day, as you keep it elsewhere",
    )


def _verify(args: Namespace) -> Exit:
    from heed.adapters.sqlite_sort import SqliteSorter
    from heed.use_cases.ledger.verify import verify_ledger

    check = verify_ledger(read_export_lines(args), SqliteSorter)
    fault = check.fault
    sealed = check.find_root(args.root)
    if fault is None and args.root and sealed is None:
        fault = "no seal has the root given by --root"
    facts = {
        "whole": fault is None,
        "entries": check.entries,
        "days_sealed": len(check.roots),
        "root": check.root,
        "fault": fault,
    }
    if args.root:
        day, nights = sealed or (None, None)
        facts["root_of"] = None if day is None else rfc3339.format_day(day)
        facts["nights_since"] = nights
    if args.json:
        output.print_json(facts)
    else:
        output.print_facts(facts)
    return Exit.YES if fault is None else Exit.NO


def _add_export_arguments(parser: ArgumentParser) -> None:
    options.add_common_options(parser)
    parser.add_argument("to", type=Path, metavar="FILE", help="a new file")


def _export(args: Namespace) -> Exit:
    args.file = None
    number = 0
    try:
        with args.to.open("xb") as file:
            for line in read_export_lines(args):
                file.write(line)
                number += 1
    except OSError as error:
        raise CommandFailure(
            f"{args.to}: {error.strerror}", "name a new file in a folder that exists"
        ) from error
    if args.json:
        output.print_json({"file": str(args.to), "lines": number})
    else:
        print(f"{number} lines. To check the file: heed ledger verify {args.to}")
    return Exit.YES


def _add_prove_arguments(parser: ArgumentParser) -> None:
    options.add_common_options(parser)
    parser.add_argument(
        "entry", type=_parse_hash, metavar="ENTRY", help="id of the entry, as heed lookup --json shows it"
    )
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="that heed ledger export created")
    parser.add_argument(
        "--recipient",
        type=options.parse_non_empty_text,
        metavar="ID",
        help="also prove whose entry it is: adds the recipient id, the salt and the evidence",
    )
    parser.add_argument(
        "--purpose",
        choices=[purpose.value for purpose in DisclosurePurpose],
        default=DisclosurePurpose.DATA_SUBJECT.value,
        help="why --recipient discloses this; it is recorded (default: data-subject)",
    )


def _prove(args: Namespace) -> Exit:
    from heed.use_cases.ledger.prove import prove_entry

    try:
        proof = prove_entry(read_export_lines(args), args.entry)
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
    if args.recipient:
        proof["opening"] = _make_opening(args, proof["entry"])
    output.print_json(proof)
    return Exit.YES


def _make_opening(args: Namespace, entry: dict[str, Any]) -> dict[str, str]:
    """Returns what links an entry to a recipient: the salt and the evidence behind the entry's hashes.

    The disclosure is recorded in the register of disclosures first.
    """
    from heed.domain.errors import InvalidRecipient
    from heed.domain.ledger.entry import ledger_subject
    from heed.domain.recipients.recipient import parse_recipient

    stack = find_stack(args.stack)
    try:
        recipient = parse_recipient(args.recipient)
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
    now = Millis(time.time_ns() // 1_000_000)
    stack.heed.disclosures.append(DisclosureDetails(now, "proof", DisclosurePurpose(args.purpose), 1, "aws"))
    return {"recipient": recipient, "salt": salt.hex(), "evidence": evidence}


def _parse_hash(text: str) -> str:
    if len(text) != 64 or set(text) - set("0123456789abcdef"):
        raise ArgumentTypeError("must have 64 hex digits")
    return text


LEDGER_GROUP = Group(
    name="ledger",
    summary="verify, prove and export the evidence of all changes",
    commands=(
        Command(
            name="verify",
            summary="check that the ledger is complete and unaltered",
            details="Checks all revisions, hashes and roots, and names the first entry that is wrong or "
            "missing. With --root it also looks for the day with this root (root_of) and counts the nights "
            "that were sealed after it (nights_since). With a file it needs no network. Exit code 1 if "
            "something is wrong.",
            examples=(
                "heed ledger verify",
                f"heed ledger verify ledger.jsonl --root {_EXAMPLE_HASH}",
            ),
            add_arguments=_add_verify_arguments,
            run=_verify,
        ),
        Command(
            name="prove",
            summary="print the proof of an entry for a third party",
            details="Prints JSON: the entry, its seal, and the path between them. docs/evidence.md has a "
            "program that checks the proof.",
            examples=(
                f"heed ledger prove {_EXAMPLE_HASH}",
                f"heed ledger prove {_EXAMPLE_HASH} ledger.jsonl --recipient abcdefghijklmnopqrstuvwxya",
            ),
            add_arguments=_add_prove_arguments,
            run=_prove,
        ),
        Command(
            name="export",
            summary="write the whole ledger to a file that anybody can check",
            details="The file contains no personal data: no evidence, no salt, no recipient id.",
            examples=("heed ledger export ledger.jsonl",),
            add_arguments=_add_export_arguments,
            run=_export,
        ),
    ),
)
