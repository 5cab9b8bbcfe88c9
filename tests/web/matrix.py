"""Chooses in which languages, sizes and colours each state of a page is tested.

With `--full`, all combinations are tested. Otherwise each page is tested in every language, and each of its
states in every size and with all colours. The states of a page take turns with the languages: one with many
states has each of them in one language, and one with few has a state in several.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product
from typing import Any

SIZES = ("320 px", "1280 px", "200 %", "text at 200 %")
COLOURS = ("light", "dark", "forced")
LANGUAGES = ("de", "en", "es", "fr", "ja")

Visit = dict[str, Any]
Look = tuple[str, str]
"""A size and the colours."""

_ALL_LOOKS = tuple(product(SIZES, COLOURS))


def with_looks(visits: Iterable[Visit], *, full: bool) -> Iterator[Visit]:
    """Yields the visits to be made, with their `looks`.

    Args:
        visits: Each state in each language. A visit has a `state` and a `language`, and may have the name of
            its `page`; otherwise that is the first word of the state. A page that exists in one language
            only has no `language` and is tested in all looks.
        full: Whether all combinations are tested.
    """
    visits = list(visits)
    states_of_pages: dict[str, list[str]] = {}
    for visit in visits:
        states = states_of_pages.setdefault(_page_of(visit), [])
        if visit["state"] not in states:
            states.append(visit["state"])
    seen: set[str] = set()
    for number, visit in enumerate(visits):
        if full or "language" not in visit:
            yield {**visit, "looks": _ALL_LOOKS}
        elif _is_turn_of(visit["language"], visit["state"], states_of_pages[_page_of(visit)]):
            looks = list(each_size(number))
            yield {**visit, "looks": looks[:1] if visit["state"] in seen else looks}
            seen.add(visit["state"])


def each_size(turn: int) -> Iterator[Look]:
    """Yields every size, with colours that change from one to the next and begin with another each turn."""
    for place, size in enumerate(SIZES):
        yield size, COLOURS[(turn + place) % len(COLOURS)]


def _page_of(visit: Visit) -> str:
    return str(visit.get("page") or visit["state"].split()[0].rstrip(",:"))


def _is_turn_of(language: str, state: str, states: list[str]) -> bool:
    place = LANGUAGES.index(language)
    return states.index(state) % len(LANGUAGES) == place % len(states)
