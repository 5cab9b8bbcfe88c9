"""Options that several commands have, and kinds of values."""

from __future__ import annotations

from argparse import SUPPRESS, ArgumentParser, ArgumentTypeError

from heed.domain.api_key import is_visible


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
