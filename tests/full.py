"""`pytest --full`: everything at length. Without it, what is long is a sample of itself.

In full a property is tried with twenty times the examples, machines run by the ten thousands, and
the browser sees every page in every size with all colours.
"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

_USUAL = 60
_TIMES = 20

# The machine's speed is no property of the code, so nothing here fails by time.
settings.register_profile(
    "usual",
    max_examples=_USUAL,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
)
settings.register_profile("full", settings.get_profile("usual"), max_examples=_USUAL * _TIMES)
settings.load_profile("usual")


def pytest_addoption(parser: pytest.Parser) -> None:
    """One option, for the workers of xdist too."""
    parser.addoption("--full", action="store_true", help="everything at length")


def pytest_configure(config: pytest.Config) -> None:
    """Before any property is made."""
    if config.option.full:
        settings.load_profile("full")


def examples(number: int) -> settings:
    """Of a property that is so slow, or so rarely right, that it has another number of examples."""
    return settings(max_examples=number * settings().max_examples // _USUAL)
