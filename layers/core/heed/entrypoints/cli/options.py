"""Options that several commands have, and kinds of values."""

from __future__ import annotations

from argparse import SUPPRESS, ArgumentParser, ArgumentTypeError
from collections.abc import Iterable

from heed.domain import rfc3339
from heed.domain.api_key import is_visible_text
from heed.domain.errors import InvalidTime
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


def suggest(word: str, choices: Iterable[str]) -> str:
    """Returns the question after the nearest choice (", did you mean …?"), or "" where none is near."""
    from difflib import get_close_matches

    nearest = get_close_matches(word, choices, n=1)
    return f", did you mean {nearest[0]}?" if nearest else ""


def time_text(text: str) -> str:
    """Returns a time or a date as it was given, if it is one."""
    try:
        rfc3339.parse_time(text)
    except InvalidTime as error:
        raise ArgumentTypeError(f"{text!r} is {error}: 2026-03-05T10:12:44+01:00, or 2026-03-05") from error
    return text


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
