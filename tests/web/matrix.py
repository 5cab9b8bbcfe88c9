"""Chooses the sizes and colours in which a page is tested: every pair of values, or all combinations.

Four things differ: the page's state, its language, the size and the colours. In full, all combinations are
tested. Pairwise, each state is tested in each language once, and the size and the colours change in step
from one to the next. There are more languages than sizes, and the number of sizes is no multiple of the
number of colours, so every two values of any two things still occur together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product
from typing import Any

SIZES = ("320 px", "1280 px", "200 %", "text at 200 %")
COLOURS = ("light", "dark", "forced")
LANGUAGES = ("de", "en", "es", "fr", "ja")

Visit = dict[str, Any]


def with_looks(visits: Iterable[Visit], *, full: bool) -> Iterator[Visit]:
    """Adds to each visit its `looks`: pairs of a size and colours.

    A visit has a `state` and a `language`. A page that exists in one language only has no `language` and is
    tested in all combinations.
    """
    states: dict[str, int] = {}
    for visit in visits:
        number = states.setdefault(visit["state"], len(states))
        everything = full or "language" not in visit
        looks = (
            list(product(SIZES, COLOURS))
            if everything
            else [one_look(number, LANGUAGES.index(visit["language"]))]
        )
        yield {**visit, "looks": looks}


def one_look(state: int, language: int) -> tuple[str, str]:
    """Returns the size and the colours of a state, by number, in a language."""
    place = state + language
    return SIZES[place % len(SIZES)], COLOURS[place % len(COLOURS)]
