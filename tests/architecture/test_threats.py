from __future__ import annotations

from tests.threats import NOT_TRIED, PAGE, page, threats

KNOWN = {
    *(f"B{number}" for number in range(1, 12)),
    "A1",
    *(f"W{number}" for number in range(1, 23)),
    *(f"T{number}" for number in range(1, 28)),
}


def test_the_page_of_threats_is_what_the_marks_of_the_tests_make() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "write it anew: python -m tests.threats"


def test_every_known_attack_has_a_test_or_a_reason_why_there_is_none() -> None:
    tried = {mark.id for mark in threats()}

    assert KNOWN - tried == set(NOT_TRIED)


def test_a_row_says_what_is_done_and_what_holds_it() -> None:
    for mark in threats():
        assert mark.attack.endswith(".") and mark.held_by.endswith("."), mark
        assert "|" not in mark.attack + mark.held_by, mark
