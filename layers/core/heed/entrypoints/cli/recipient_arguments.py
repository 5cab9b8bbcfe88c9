"""Reads addresses and recipient ids from the command line and from standard input."""

from __future__ import annotations

import sys
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain, groupby, islice
from typing import NamedTuple

from heed.domain.errors import InvalidRecipient
from heed.domain.recipients.recipient import parse_recipient
from heed.entrypoints.cli.failure import WrongUsage
from heed.entrypoints.cli.progress import show_progress

MAX_PEOPLE_PER_REQUEST = 1_000
LINES_AT_A_TIME = 1_000


class PeopleBatch(NamedTuple):
    """People for one request: their addresses or ids, and the fields of the body that contain them."""

    names: list[str]
    fields: dict[str, list[str]]


def split_into_batches(texts: Iterable[str]) -> Iterator[PeopleBatch]:
    """Yields all people in order. Ids and addresses are in different batches, as the API requires."""
    for are_ids, run in groupby(texts, is_recipient_id):
        while names := list(islice(run, MAX_PEOPLE_PER_REQUEST)):
            yield PeopleBatch(names, {"recipients" if are_ids else "addresses": names})


def to_person_field(text: str) -> dict[str, str]:
    """Returns the field of a request body that names one person."""
    return {"recipient" if is_recipient_id(text) else "address": text}


def is_recipient_id(text: str) -> bool:
    """Returns whether a text is a recipient id. An address never is, because it contains an @."""
    try:
        parse_recipient(text)
    except InvalidRecipient:
        return False
    return True


@contextmanager
def read_standard_input() -> Iterator[Iterable[str]]:
    """Gives the block the lines of standard input that are not blank.

    It shows the progress if neither the input nor the output is a terminal.

    Raises:
        WrongUsage: All lines are blank, or there is none.
    """
    if sys.stdin.isatty():
        print("Type addresses, one per line; end with Ctrl-D", file=sys.stderr)
    if sys.stdin.isatty() or sys.stdout.isatty():
        yield _read_lines()
    else:
        with show_progress(_read_lines(), "lines") as lines:
            yield lines


def lines_at_a_time() -> int:
    """Returns how many lines of standard input are read together.

    A person who types sees the answer to each line before the next one.
    """
    return 1 if sys.stdin.isatty() else LINES_AT_A_TIME


def _read_lines() -> Iterator[str]:
    """Yields the lines of standard input that are not blank."""
    is_empty = True
    for text in decode_lines(sys.stdin.buffer, lines_at_a_time()):
        is_empty = False
        yield text
    if is_empty:
        raise WrongUsage("standard input has no address", "write one address per line")


def decode_lines(raw: Iterable[bytes], at_a_time: int = LINES_AT_A_TIME) -> Iterator[str]:
    """Yields the lines that are not blank, without a byte order mark and without space around them.

    Bytes that are not UTF-8 become lone surrogates. So the API refuses the line and does not take it for
    another address.

    Args:
        raw: the lines of a file.
        at_a_time: how many of them are read before the first one is returned.
    """
    lines = iter(raw)
    first = next(lines, b"").removeprefix(BOM_UTF8)  # some programs begin a file with it
    lines = chain([first], lines)
    while batch := b"".join(islice(lines, at_a_time)):
        for line in batch.decode("utf-8", "surrogateescape").split("\n"):
            if text := line.strip():
                yield text
