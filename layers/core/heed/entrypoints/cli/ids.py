"""`heed ids`: computes recipient ids of the addresses on standard input, on this machine."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from heed.domain.errors import InvalidAddress
from heed.domain.recipients.address import normalise_address
from heed.domain.recipients.recipient import recipient_id
from heed.entrypoints.cli import output
from heed.entrypoints.cli.command import command
from heed.entrypoints.cli.failure import Exit
from heed.entrypoints.cli.find_stack import find_stack
from heed.entrypoints.cli.options import CommonOptions, common_options
from heed.entrypoints.cli.recipient_arguments import lines_at_a_time, read_standard_input

_INVALID = "invalid: "


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
        unread = iter(addresses)
        while batch := list(islice(unread, lines_at_a_time())):
            lines = identify_lines(batch, identity)
            if common.json:
                for address, line in zip(batch, lines, strict=True):
                    output.print_json({"address": address, **_to_fields(line)})
            else:
                print("\n".join(lines))
            if any(line.startswith(_INVALID) for line in lines):
                exit_code = Exit.NO
    return exit_code


def identify_lines(addresses: Iterable[str], identity: bytes) -> list[str]:
    """Returns the recipient id of each address, or `invalid: ` and what is wrong with it.

    Args:
        addresses: an address per line.
        identity: the key of recipient ids.
    """
    lines: list[str] = []
    add = lines.append
    for address in addresses:
        try:
            add(recipient_id(identity, normalise_address(address)))
        except InvalidAddress as error:
            add(f"{_INVALID}{error}")
    return lines


def _to_fields(line: str) -> dict[str, str | None]:
    if line.startswith(_INVALID):
        return {"recipient": None, "error": "invalid", "detail": line.removeprefix(_INVALID)}
    return {"recipient": line}
