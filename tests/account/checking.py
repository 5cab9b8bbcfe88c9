"""What a check is, and how it is told: one line, with what was seen against what is expected."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from heed.adapters.aws import FAILURES
from heed.domain.errors import HeedError

if TYPE_CHECKING:
    from tests.account.target import Target

Found = TypeVar("Found")
Look = Callable[["Target"], str]

# What a stack that misbehaves does to a check: it answers wrongly, in another form, or not at all.
_FAULTS = (HeedError, *FAILURES, OSError, ValueError, LookupError)


class Unexpected(Exception):
    """What was seen is not what is expected; the text says what was seen."""


class Skipped(Exception):
    """It cannot be seen in this run; the text says why, and what to do to see it."""


class Word(StrEnum):
    """The first word of a line."""

    OK = "ok"
    FAILED = "FAILED"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Check:
    """One check.

    Attributes:
        name: what is looked at.
        expected: what must be seen.
        look: looks, and returns what it saw; raises Unexpected or Skipped.
        only_in_an_account: why the local stack cannot show it; empty: it can.
    """

    name: str
    expected: str
    look: Look
    only_in_an_account: str = ""


@dataclass(frozen=True)
class Result:
    """What became of a check; `said` is what was seen, or why nothing was."""

    check: Check
    word: Word
    said: str

    def __str__(self) -> str:
        line = f"{self.word:<7}  {self.check.name}: "
        if self.word is Word.SKIPPED:
            return f"{line}{self.said}"
        return f"{line}expected {self.check.expected}; saw {self.said}"


def check(expected: str, only_in_an_account: str = "") -> Callable[[Look], Check]:
    """Make a function a check of its name, with the expectation next to it."""

    def of(look: Look) -> Check:
        return Check(look.__name__.replace("_", " "), expected, look, only_in_an_account)

    return of


def run(checks: Iterable[Check], target: Target) -> Iterator[Result]:
    """Run them in this order; one that fails stops none of those behind it."""
    for each in checks:
        yield _run(each, target)


def _run(each: Check, target: Target) -> Result:
    if target.is_local and each.only_in_an_account:
        return Result(each, Word.SKIPPED, f"needs an account: {each.only_in_an_account}")
    try:
        return Result(each, Word.OK, each.look(target))
    except Skipped as reason:
        return Result(each, Word.SKIPPED, str(reason))
    except Unexpected as seen:
        return Result(each, Word.FAILED, str(seen))
    except _FAULTS as fault:
        return Result(each, Word.FAILED, _without_addresses(f"{type(fault).__name__}: {fault}"))


def _without_addresses(text: str) -> str:
    """SES names the address that it refuses."""
    return re.sub(r"[^\s/:]+@[^\s,;]+", "…@…", text)


def soon(look: Callable[[], Found | None], seconds: int, otherwise: str) -> Found:
    """What is found within so many seconds.

    Raises:
        Unexpected: nothing was; `otherwise` says what that means.
    """
    end = time.monotonic() + seconds
    while not (found := look()):
        if time.monotonic() > end:
            raise Unexpected(f"{otherwise} for {seconds} seconds")
        time.sleep(1)
    return found
