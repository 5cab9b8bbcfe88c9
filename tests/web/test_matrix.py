from __future__ import annotations

from itertools import combinations, product

import pytest

from tests.web.matrix import COLOURS, LANGUAGES, SIZES, with_looks

STATES = [f"state {number}" for number in range(30)]
VISITS = [{"state": state, "language": language} for language, state in product(LANGUAGES, STATES)]


@pytest.mark.parametrize("full", [True, False])
def test_every_pair_of_values_occurs(full: bool) -> None:
    seen = [
        (visit["state"], visit["language"], *look)
        for visit in with_looks(VISITS, full=full)
        for look in visit["looks"]
    ]
    values = (STATES, LANGUAGES, SIZES, COLOURS)
    for first, second in combinations(range(len(values)), 2):
        met = {(look[first], look[second]) for look in seen}
        assert met == set(product(values[first], values[second]))


def test_each_state_is_tested_in_every_size_and_colour() -> None:
    for state in STATES:
        only = [visit for visit in VISITS if visit["state"] == state]
        looks = [look for visit in with_looks(only, full=False) for look in visit["looks"]]
        assert [{look[place] for look in looks} for place in (0, 1)] == [set(SIZES), set(COLOURS)]


def test_in_full_each_page_is_tested_in_every_size_and_colour() -> None:
    assert {len(visit["looks"]) for visit in with_looks(VISITS, full=True)} == {12}
    assert {len(visit["looks"]) for visit in with_looks(VISITS, full=False)} == {1}


def test_a_page_of_one_language_is_always_tested_in_full() -> None:
    (visit,) = with_looks([{"state": "the local page"}], full=False)
    assert set(visit["looks"]) == set(product(SIZES, COLOURS))
