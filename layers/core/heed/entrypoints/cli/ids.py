"""`heed ids`: recipient ids of the addresses on standard input, computed on this machine."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from heed.domain.errors import InvalidAddress
from heed.domain.recipients.address import normalise_address
from heed.domain.recipients.recipient import recipient_id
from heed.entrypoints.cli import options, output
from heed.entrypoints.cli.command import Command, Exit
from heed.entrypoints.cli.find_stack import find_stack
from heed.entrypoints.cli.people import read_standard_input


def _arguments(parser: ArgumentParser) -> None:
    options.add_common_options(parser)


def _run(args: Namespace) -> Exit:
    identity = find_stack(args.stack).heed.identity_key.identity_key()
    ending = Exit.YES
    for address in read_standard_input():
        recipient, fault = None, ""
        try:
            recipient = recipient_id(identity, normalise_address(address))
        except InvalidAddress as error:
            fault = str(error)
            ending = Exit.NO
        if args.json:
            named = {"address": address, "recipient": recipient}
            output.print_json({**named, "error": "invalid", "detail": fault} if recipient is None else named)
        else:
            print(recipient or f"invalid: {fault}")
    return ending


IDS_COMMAND = Command(
    name="ids",
    summary="recipient ids of the addresses on standard input, computed here",
    details="Reads an address a line and prints an id a line; blank lines are left out. What is no address "
    "is called invalid on its line, with exit code 1. The identity key comes from KMS, with one call "
    "(kms:GenerateMac), and stays in memory; no address leaves this machine. With --json: an object a line.",
    examples=("heed ids < addresses.txt > ids.txt",),
    arguments=_arguments,
    run=_run,
)
