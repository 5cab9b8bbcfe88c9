"""`pytest --full`: everything at length. Without it, what is long is a sample of itself.

In full a property is tried with twenty times the examples, machines run by the ten thousands, and
the browser sees every page in every size with all colours. With `--quick` a property is tried with a
third of the examples: `make check` does so before a commit, `make test` does not. With `--few` a property
is tried with three examples: for a run that only records which calls of AWS are made.
"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

_USUAL = 60
_TIMES = 20
_QUICK = 20
_FEW = 3

# The machine's speed is no property of the code, so nothing here fails by time.
settings.register_profile(
    "usual",
    max_examples=_USUAL,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
)
settings.register_profile("full", settings.get_profile("usual"), max_examples=_USUAL * _TIMES)
settings.register_profile("quick", settings.get_profile("usual"), max_examples=_QUICK)
settings.register_profile("few", settings.get_profile("usual"), max_examples=_FEW)
settings.load_profile("usual")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Three options, for the workers of xdist too."""
    parser.addoption("--full", action="store_true", help="everything at length")
    parser.addoption("--quick", action="store_true", help="a third of the examples of each property")
    parser.addoption("--few", action="store_true", help="three examples of each property")


def pytest_configure(config: pytest.Config) -> None:
    """Before any property is made."""
    for profile in ("full", "quick", "few"):
        if config.getoption(profile):
            settings.load_profile(profile)
            break


def examples(number: int) -> settings:
    """Of a property that is so slow, or so rarely right, that it has another number of examples."""
    return settings(max_examples=max(1, number * settings().max_examples // _USUAL))
