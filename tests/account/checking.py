"""Runs checks. Each result is one line that compares the observation with the expectation."""

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

Value = TypeVar("Value")
Observe = Callable[["Target"], str]

# Errors of a check when the stack answers wrongly, in another format, or not at all.
_FAULTS = (HeedError, *FAILURES, OSError, ValueError, LookupError)


class Unexpected(Exception):
    """The observation differs from the expectation. The text is the observation."""


class Skipped(Exception):
    """The check cannot run now. The text says why, and how to run it."""


class Outcome(StrEnum):
    """The outcome of a check: the first word of its line."""

    OK = "ok"
    FAILED = "FAILED"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Check:
    """One check.

    Attributes:
        name: The subject of the check.
        expected: The expectation.
        observe: Returns the observation, or raises Unexpected or Skipped.
        only_in_an_account: Why the local stack cannot show it, or "" if it can.
    """

    name: str
    expected: str
    observe: Observe
    only_in_an_account: str = ""


@dataclass(frozen=True)
class Result:
    """The result of a check. `detail` is the observation, or the reason why there is none."""

    check: Check
    outcome: Outcome
    detail: str

    def __str__(self) -> str:
        line = f"{self.outcome:<7}  {self.check.name}: "
        if self.outcome is Outcome.SKIPPED:
            return f"{line}{self.detail}"
        return f"{line}expected {self.check.expected}; saw {self.detail}"


def check(expected: str, only_in_an_account: str = "") -> Callable[[Observe], Check]:
    """Returns a decorator that turns a function into a check with the function's name."""

    def decorate(observe: Observe) -> Check:
        return Check(observe.__name__.replace("_", " "), expected, observe, only_in_an_account)

    return decorate


def run_checks(checks: Iterable[Check], target: Target) -> Iterator[Result]:
    """Runs the checks in order. A check that fails does not stop the next ones."""
    for check_ in checks:
        yield _run_check(check_, target)


def _run_check(check_: Check, target: Target) -> Result:
    if target.is_local and check_.only_in_an_account:
        return Result(check_, Outcome.SKIPPED, f"needs an account: {check_.only_in_an_account}")
    try:
        return Result(check_, Outcome.OK, check_.observe(target))
    except Skipped as reason:
        return Result(check_, Outcome.SKIPPED, str(reason))
    except Unexpected as observation:
        return Result(check_, Outcome.FAILED, str(observation))
    except _FAULTS as fault:
        return Result(check_, Outcome.FAILED, _hide_addresses(f"{type(fault).__name__}: {fault}"))


def _hide_addresses(text: str) -> str:
    """Returns the text without addresses, because SES names the address that it refuses."""
    return re.sub(r"[^\s/:]+@[^\s,;]+", "…@…", text)


def wait_for(read: Callable[[], Value | None], seconds: int, otherwise: str) -> Value:
    """Returns the first true value of `read`.

    Args:
        read: Called once per second until its value is true.
        seconds: How long to wait.
        otherwise: The observation if there is no true value in time.

    Raises:
        Unexpected: There was no true value in time.
    """
    end = time.monotonic() + seconds
    while not (value := read()):
        if time.monotonic() > end:
            raise Unexpected(f"{otherwise} for {seconds} seconds")
        time.sleep(1)
    return value
