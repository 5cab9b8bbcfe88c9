"""`heed alarm`: the section of the runbook that explains an alarm."""

from __future__ import annotations

import re
from pathlib import Path

import rich_click as click

from heed.entrypoints.cli.command import command
from heed.entrypoints.cli.failure import CommandFailure, Exit
from heed.entrypoints.cli.options import suggest

_RUNBOOK = Path("docs", "reference", "alarms.md")
_CLONE = Path(__file__).parents[5]  # the clone, if this package is installed from it as editable
_SECTION = re.compile(r"^### Alarm: (.+)\n\n((?:(?!#{2,3} ).*\n)*)", re.MULTILINE)


def _complete_name(_context: click.Context, _parameter: click.Parameter, start: str) -> list[str]:
    """Returns the alarms whose names start like this, for the completion of a shell."""
    try:
        return [slug for slug in _read_sections() if slug.startswith(start)]
    except CommandFailure:
        return []


@command("alarm", "heed alarm", "heed alarm ledger-age", "heed alarm heed-LedgerAgeAlarm-1A2B3C4D")
@click.argument(
    "words",
    nargs=-1,
    metavar="[NAME]...",
    shell_complete=_complete_name,
    help="The alarm, as in its mail or in CloudWatch (default: list all).",
)
def explain_alarm(words: tuple[str, ...]) -> Exit:
    """Explain an alarm and what to do about it.

    Prints the section of the runbook (docs/reference/alarms.md) for an alarm. Without a name it lists all
    alarms. It needs neither a stack nor a network, but a clone of the repository: an installed package has no
    documents.
    """
    sections = _read_sections()
    if not words:
        print("\n".join(sections))
        return Exit.YES
    slug = _to_slug(" ".join(words))
    if slug not in sections:
        hint = suggest(slug, sections)
        raise click.UsageError(f"The runbook has no alarm {slug!r}.{hint} heed alarm lists all of them.")
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


def _read_sections() -> dict[str, str]:
    """Returns the section of each alarm in the runbook, by the alarm's name.

    Raises:
        CommandFailure: There is no runbook here.
    """
    for folder in (_CLONE, Path.cwd(), *Path.cwd().parents):
        if (path := folder / _RUNBOOK).is_file():
            return {_to_slug(title): text for title, text in _SECTION.findall(path.read_text("utf-8"))}
    raise CommandFailure(
        f"the file {_RUNBOOK} is not in this folder or above it",
        "run heed alarm in a clone of Heed's repository",
    )
