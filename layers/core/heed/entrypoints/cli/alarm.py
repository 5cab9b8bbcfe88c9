"""`heed alarm`: the section of the runbook that explains an alarm."""

from __future__ import annotations

import re
from argparse import ArgumentParser, Namespace
from pathlib import Path

from heed.entrypoints.cli import options
from heed.entrypoints.cli.command import Command, Exit
from heed.entrypoints.cli.failure import CommandFailure, WrongUsage

_RUNBOOK = Path("docs", "reference", "alarms.md")
_CLONE = Path(__file__).parents[5]  # the clone, if this package is installed from it as editable
_SECTION = re.compile(r"^### Alarm: (.+)\n\n((?:(?!#{2,3} ).*\n)*)", re.MULTILINE)


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "name",
        nargs="*",
        metavar="NAME",
        help="of the alarm, as in its mail or in CloudWatch (default: list all)",
    )


def _run(args: Namespace) -> Exit:
    sections = {_to_slug(title): text for title, text in _SECTION.findall(_read_runbook())}
    if not args.name:
        print("\n".join(sections))
        return Exit.YES
    slug = _to_slug(" ".join(args.name))
    if slug not in sections:
        hint = options.suggest(slug, sections)
        raise WrongUsage(f"the runbook has no alarm {slug}{hint}", "heed alarm lists all of them")
    print(f"{_RUNBOOK}#alarm-{slug}\n\n{sections[slug].strip()}")
    return Exit.YES


def _to_slug(name: str) -> str:
    """Returns the name of an alarm as in links: `ledger-age`.

    Args:
        name: The name in any form: `ledger age`, `docs/reference/alarms.md#alarm-ledger-age` as in the
            alarm's mail, or `heed-LedgerAgeAlarm-1A2B3C4D` as in CloudWatch.
    """
    if logical_id := re.search(r"([A-Z]\w+?)(?:Alarm|Rule)\b", name):
        name = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", logical_id[1])
    return name.lower().rpartition("#")[2].strip().replace(" ", "-").removeprefix("alarm-")


def _read_runbook() -> str:
    for folder in (_CLONE, Path.cwd(), *Path.cwd().parents):
        if (path := folder / _RUNBOOK).is_file():
            return path.read_text("utf-8")
    raise CommandFailure(
        f"the file {_RUNBOOK} is not in this folder or above it",
        "run heed alarm in a clone of Heed's repository",
    )


ALARM_COMMAND = Command(
    name="alarm",
    summary="explain an alarm and what to do about it",
    details="Prints the section of the runbook (docs/reference/alarms.md) for an alarm. Without a name it "
    "lists all alarms. It needs neither a stack nor a network, but a clone of the repository: an installed "
    "package has no documents.",
    examples=("heed alarm", "heed alarm ledger-age", "heed alarm heed-LedgerAgeAlarm-1A2B3C4D"),
    add_arguments=_add_arguments,
    run=_run,
)
