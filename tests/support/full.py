"""The options `--full` and `--quick` of pytest, which set the length of long tests.

By default, a long test runs only a sample. With `--full`, a property is tested with forty times the
examples, state machines run tens of thousands of times, and the browser opens each page in each language and
size with all colours. With `--quick`, a property is tested with three examples, a function is killed after
fewer of its calls, no growth is measured, and no requests are generated from openapi.yaml. That is for
`make check`, and enough to record AWS calls.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, settings

T = TypeVar("T")

_DEFAULT_EXAMPLES = 30
_FULL_EXAMPLES = 1_200
_QUICK_EXAMPLES = 3
_LEAST_EXAMPLES = 10
_PART, _QUICK_PART = 3, 5  # of so many calls, the function is killed after one

# The speed of the machine is not a property of the code, so no test fails because of time.
settings.register_profile(
    "usual",
    max_examples=_DEFAULT_EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
)
settings.register_profile("full", settings.get_profile("usual"), max_examples=_FULL_EXAMPLES)
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
    """Returns settings with another number of examples, for a property that is slow or rarely applies.

    Args:
        number: How many examples it has where others have 60. With `--full` that is twenty times as many,
            and by default half of them, but not less than ten.
    """
    least = 1 if is_quick() else min(number, _LEAST_EXAMPLES)
    return settings(max_examples=max(least, number * settings().max_examples // 60))


def is_full() -> bool:
    """Returns whether this is a run with `--full`."""
    return settings.get_current_profile_name() == "full"  # a property has its own number of examples


def is_quick() -> bool:
    """Returns whether this is a run with `--quick`."""
    return settings.get_current_profile_name() == "quick"


def some_of(numbers: Sequence[int]) -> Sequence[int]:
    """Returns every third number, which the seed of the run chooses.

    With `--quick` it returns every fifth one, and with `--full` all of them.
    """
    return part_of(numbers, _QUICK_PART if is_quick() else _PART)


def part_of(cases: Sequence[T], part: int) -> Sequence[T]:
    """Returns one of so many cases, which the seed of the run chooses; with `--full` all of them."""
    return cases if is_full() else cases[random.randrange(part) :: part]  # noqa: S311
