"""Options that several commands have, and kinds of values."""

from __future__ import annotations

from argparse import SUPPRESS, ArgumentParser, ArgumentTypeError

from heed.domain.api_key import is_visible
from heed.domain.preferences.register import Source


def common(parser: ArgumentParser) -> None:
    """Which stack, and for whom to print; no default here, so that they may stand before the command."""
    parser.add_argument(
        "--stack",
        type=filled,
        default=SUPPRESS,
        metavar="NAME",
        help="a deployed stack (default: the local one that runs here)",
    )
    parser.add_argument("--json", action="store_true", default=SUPPRESS, help="for machines")


def source(parser: ArgumentParser) -> None:
    """By which way it came, as an agent may say it."""
    ways = [each.value for each in Source.reportable()]
    parser.add_argument("--source", required=True, choices=ways, help="how it came")


def filled(text: str) -> str:
    """A text that says something."""
    if not text.strip():
        raise ArgumentTypeError("must not be blank")
    return text


def visible(text: str) -> str:
    """A text that says something, and nothing that a reader cannot see."""
    if not is_visible(text):
        raise ArgumentTypeError("holds a sign that nobody sees; write it anew")
    return filled(text)
