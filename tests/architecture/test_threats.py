from __future__ import annotations

from tests.threats import NOT_TRIED, PAGE, page, threats

KNOWN = {
    *(f"B{number}" for number in range(1, 12)),
    "A1",
    *(f"W{number}" for number in range(1, 23)),
    *(f"T{number}" for number in range(1, 28)),
}


def test_the_page_of_threats_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m tests.threats"


def test_each_known_attack_has_a_test_or_a_reason_for_none() -> None:
    tried = {mark.id for mark in threats()}

    assert KNOWN - tried == set(NOT_TRIED)


def test_each_row_of_the_page_has_an_attack_and_a_defence() -> None:
    for mark in threats():
        assert mark.attack.endswith(".") and mark.defence.endswith("."), mark
        assert "|" not in mark.attack + mark.defence, mark
