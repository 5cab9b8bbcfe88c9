"""`heed ids`: computes recipient ids of the addresses on standard input, on this machine."""

from __future__ import annotations

from argparse import Namespace

from heed.domain.errors import InvalidAddress
from heed.domain.recipients.address import normalise_address
from heed.domain.recipients.recipient import recipient_id
from heed.entrypoints.cli import options, output
from heed.entrypoints.cli.command import Command, Exit
from heed.entrypoints.cli.find_stack import find_stack
from heed.entrypoints.cli.recipient_arguments import read_standard_input


def _run(args: Namespace) -> Exit:
    identity = find_stack(args.stack).heed.identity_key.identity_key()
    exit_code = Exit.YES
    for address in read_standard_input():
        recipient, fault = None, ""
        try:
            recipient = recipient_id(identity, normalise_address(address))
        except InvalidAddress as error:
            fault = str(error)
            exit_code = Exit.NO
        if args.json:
            fields = {"address": address, "recipient": recipient}
            output.print_json(
                {**fields, "error": "invalid", "detail": fault} if recipient is None else fields
            )
        else:
            print(recipient or f"invalid: {fault}")
    return exit_code


IDS_COMMAND = Command(
    name="ids",
    summary="compute recipient ids of the addresses on standard input",
    details="Reads one address per line and prints one id per line. Blank lines are ignored. The line of an "
    "invalid address says why, and the exit code is 1. The identity key comes from KMS with one call "
    "(kms:GenerateMac) and stays in memory. No address leaves this machine. With --json: an object per line.",
    examples=("heed ids < addresses.txt > ids.txt",),
    add_arguments=options.add_common_options,
    run=_run,
)
