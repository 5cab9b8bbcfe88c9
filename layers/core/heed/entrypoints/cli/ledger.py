"""`heed ledger`: whether the evidence is whole, a copy of it, and the proof of an entry."""

from __future__ import annotations

import time
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from heed.domain import rfc3339
from heed.domain.errors import InvalidEvidence, MalformedMessage, NotFound, UnreadableRecord
from heed.domain.ledger.entry import LedgerEntry
from heed.domain.privacy.disclosure import DisclosureDetails, DisclosurePurpose
from heed.entrypoints.cli import options, output
from heed.entrypoints.cli.command import Command, Exit, Group
from heed.entrypoints.cli.failure import CommandFailure
from heed.entrypoints.cli.find_stack import find_stack
from heed.use_cases.ports.preferences import UnreadableItem

_LONGEST = 1 << 20  # bytes; no line of an export is longer, and a file may be anything

_EXAMPLE_HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


def export_lines(args: Namespace) -> Iterator[bytes]:
    """The ledger, from a file that was exported or from the stack."""
    if args.file is not None:
        try:
            with args.file.open("rb") as exported:
                yield from iter(lambda: exported.readline(_LONGEST), b"")
        except OSError as error:
            raise CommandFailure(
                f"{args.file}: {error.strerror}", "name a file of heed ledger export"
            ) from error
        return
    from heed.use_cases.ledger.export import export_ledger

    stack = find_stack(args.stack)
    try:
        yield from export_ledger(stack.heed.ledger, stack.heed.ledger_seals, time.time_ns() // 1_000_000)
    except UnreadableRecord as error:
        raise CommandFailure(
            "the stack holds an entry or a seal that is not what its name says",
            "keep a copy of the table",
        ) from error


def read_entries(args: Namespace) -> Iterator[LedgerEntry | UnreadableItem]:
    """The entries alone, and what stands for those that nobody can read."""
    from heed.use_cases.ledger.read_export import ExportedEntry, read_export

    try:
        for line in read_export(export_lines(args)):
            if isinstance(line.content, ExportedEntry):
                yield line.content.entry
            elif isinstance(line.content, UnreadableItem):
                yield line.content
    except MalformedMessage as error:
        raise _no_export(error) from error


def _no_export(error: MalformedMessage) -> CommandFailure:
    return CommandFailure(str(error), "heed ledger verify says whether the ledger is whole")


def add_file_argument(parser: ArgumentParser) -> None:
    """Where the ledger is read from."""
    options.add_common_options(parser)
    parser.add_argument(
        "file",
        nargs="?",
        type=Path,
        metavar="FILE",
        help="of heed ledger export (default: the stack itself)",
    )


def _to_verify(parser: ArgumentParser) -> None:
    add_file_argument(parser)
    parser.add_argument(
        "--root",
        type=_hash,
        metavar="ROOT",
        help="the root of any day as it was written down elsewhere",
    )


def _verify(args: Namespace) -> Exit:
    from heed.adapters.external_sort import ExternalSorter
    from heed.use_cases.ledger.verify import verify_ledger

    verdict = verify_ledger(export_lines(args), ExternalSorter)
    fault = verdict.fault
    under = verdict.under(args.root)
    if fault is None and args.root and under is None:
        fault = "no seal has the root that was named"
    facts = {
        "whole": fault is None,
        "entries": verdict.entries,
        "days_sealed": len(verdict.roots),
        "root": verdict.root,
        "fault": fault,
    }
    if args.root:
        day, nights = under or (None, None)
        facts["root_of"] = None if day is None else rfc3339.format_day(day)
        facts["nights_since"] = nights
    if args.json:
        output.print_json(facts)
    else:
        output.print_facts(facts)
    return Exit.YES if fault is None else Exit.NO


def _to_export(parser: ArgumentParser) -> None:
    options.add_common_options(parser)
    parser.add_argument("to", type=Path, metavar="FILE", help="that is not there yet")


def _export(args: Namespace) -> Exit:
    args.file = None
    number = 0
    try:
        with args.to.open("xb") as file:
            for line in export_lines(args):
                file.write(line)
                number += 1
    except OSError as error:
        raise CommandFailure(f"{args.to}: {error.strerror}", "name a file that is not there yet") from error
    if args.json:
        output.print_json({"file": str(args.to), "lines": number})
    else:
        print(f"{number} lines. Whoever has the file can check it: heed ledger verify {args.to}")
    return Exit.YES


def _to_prove(parser: ArgumentParser) -> None:
    options.add_common_options(parser)
    parser.add_argument("entry", type=_hash, metavar="ENTRY", help="its id, as heed lookup --json shows it")
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="of heed ledger export")
    parser.add_argument(
        "--recipient",
        type=options.non_empty_text,
        metavar="ID",
        help="add what shows whose entry it is: the recipient's id, salt and evidence",
    )
    parser.add_argument(
        "--purpose",
        choices=[purpose.value for purpose in DisclosurePurpose],
        default=DisclosurePurpose.DATA_SUBJECT.value,
        help="what --recipient gives it out for; goes on record (default: data-subject)",
    )


def _prove(args: Namespace) -> Exit:
    from heed.use_cases.ledger.prove import prove_entry

    try:
        proof = prove_entry(export_lines(args), args.entry)
    except MalformedMessage as error:
        raise _no_export(error) from error
    except InvalidEvidence as error:
        raise CommandFailure(str(error), "heed ledger verify names it; keep a copy of the ledger") from error
    except NotFound as error:
        raise CommandFailure(str(error), "a change has its entry some seconds after it was made") from error
    if args.recipient:
        proof["opening"] = _opening(args, proof["entry"])
    output.print_json(proof)
    return Exit.YES


def _opening(args: Namespace, entry: dict[str, Any]) -> dict[str, str]:
    """What links an entry to a recipient: the salt, and the evidence that it was committed with.

    It is on the register of disclosures before it is given out.
    """
    from heed.domain.errors import InvalidRecipient
    from heed.domain.ledger.entry import ledger_subject
    from heed.domain.recipients import recipient as recipients

    stack = find_stack(args.stack)
    try:
        recipient = recipients.parse_recipient(args.recipient)
    except InvalidRecipient as error:
        raise CommandFailure("that is no recipient id", "heed ids makes them of addresses") from error
    salt = stack.heed.preferences.read(recipient).salt
    kept = {one.entry.id: one.evidence for one in stack.heed.ledger.entries_of(entry["subject"])}
    evidence = kept.get(entry["id"])
    if ledger_subject(salt, recipient) != entry["subject"] or evidence is None:
        raise CommandFailure("the entry is not of that recipient, or nobody's any more", "see heed lookup")
    now = time.time_ns() // 1_000_000
    stack.heed.disclosures.append(DisclosureDetails(now, "proof", DisclosurePurpose(args.purpose), 1, "aws"))
    return {"recipient": recipient, "salt": salt.hex(), "evidence": evidence}


def _hash(text: str) -> str:
    if len(text) != 64 or set(text) - set("0123456789abcdef"):
        raise ArgumentTypeError("64 hex digits")
    return text


LEDGER_GROUP = Group(
    name="ledger",
    summary="the evidence: verify, prove, export",
    commands=(
        Command(
            name="verify",
            summary="whether the evidence is whole",
            details="Checks every number, every hash and every root, and names the first entry that does not "
            "fit or is missing. With --root also whether a root that was kept is that of a day, of which one "
            "(root_of), and how many nights were sealed on top of it (nights_since). From a file it needs no "
            "network. Exit code 1: something does not fit.",
            examples=(
                "heed ledger verify",
                f"heed ledger verify ledger.jsonl --root {_EXAMPLE_HASH}",
            ),
            arguments=_to_verify,
            run=_verify,
        ),
        Command(
            name="prove",
            summary="the proof of an entry, for a third party",
            details="Prints JSON: the entry, the seal it is under, and the path between them. "
            "docs/evidence.md has the lines that check it.",
            examples=(
                f"heed ledger prove {_EXAMPLE_HASH}",
                f"heed ledger prove {_EXAMPLE_HASH} ledger.jsonl --recipient abcdefghijklmnopqrstuvwxya",
            ),
            arguments=_to_prove,
            run=_prove,
        ),
        Command(
            name="export",
            summary="the whole ledger as a file that anybody can check",
            details="Nothing in it is about a person: no evidence, no salt, no recipient.",
            examples=("heed ledger export ledger.jsonl",),
            arguments=_to_export,
            run=_export,
        ),
    ),
)
