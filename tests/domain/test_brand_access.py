"""Access that is limited to brands: the part of the catalogue that it has."""

from __future__ import annotations

import pytest

from heed.domain.errors import ScopeNotAllowed, UnknownScope
from heed.domain.preferences.brand_access import ALL_BRANDS, BrandAccess
from heed.domain.preferences.register import ScopeNumber
from tests.support.catalogues import CATALOGUE, SCOPES
from tests.support.registers import scope_numbers

AURORA = BrandAccess(frozenset({ScopeNumber(10)}))
BOTH = BrandAccess(frozenset(scope_numbers(1, 10)))


def test_without_a_limit_the_catalogue_is_whole() -> None:
    assert ALL_BRANDS.narrow(CATALOGUE) is CATALOGUE
    assert all(map(CATALOGUE.may_show, scope_numbers(*SCOPES)))


def test_the_part_of_a_brand_has_its_topics_and_nothing_of_all_brands() -> None:
    part = AURORA.narrow(CATALOGUE)

    assert (set(part.brands), set(part.topics)) == ({10}, {11, 17, 18})
    assert {scope for scope in scope_numbers(*SCOPES) if part.may_show(scope)} == {10, 11, 17, 18}
    assert [topic.number for topic in part.marketing_topics(ScopeNumber(0))] == [11, 17]
    assert part.signal_topics() == []


def test_access_to_each_brand_is_not_access_to_all() -> None:
    part = BOTH.narrow(CATALOGUE)

    assert {scope for scope in scope_numbers(*SCOPES) if not part.may_show(scope)} == {0, 7}


@pytest.mark.parametrize("name", ["*", "meridian", "offers", "meridian/offers", "targeted-advertising"])
def test_a_scope_of_another_brand_is_refused_by_its_name(name: str) -> None:
    with pytest.raises(ScopeNotAllowed):
        AURORA.narrow(CATALOGUE).scope_number(name)


def test_a_name_that_no_scope_has_is_unknown() -> None:
    with pytest.raises(UnknownScope) as raised:
        AURORA.narrow(CATALOGUE).scope_number("aurora/none")
    assert not isinstance(raised.value, ScopeNotAllowed)


def test_topics_of_the_brand_keep_their_names() -> None:
    part = AURORA.narrow(CATALOGUE)

    assert [part.scope_name(number) for number in part.topics] == [
        *("aurora/offers", "aurora/news", "aurora/repairs")
    ]
    assert part.topic_by_name("aurora/offers").number == 11


@pytest.mark.parametrize("number", [0, 2, 7, 99], ids=["all", "a topic", "a signal", "gone"])
def test_a_number_that_is_no_brand_grants_nothing(number: int) -> None:
    part = BrandAccess(frozenset({ScopeNumber(number)})).narrow(CATALOGUE)

    assert not part.brands and not part.topics
    assert not any(map(part.may_show, scope_numbers(*SCOPES)))


def test_no_brand_at_all_is_no_access() -> None:
    assert BrandAccess(frozenset()).is_limited
    assert not BrandAccess(frozenset()).narrow(CATALOGUE).topics
