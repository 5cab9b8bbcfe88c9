"""The options `--full` and `--quick` of pytest, which set the length of long tests.

By default, a long test runs only a sample. With `--full`, a property is tested with twenty times the
examples, state machines run tens of thousands of times, and the browser opens each page in each size with
all colours. With `--quick`, a property is tested with three examples, a function is killed after some of its
calls, no growth is measured, and no requests are generated from openapi.yaml. That is for `make check`, and
enough to record AWS calls.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, settings

T = TypeVar("T")

_DEFAULT_EXAMPLES = 60
_FULL_FACTOR = 20
_QUICK_EXAMPLES = 3
_QUICK_PART = 5  # with --quick, of so many calls the function is killed after one

# The speed of the machine is not a property of the code, so no test fails because of time.
settings.register_profile(
    "usual",
    max_examples=_DEFAULT_EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
)
settings.register_profile(
    "full", settings.get_profile("usual"), max_examples=_DEFAULT_EXAMPLES * _FULL_FACTOR
)
settings.register_profile("quick", settings.get_profile("usual"), max_examples=_QUICK_EXAMPLES)
settings.load_profile("usual")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the options. The workers of xdist get them as well."""
    parser.addoption("--full", action="store_true", help="run long tests completely")
    parser.addoption("--quick", action="store_true", help="run a small part of long tests")


def pytest_configure(config: pytest.Config) -> None:
    """Loads the profile before any property is created."""
    for profile in ("full", "quick"):
        if config.getoption(profile):
            settings.load_profile(profile)
            break


def examples(number: int) -> settings:
    """Returns settings with another number of examples, for a property that is slow or rarely applies."""
    return settings(max_examples=max(1, number * settings().max_examples // _DEFAULT_EXAMPLES))


def is_full() -> bool:
    """Returns whether this is a run with `--full`."""
    return settings().max_examples > _DEFAULT_EXAMPLES


def is_quick() -> bool:
    """Returns whether this is a run with `--quick`."""
    return settings().max_examples < _DEFAULT_EXAMPLES


def some_of(numbers: Sequence[int]) -> Sequence[int]:
    """Returns all numbers; with `--quick` every fifth one, which the seed of the run chooses."""
    if not is_quick():
        return numbers
    return numbers[random.randrange(_QUICK_PART) :: _QUICK_PART]  # noqa: S311


def part_of(cases: Sequence[T], part: int) -> Sequence[T]:
    """Returns all cases with `--full`; otherwise one of so many, which the seed of the run chooses."""
    return cases if is_full() else cases[random.randrange(part) :: part]  # noqa: S311
