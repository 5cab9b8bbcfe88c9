"""Which sizes and colours a page is looked at in: every pair of what can differ, or all there is.

Four things differ: the page's state, its language, the size and the colours. In full that is their
product. Pairwise, each state is seen in each language once, and the size and the colours change
from one to the next in step; because there are more languages than sizes, and no size count is a
multiple of the colours', every two values of any two things still meet.
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
    """The visits, each with its `looks`: pairs of a size and colours.

    A visit has a `state`, and a `language` unless there is the page in one alone; then it is looked
    at in full.
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
    """The size and the colours of a state, by number, in a language."""
    place = state + language
    return SIZES[place % len(SIZES)], COLOURS[place % len(COLOURS)]
