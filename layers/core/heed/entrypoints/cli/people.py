"""How people are named on a command line: by address, or by recipient id in its place."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from typing import NamedTuple

from heed.domain.errors import InvalidRecipient
from heed.domain.recipients.recipient import parse_recipient
from heed.entrypoints.cli.failure import WrongUsage

MAX_PEOPLE_A_REQUEST = 1_000  # people a request


class PeopleBatch(NamedTuple):
    """People for one request: as they were named, and the fields of the body that name them."""

    named: list[str]
    fields: dict[str, list[str]]


def people_batches(texts: Iterable[str]) -> Iterator[PeopleBatch]:
    """Everybody, in order; ids and addresses in different requests, as the API has it."""
    for are_ids, run in groupby(texts, is_recipient_id):
        while named := list(islice(run, MAX_PEOPLE_A_REQUEST)):
            yield PeopleBatch(named, {"recipients" if are_ids else "addresses": named})


def person_field(text: str) -> dict[str, str]:
    """The field of a body that names one person."""
    return {"recipient" if is_recipient_id(text) else "address": text}


def is_recipient_id(text: str) -> bool:
    """Whether a text is a recipient id; no address is, for want of an @."""
    try:
        parse_recipient(text)
    except InvalidRecipient:
        return False
    return True


def read_standard_input() -> Iterator[str]:
    """The lines of standard input that are not blank.

    What is not UTF-8 stays recognisable (as lone surrogates), so that it is refused and not mistaken
    for another address.
    """
    if sys.stdin.isatty():
        print("Addresses, one per line; end with Ctrl-D", file=sys.stderr)
    empty = True
    mark = "\ufeff"  # that some programs begin a file with
    for line in sys.stdin.buffer:
        text = line.decode("utf-8", "surrogateescape").removeprefix(mark).strip()
        mark = ""
        if text:
            empty = False
            yield text
    if empty:
        raise WrongUsage("standard input has no address", "give one per line")
