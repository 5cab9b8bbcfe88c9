from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from heed.domain.errors import UnknownScope
from heed.domain.milliseconds import Millis
from heed.domain.preferences.catalogue import Catalogue, TopicKind
from heed.domain.preferences.register import ALL_SCOPES, DAY_MS, ScopeNumber
from tests.support.catalogues import CATALOGUE, DATA, SCOPES
from tests.support.growth import LINEAR, measure_growth
from tests.support.registers import scope_numbers


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("*", 0),
        ("meridian", 1),
        ("aurora", 10),
        ("offers", 2),
        ("meridian/offers", 2),
        ("aurora/offers", 11),
        ("aurora/news", 17),
        ("catalogues", 14),
        ("targeted-advertising", 7),
    ],
)
def test_a_scope_is_found_by_its_name(name: str, number: int) -> None:
    assert CATALOGUE.scope_number(name) == number


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Offers",
        "offers ",
        "/offers",
        "aurora/",
        "aurora/events",
        "repairs",
        "0",
        "2",
        "#2",
        "**",
        "meridian/targeted-advertising",
        "meridian/meridian",
        "aurora/*",
        "*/offers",
    ],
)
def test_a_name_that_is_not_in_the_catalogue_is_unknown(name: str) -> None:
    with pytest.raises(UnknownScope):
        CATALOGUE.scope_number(name)
    with pytest.raises(UnknownScope):
        CATALOGUE.topic_by_name(name)


@pytest.mark.parametrize("name", ["*", "meridian", "aurora"])
def test_brands_and_the_general_scope_are_not_topics(name: str) -> None:
    with pytest.raises(UnknownScope):
        CATALOGUE.topic_by_name(name)


@pytest.mark.parametrize("number", SCOPES)
def test_the_name_of_each_number_leads_back_to_the_number(number: int) -> None:
    assert CATALOGUE.scope_number(CATALOGUE.scope_name(ScopeNumber(number))) == number


def test_an_unknown_number_has_a_placeholder_name() -> None:
    assert CATALOGUE.scope_name(ScopeNumber(999)) == "#999"


def test_the_path_of_a_topic_is_everything_its_brand_and_itself() -> None:
    assert CATALOGUE.topic_by_name("offers").path == (0, 1, 2)
    assert CATALOGUE.topic_by_name("aurora/offers").path == (0, 10, 11)
    assert CATALOGUE.topic_by_name("targeted-advertising").path == (7,)


def test_a_chain_of_followed_topics_is_followed_to_its_end() -> None:
    assert CATALOGUE.topic_by_name("straps").followed == (2,)
    assert CATALOGUE.topic_by_name("clasps").followed == (12, 2)
    assert CATALOGUE.topic_by_name("offers").followed == ()


def test_topics_that_follow_each_other_in_a_circle_do_not_loop() -> None:
    topics = [dict(topic) for topic in DATA["topics"]]
    topics[0]["follows"] = 13
    circle = Catalogue.from_document({**DATA, "topics": topics})
    assert set(circle.topic_by_name("offers").followed) == {2, 12, 13}


def test_a_scope_governs_its_marketing_topics_including_retired_ones() -> None:
    marketing = {n for n, t in CATALOGUE.topics.items() if t.kind is TopicKind.MARKETING}
    assert {t.number for t in CATALOGUE.governed_topics(ALL_SCOPES)} == marketing
    assert 14 in marketing
    assert {t.number for t in CATALOGUE.governed_topics(ScopeNumber(10))} == {11, 17}
    assert [t.number for t in CATALOGUE.governed_topics(ScopeNumber(2))] == [2]
    assert [t.number for t in CATALOGUE.governed_topics(ScopeNumber(7))] == [7]
    assert CATALOGUE.governed_topics(ScopeNumber(6)) == CATALOGUE.governed_topics(ScopeNumber(999)) == []


@pytest.mark.parametrize(
    ("link_scope", "expected"),
    [
        (0, {0}),
        (1, {1}),
        (2, {2}),
        (11, {11}),
        (7, {7}),
        (14, {14, 1}),  # a retired topic: also the brand
        (999, {999, 1}),  # an unknown number: also the default brand
        (6, {1}),  # an opt-out of service mail is not possible: the brand's marketing instead
        (18, {10}),
    ],
)
def test_an_opt_out_by_link_is_recorded_at_scopes_that_stop_mail(link_scope: int, expected: set[int]) -> None:
    recorded = CATALOGUE.opt_out_scopes(ScopeNumber(link_scope))
    assert set(recorded) == expected
    assert len(recorded) == len(expected)
    assert any(CATALOGUE.governed_topics(scope) for scope in recorded)


def test_a_link_of_a_retired_signal_topic_is_not_an_opt_out_of_mail() -> None:
    topics = [{**topic, "retired": topic["kind"] == "signal"} for topic in DATA["topics"]]
    assert Catalogue.from_document({**DATA, "topics": topics}).opt_out_scopes(
        ScopeNumber(7)
    ) == scope_numbers(7)


@pytest.mark.parametrize(
    ("day", "version"),
    [("2019-12-31", ""), ("2020-01-01", "1"), ("2026-06-30", "1"), ("2026-07-01", "2")],
)
def test_the_policy_version_is_the_one_in_force_at_that_time(day: str, version: str) -> None:
    at = Millis(int(datetime.fromisoformat(f"{day}T00:00:00+00:00").timestamp() * 1000))
    assert CATALOGUE.policy_version_at(at) == CATALOGUE.policy_version_at(Millis(at + DAY_MS - 1)) == version


def test_topics_of_several_brands_may_have_the_same_name() -> None:
    numbers: list[Any] = [CATALOGUE.scope_number(name) for name in ("news", "aurora/news")]
    assert numbers == [3, 17]


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [
        ("ofers", "offers"),
        ("OFFERS", "offers"),
        ("meridian/ofers", "meridian/offers"),
        ("xyz", None),
    ],
)
def test_a_misspelt_name_gets_the_most_similar_name_as_suggestion(name: str, suggestion: str | None) -> None:
    assert CATALOGUE.similar_name(name) == suggestion


def test_a_suggestion_is_in_use_and_of_the_requested_kind() -> None:
    retired = next(topic.name for topic in CATALOGUE.topics.values() if topic.retired)
    assert CATALOGUE.similar_name(retired + "x") != retired
    assert CATALOGUE.similar_name("meridan") == "meridian"
    assert CATALOGUE.similar_name("meridan", topics_only=True) != "meridian"


def test_the_cost_of_a_suggestion_grows_linearly_with_the_catalogue() -> None:
    def catalogue(size: int) -> Catalogue:
        topic = DATA["topics"][0]
        topics = [{**topic, "number": 100 + i, "name": f"topic-{i:05d}"} for i in range(size)]
        return Catalogue.from_document({**DATA, "topics": topics})

    def search(catalogue: Catalogue) -> None:
        for _ in range(4):  # one search of 2,000 topics is too fast to measure
            catalogue.similar_name("topic-0000x")

    assert measure_growth(catalogue, search, 2_000) <= LINEAR
