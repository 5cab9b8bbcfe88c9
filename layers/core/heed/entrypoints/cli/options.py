"""Options that several commands share, and types of arguments."""

from __future__ import annotations

from argparse import SUPPRESS, ArgumentParser, ArgumentTypeError
from collections.abc import Iterable

from heed.domain import rfc3339
from heed.domain.api_key import is_visible_text
from heed.domain.errors import InvalidTime
from heed.domain.preferences.register import Source


def add_common_options(parser: ArgumentParser) -> None:
    """Adds --stack and --json.

    They have no default here, so that the same options before the command keep their values.
    """
    parser.add_argument(
        "--stack",
        type=parse_non_empty_text,
        default=SUPPRESS,
        metavar="NAME",
        help="a deployed stack (default: the local stack that runs here)",
    )
    parser.add_argument("--json", action="store_true", default=SUPPRESS, help="print JSON, for programs")


def add_source_option(parser: ArgumentParser) -> None:
    """Adds --source with the sources that an agent may name."""
    sources = [source.value for source in Source.reportable()]
    parser.add_argument("--source", required=True, choices=sources, help="how the request came")


def suggest(word: str, choices: Iterable[str]) -> str:
    """Returns ", did you mean …?" with the nearest choice, or "" if no choice is near."""
    from difflib import get_close_matches

    nearest = get_close_matches(word, choices, n=1)
    return f", did you mean {nearest[0]}?" if nearest else ""


def parse_time_text(text: str) -> str:
    """Returns the text if it is a time or a date.

    Raises:
        ArgumentTypeError: It is neither. The message has an example of each.
    """
    try:
        rfc3339.parse_time(text)
    except InvalidTime as error:
        raise ArgumentTypeError(
            f"{text!r} is {error}; examples: 2026-03-05T10:12:44+01:00 and 2026-03-05"
        ) from error
    return text


def parse_non_empty_text(text: str) -> str:
    """Returns the text if it is not blank.

    Raises:
        ArgumentTypeError: It is blank.
    """
    if not text.strip():
        raise ArgumentTypeError("must not be blank")
    return text


def parse_visible_text(text: str) -> str:
    """Returns the text if it is not blank and has no invisible characters.

    Raises:
        ArgumentTypeError: It is blank or has an invisible character.
    """
    if not is_visible_text(text):
        raise ArgumentTypeError("contains an invisible character; type it again")
    return parse_non_empty_text(text)
