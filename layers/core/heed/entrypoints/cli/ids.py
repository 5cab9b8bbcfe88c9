"""`heed ids`: computes recipient ids of the addresses on standard input, on this machine."""

from __future__ import annotations

from heed.domain.errors import InvalidAddress
from heed.domain.recipients.address import normalise_address
from heed.domain.recipients.recipient import recipient_id
from heed.entrypoints.cli import output
from heed.entrypoints.cli.command import command
from heed.entrypoints.cli.failure import Exit
from heed.entrypoints.cli.find_stack import find_stack
from heed.entrypoints.cli.options import CommonOptions, common_options
from heed.entrypoints.cli.recipient_arguments import read_standard_input


@command("ids", "heed ids < addresses.txt > ids.txt")
@common_options
def compute_ids(common: CommonOptions) -> Exit:
    """Compute recipient ids of the addresses on standard input.

    Reads one address per line and prints one id per line. Blank lines are ignored. The line of an invalid
    address says why, and the exit code is 1. The identity key comes from KMS with one call (kms:GenerateMac)
    and stays in memory. No address leaves this machine. With --json: an object per line.
    """
    identity = find_stack(common.stack).heed.identity_key.identity_key()
    exit_code = Exit.YES
    with read_standard_input() as addresses:
        for address in addresses:
            if not _print_id(identity, address, as_json=common.json):
                exit_code = Exit.NO
    return exit_code


def _print_id(identity: bytes, address: str, *, as_json: bool) -> bool:
    """Prints the id of an address, or what is wrong with it. Returns whether it has an id."""
    recipient, fault = None, ""
    try:
        recipient = recipient_id(identity, normalise_address(address))
    except InvalidAddress as error:
        fault = str(error)
    if as_json:
        fields = {"address": address, "recipient": recipient}
        output.print_json({**fields, "error": "invalid", "detail": fault} if recipient is None else fields)
    else:
        print(recipient or f"invalid: {fault}")
    return recipient is not None
