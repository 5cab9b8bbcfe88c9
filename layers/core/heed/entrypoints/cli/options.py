"""Options that several commands have, and kinds of values."""

from __future__ import annotations

from argparse import SUPPRESS, ArgumentParser, ArgumentTypeError

from heed.domain.api_key import is_visible_text
from heed.domain.preferences.register import Source


def add_common_options(parser: ArgumentParser) -> None:
    """Which stack, and for whom to print; no default here, so that they may stand before the command."""
    parser.add_argument(
        "--stack",
        type=non_empty_text,
        default=SUPPRESS,
        metavar="NAME",
        help="a deployed stack (default: the local one that runs here)",
    )
    parser.add_argument("--json", action="store_true", default=SUPPRESS, help="for machines")


def add_source_option(parser: ArgumentParser) -> None:
    """By which way it came, as an agent may say it."""
    ways = [each.value for each in Source.reportable()]
    parser.add_argument("--source", required=True, choices=ways, help="how it came")


def non_empty_text(text: str) -> str:
    """A text that says something."""
    if not text.strip():
        raise ArgumentTypeError("must not be blank")
    return text


def visible_text(text: str) -> str:
    """A text that says something, and nothing that a reader cannot see."""
    if not is_visible_text(text):
        raise ArgumentTypeError("holds a sign that nobody sees; write it anew")
    return non_empty_text(text)
