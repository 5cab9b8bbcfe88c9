from __future__ import annotations

from typing import Any

from local.listing import ROWS, Listing, ListSource, take_page
from tests.support.growth import LINEAR, measure_growth


def items(count: int) -> list[dict[str, Any]]:
    return [{"at": number * 7 % count, "name": f"Name {number}"} for number in range(count)]


def source(given: list[dict[str, Any]]) -> ListSource:
    return ListSource(
        lambda: given, lambda item: item["at"], lambda item: "Even" if item["at"] % 2 == 0 else "Odd"
    )


def page(count: int, search: str = "", number: int = 1) -> Listing:
    return take_page(source(items(count)), search, number)


def test_a_page_has_the_newest_twenty_of_ten_thousand_items() -> None:
    listing = page(10_000)

    assert [row["at"] for row in listing.rows] == list(range(9_999, 9_979, -1))
    assert (listing.first, listing.last, listing.total) == (1, ROWS, 10_000)


def test_the_pages_together_have_each_item_once() -> None:
    pages = [page(45, number=number) for number in (1, 2, 3)]

    assert [row["at"] for listing in pages for row in listing.rows] == list(range(44, -1, -1))
    assert (pages[2].first, pages[2].last) == (41, 45)


def test_a_number_beyond_the_last_page_shows_the_last_page() -> None:
    assert page(45, number=9).page == 3
    assert page(0, number=9) == Listing([], 1, 0)


def test_the_search_finds_a_text_in_any_case_and_in_any_attribute() -> None:
    assert [row["name"] for row in page(100, "nAME 42").rows] == ["Name 42"]
    assert page(100, "nothing").total == 0


def test_the_search_finds_the_words_that_describe_an_item() -> None:
    assert [row["at"] for row in page(6, "even").rows] == [4, 2, 0]


def test_the_cost_of_a_search_grows_with_the_number_of_items() -> None:
    def search(given: list[dict[str, Any]]) -> Listing:
        return take_page(source(given), "name 1")

    assert measure_growth(items, search, 2_000) <= LINEAR
