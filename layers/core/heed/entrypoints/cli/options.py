"""Options and arguments that several commands share, and types of arguments."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Concatenate, ParamSpec, TypeVar

import rich_click as click

from heed.domain import rfc3339
from heed.domain.api_key import is_visible_text
from heed.domain.errors import InvalidTime
from heed.domain.preferences.register import Source

_P = ParamSpec("_P")
_R = TypeVar("_R")


@dataclass(slots=True)
class CommonOptions:
    """The options that are permitted before and after the name of a command. The last one counts.

    Attributes:
        stack: The name of a deployed stack, or None for the local stack.
        json: Whether to print JSON.
    """

    stack: str | None = None
    json: bool = False


def validate_time_text(text: str) -> str:
    """Returns the text if it is a time or a date.

    Raises:
        BadParameter: It is neither. The message has an example of each.
    """
    try:
        rfc3339.parse_time(text)
    except InvalidTime as error:
        raise click.BadParameter(
            f"{text!r} is {error}; examples: 2026-03-05T10:12:44+01:00 and 2026-03-05"
        ) from error
    return text


def validate_non_empty_text(text: str) -> str:
    """Returns the text if it is not blank.

    Raises:
        BadParameter: It is blank.
    """
    if not text.strip():
        raise click.BadParameter("must not be blank")
    return text


def validate_visible_text(text: str) -> str:
    """Returns the text if it is not blank and has no invisible characters.

    Raises:
        BadParameter: It is blank or has an invisible character.
    """
    if not is_visible_text(text):
        raise click.BadParameter("contains an invisible character; type it again")
    return validate_non_empty_text(text)


def suggest(word: str, choices: Iterable[str]) -> str:
    """Returns " Did you mean …?" with the nearest choice, or "" if no choice is near."""
    return "".join(f" Did you mean {nearest!r}?" for nearest in get_close_matches(word, choices, n=1))


class NearestChoice(click.Choice[str]):
    """A choice that answers a mistyped word with the nearest value."""

    def get_invalid_choice_message(self, value: str, ctx: click.Context | None) -> str:
        """Returns Click's message with the nearest value."""
        return super().get_invalid_choice_message(value, ctx) + suggest(value, self.choices)


def choice_option(
    name: str,
    choices: Iterable[str],
    *,
    help: str,  # noqa: A002 - as Click has it
    **settings: Any,  # noqa: ANN401 - as Click has it
) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
    """Makes an option with a closed list of values, which its help names."""
    values = [str(choice) for choice in choices]
    metavar = name.removeprefix("--").upper()
    help_text = f"{help} One of: {', '.join(values)}."
    return click.option(name, type=NearestChoice(values), metavar=metavar, help=help_text, **settings)


def _set_stack(ctx: click.Context, _: click.Parameter, name: str | None) -> None:
    common = ctx.ensure_object(CommonOptions)
    common.stack = common.stack if name is None else name


def _set_json(ctx: click.Context, _: click.Parameter, is_set: bool) -> None:  # noqa: FBT001 - as Click has it
    common = ctx.ensure_object(CommonOptions)
    common.json = common.json or is_set


def common_options(function: Callable[Concatenate[CommonOptions, _P], _R]) -> Callable[_P, _R]:
    """Adds --stack and --json to a command, which gets them as its first argument."""
    stack = click.option(
        "--stack",
        type=validate_non_empty_text,
        metavar="NAME",
        expose_value=False,
        callback=_set_stack,
        help="A deployed stack (default: the local stack that runs here).",
    )
    json = click.option(
        "--json", is_flag=True, expose_value=False, callback=_set_json, help="Print JSON, for programs."
    )
    return stack(json(click.pass_obj(function)))


def text_option(name: str, help_text: str) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
    """Makes a required option with a text that is not blank."""
    return click.option(name, required=True, type=validate_non_empty_text, metavar="TEXT", help=help_text)


person_argument = click.argument(
    "person", metavar="ADDRESS", help="The address of the person, or the recipient id."
)
topic_name_option = click.option(
    "--topic", required=True, metavar="TOPIC", help="The topic, such as offers or meridian/offers."
)
source_option = choice_option("--source", Source.reportable(), required=True, help="How the request arrived.")
kept_reference_option = text_option(
    "--reference", "Where the call or letter is filed; without names, because it is kept after an erasure."
)
reason_option = text_option("--reason", "The reason.")
