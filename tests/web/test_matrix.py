"""Tests the choice of languages, sizes and colours."""

from __future__ import annotations

from itertools import product

import pytest

from tests.web.matrix import COLOURS, LANGUAGES, SIZES, Visit, with_looks

STATES = [
    f"page{page}, state {number}" for page, count in enumerate((1, 2, 4, 5, 7, 18)) for number in range(count)
]
VISITS: list[Visit] = [
    {"state": state, "language": language} for language, state in product(LANGUAGES, STATES)
]


def looks_of(visits: list[Visit], *, full: bool) -> list[tuple[str, str, str, str]]:
    return [
        (visit["state"], visit["language"], *look)
        for visit in with_looks(visits, full=full)
        for look in visit["looks"]
    ]


def test_in_full_all_combinations_are_tested() -> None:
    looks = looks_of(VISITS, full=True)
    assert sorted(looks) == sorted(product(STATES, LANGUAGES, SIZES, COLOURS))


def test_each_page_is_tested_in_every_language() -> None:
    seen = {(state.split(",")[0], language) for state, language, *_ in looks_of(VISITS, full=False)}
    assert seen == set(product({state.split(",")[0] for state in STATES}, LANGUAGES))


@pytest.mark.parametrize("state", STATES)
def test_each_state_is_tested_in_every_size_and_colour(state: str) -> None:
    seen = [(size, colours) for each, _, size, colours in looks_of(VISITS, full=False) if each == state]
    assert {size for size, _ in seen} == set(SIZES)
    assert {colours for _, colours in seen} == set(COLOURS)


def test_every_size_occurs_in_all_colours_and_every_language_in_every_look() -> None:
    seen = {look[1:] for look in looks_of(VISITS, full=False)}
    assert {look[1:] for look in seen} == set(product(SIZES, COLOURS))
    assert {look[:2] for look in seen} == set(product(LANGUAGES, SIZES))
    assert {(language, colours) for language, _, colours in seen} == set(product(LANGUAGES, COLOURS))


def test_no_look_is_repeated_and_a_state_is_tested_again_only_for_another_language() -> None:
    looks = looks_of(VISITS, full=False)
    assert len(looks) == len(set(looks))
    visits = [(visit["state"], visit["language"]) for visit in with_looks(VISITS, full=False)]
    assert len(visits) == len(set(visits)) < len(VISITS) / 2


def test_the_page_of_a_visit_may_be_named() -> None:
    states = [{"page": page, "state": f"desk: {page}"} for page in ("home", "person")]
    visits = [{**state, "language": language} for language, state in product(LANGUAGES, states)]
    assert len(list(with_looks(visits, full=False))) == len(visits)


def test_a_page_of_one_language_is_always_tested_in_full() -> None:
    (visit,) = with_looks([{"state": "the local page"}], full=False)
    assert set(visit["looks"]) == set(product(SIZES, COLOURS))
