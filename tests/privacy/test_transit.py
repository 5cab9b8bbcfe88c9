"""Where addresses may be: the page, the code and the template say the same places and the same ages."""

from __future__ import annotations

import re

from tests.privacy.inventory import OUTSIDE, STORES, Holds
from tests.privacy.test_canary import ALLOWED
from tests.privacy.transit import TRANSIT, Transit
from tests.support.deployment import ROOT

PRIVACY = ROOT / "docs" / "privacy.md"


def _row(one: Transit) -> str:
    where = one.where or ", ".join(f"`{store}`" for store in one.stores)
    ends = one.until if one.days is None else f"{one.until}; {one.days} days at most"
    return f"| {where} | {one.what} | {ends} |"


def test_the_page_for_people_is_the_table_of_the_code() -> None:
    section = PRIVACY.read_text().split("## Where addresses are\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\|.*\|$", section, re.MULTILINE)[2:]
    assert rows == [_row(one) for one in TRANSIT]


def test_every_store_that_may_hold_an_address_is_there_once_with_the_age_of_the_inventory() -> None:
    told = [(store, one.days) for one in TRANSIT for store in one.stores]
    holding = [(store.name, store.days) for store in STORES if store.holds is Holds.ADDRESS]
    assert sorted(told) == sorted(holding)


def test_what_is_no_store_of_ours_is_there_by_its_name() -> None:
    named = {one.where for one in TRANSIT if one.where}
    assert len(named) == len([one for one in TRANSIT if not one.stores])
    assert all(one.where or one.days is not None for one in TRANSIT)
    (ses,) = (store for store in OUTSIDE if store.holds is Holds.ADDRESS)
    assert ses.name == "SesSuppressionList" and "SES's own suppression list" in named


def test_the_canary_is_allowed_in_these_places_and_in_no_other() -> None:
    places = {place for one in TRANSIT for place in (*one.stores, one.where)}
    assert set(ALLOWED.values()) <= places
