"""`heed doctor`: finds what is wrong with a stack, a message, or an unsubscribe URL."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from heed import clock
from heed.domain.errors import MalformedMessage
from heed.entrypoints.cli import options, output
from heed.entrypoints.cli.command import command
from heed.entrypoints.cli.failure import Exit, WrongUsage
from heed.entrypoints.cli.find_stack import find_stack
from heed.entrypoints.cli.progress import show_progress

if TYPE_CHECKING:
    from heed.doctor.findings import DoctorFinding

_MAX_MESSAGE = 64 * 1_048_576  # bytes
_MAX_PORT = 65_535


def _parse_dns_server(_context: click.Context, _parameter: click.Parameter, text: str) -> tuple[str, int]:
    from ipaddress import ip_address

    if not text:
        return "", 0
    address, _, port = text.rpartition(":") if text.count(":") == 1 else (text, "", "53")
    try:
        server = str(ip_address(address))
    except ValueError as error:
        raise click.BadParameter(f"{text!r} is no IP address; an example: 192.0.2.53:53") from error
    if not port.isdecimal() or not 0 < int(port) <= _MAX_PORT:
        raise click.BadParameter(f"{port!r} is no port")
    return server, int(port)


@command(
    "doctor",
    "heed doctor --stack heed",
    "heed doctor --stack heed --press --send",
    "heed doctor message.eml",
    "heed doctor message.eml --press --mine",
    "heed doctor https://preferences.example.com/u/TOKEN",
    "heed doctor https://preferences.example.com/u/TOKEN --press --yes --json",
)
@click.argument(
    "subject",
    default="",
    metavar="[WHAT]",
    help="A file with a message as it arrived, or an unsubscribe URL (default: the stack).",
)
@click.option("--press", is_flag=True, help="Send the POST of one-click, which unsubscribes the person.")
@click.option("--send", is_flag=True, help="Send a mail of the stack that bounces, and wait for the bounce.")
@click.option("--mine", is_flag=True, help="The message was sent to me, so its link may be pressed.")
@click.option("--yes", "is_confirmed", is_flag=True, help="Press without asking.")
@click.option(
    "--dns",
    "dns_server",
    default="",
    callback=_parse_dns_server,
    metavar="ADDRESS",
    help="The DNS server that is asked, with a port or not (default: those of this machine).",
)
@options.common_options
def examine(
    common: options.CommonOptions,
    /,
    subject: str,
    *,
    press: bool,
    send: bool,
    mine: bool,
    is_confirmed: bool,
    dns_server: tuple[str, int],
) -> Exit:
    """Find what is wrong with a stack, a message or an unsubscribe URL.

    Of a message it shows what a mail client will do with it. Of a URL, of any sender, it shows whether it
    does what RFC 8058 requires. No redirect is followed, and the link of a message is not opened. Only
    --press and --send change anything, and a press asks first. That of a stack is by a recipient that is
    nobody. Exit code 1 if there is a fault, 3 if a check could not be made.
    docs/doctor.md explains each check. With --json: one object with all checks.
    """
    if send and subject:
        raise WrongUsage("only a stack sends a mail", "leave out --send")
    if not subject:
        findings = _examine_stack(common, dns_server, presses=press, sends=send, is_confirmed=is_confirmed)
    elif subject.lower().startswith(("https://", "http://")):
        findings = _examine_url(subject, presses=press, is_confirmed=is_confirmed)
    else:
        raw = _read_message(Path(subject))
        if press and not mine:
            raise WrongUsage(
                "a press unsubscribes the person to whom the message was sent", "add --mine if that is you"
            )
        findings = _examine_message(common, raw, dns_server)
        if press:
            findings += _press_link_of(raw, is_confirmed=is_confirmed)
    return _report(findings, as_json=common.json)


def _examine_stack(
    common: options.CommonOptions,
    dns_server: tuple[str, int],
    *,
    presses: bool,
    sends: bool,
    is_confirmed: bool,
) -> list[DoctorFinding]:
    from heed.doctor.dns_records import DnsClient
    from heed.doctor.stack import examine_stack
    from heed.doctor.unsubscribe_header import host_of

    stack = find_stack(common.stack)
    if presses and not is_confirmed:
        _confirm_press(host_of(stack.api))
    checks = examine_stack(stack, DnsClient(*dns_server), presses=presses, sends=sends)
    with show_progress(checks, "checks") as progress:
        return [*progress]


def _read_message(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            raw = file.read(_MAX_MESSAGE + 1)
    except OSError as error:
        raise WrongUsage(f"{path} cannot be read", error.strerror or "check the file") from error
    if len(raw) > _MAX_MESSAGE:
        raise WrongUsage(f"{path} is too large for a mail", "name a file with one message")
    return raw


def _examine_message(
    common: options.CommonOptions, raw: bytes, dns_server: tuple[str, int]
) -> list[DoctorFinding]:
    from heed.doctor.dns_records import DnsClient
    from heed.doctor.message import examine_message
    from heed.entrypoints.cli.link_topics import find_topics_of_links

    try:
        return examine_message(raw, DnsClient(*dns_server), find_topics_of_links(common.stack))
    except MalformedMessage as error:
        raise WrongUsage(str(error), "save the message as it arrived (.eml)") from error


def _press_link_of(raw: bytes, *, is_confirmed: bool) -> list[DoctorFinding]:
    from heed.doctor.message_header import parse_message_header
    from heed.doctor.unsubscribe_header import unsubscribe_url

    url = unsubscribe_url(parse_message_header(raw))
    return _examine_url(url, presses=True, is_confirmed=is_confirmed) if url else []


def _examine_url(url: str, *, presses: bool, is_confirmed: bool) -> list[DoctorFinding]:
    from heed.doctor.unsubscribe_header import host_of
    from heed.doctor.unsubscribe_url import examine_url

    if presses and not is_confirmed:
        _confirm_press(host_of(url))
    with show_progress(examine_url(url, clock.now(), presses=presses), "checks") as progress:
        return [*progress]


def _confirm_press(host: str) -> None:
    """Asks a person at a terminal before a press.

    Raises:
        WrongUsage: There is no terminal, or the answer is no.
    """
    question = f"A press unsubscribes the recipient of the link at {output.escape_for_terminal(host)}. Press?"
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise WrongUsage("nothing is pressed without a person who confirms it", "add --yes")
    try:
        is_confirmed = click.confirm(question, err=True)
    except click.Abort:
        is_confirmed = False
    if not is_confirmed:
        raise WrongUsage("nothing was pressed", "leave out --press to make the other checks")


def _report(findings: Sequence[DoctorFinding], *, as_json: bool) -> Exit:
    from heed.doctor.findings import CheckOutcome

    if as_json:
        output.print_json({"checks": [finding.to_json() for finding in findings]})
    else:
        rows = [{"result": item.result, "check": item.name, "seen": item.seen} for item in findings]
        output.print_table(("result", "check", "seen"), rows)
        for finding in findings:
            if finding.mend:
                print(f"\n{finding.name}: {output.escape_for_terminal(finding.mend)} ({finding.see})")
    if any(finding.result is CheckOutcome.FAULT for finding in findings):
        return Exit.NO
    return Exit.YES if all(finding.is_checked for finding in findings) else Exit.FAILED
