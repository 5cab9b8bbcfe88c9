"""Places of addresses: the page, the code and the template have the same places and the same times."""

from __future__ import annotations

import re

from tests.privacy.inventory import OUTSIDE, STORES, Holds
from tests.privacy.test_canary import ALLOWED
from tests.privacy.transit import TRANSIT, Transit
from tests.support.deployment import ROOT

PRIVACY = ROOT / "docs" / "privacy.md"


def _row(transit: Transit) -> str:
    place = transit.where or ", ".join(f"`{store}`" for store in transit.stores)
    end = transit.until if transit.days is None else f"{transit.until}; {transit.days} days at most"
    return f"| {place} | {transit.what} | {end} |"


def test_the_page_has_the_same_table_as_the_code() -> None:
    section = PRIVACY.read_text().split("## Where addresses are\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\|.*\|$", section, re.MULTILINE)[2:]
    assert rows == [_row(transit) for transit in TRANSIT]


def test_the_table_has_each_store_with_addresses_once_and_with_the_time_of_the_inventory() -> None:
    listed = [(store, transit.days) for transit in TRANSIT for store in transit.stores]
    expected = [(store.name, store.days) for store in STORES if store.holds is Holds.ADDRESS]
    assert sorted(listed) == sorted(expected)


def test_the_table_names_each_place_outside_of_heed() -> None:
    places = {transit.where for transit in TRANSIT if transit.where}
    assert len(places) == len([transit for transit in TRANSIT if not transit.stores])
    assert all(transit.where or transit.days is not None for transit in TRANSIT)
    (ses,) = (store for store in OUTSIDE if store.holds is Holds.ADDRESS)
    assert ses.name == "SesSuppressionList" and "SES's own suppression list" in places


def test_the_canary_allows_only_the_places_of_the_table() -> None:
    places = {place for transit in TRANSIT for place in (*transit.stores, transit.where)}
    assert set(ALLOWED.values()) <= places
