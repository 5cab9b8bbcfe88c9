"""How many minors one key may report in a day before a privacy officer has to decide."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from heed.domain.preferences.register import DAY_MS, HOLD, MINOR, Change, Entry, Source
from heed.domain.privacy.erasure import ErasureCause, ErasureReport
from heed.use_cases.privacy.erase import REPORT_WAITS, ReportResult
from tests.support.api_callers import JANE, ON_FILE, Office
from tests.support.deployment import NOW, World, parts, restart
from tests.support.registers import out

LIMIT = 3


@pytest.fixture
def office(world: World, monkeypatch: pytest.MonkeyPatch) -> Office:
    """Ann's key has reported as many as it may today."""
    restart(MINOR_REPORTS_PER_KEY=str(LIMIT))
    office = Office(world)
    for number in range(LIMIT):
        assert "purge" in office.minor(NOW, f"kid{number}@example.com", by="ann")
    world.put(JANE, Change(out(2), Entry(NOW - DAY_MS, Source.LINK, '{"campaign":"spring"}')))
    return office


def _item(office: Office) -> dict[str, Any]:
    wanted = office.world.recipient(JANE)
    (item,) = (item for item in office.world.items() if item["id"]["S"] == wanted)
    return item


def _hold(office: Office) -> Entry:
    return parts().preferences.read(office.world.recipient(JANE)).registers[HOLD]


@pytest.mark.threat(
    "W3",
    "A leaked key that may only write reports everybody as a child, and all is forgotten for good.",
    "Beyond MinorReportsPerKey a day the address is stopped, nothing is forgotten, and an officer decides.",
)
@pytest.mark.threat(
    "T14",
    "Whoever holds one key purges in bulk.",
    "Above a number a day a second person with the scope privacy has to agree to each purge; an alarm tells.",
)
def test_beyond_the_limit_the_address_is_stopped_and_nothing_is_forgotten(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    before = _item(office)
    answer = office.minor(NOW + 1, by="ann")
    assert answer == {"state": "waiting", "recipient": office.world.recipient(JANE)}
    assert {office.reason(topic) for topic in ("offers", "service")} == {"hold"}
    assert _item(office).keys() == before.keys() | {HOLD.code}
    assert office.world.messages("SES_LIST_QUEUE_URL") == []
    assert "report of a minor waits" in caplog.messages, "the alarm's filter looks for it"
    assert "example.com" not in caplog.text


def test_a_key_of_an_officer_makes_it_the_minors_epoch(office: Office) -> None:
    office.minor(NOW + 1, by="ann")
    assert "purge" in office.minor(NOW + 2)
    assert MINOR.code in _item(office) and HOLD.code not in _item(office)
    assert _item(office)["f"] == {"N": str(NOW + 2)}


def test_an_officer_refuses_it_by_lifting_the_hold(office: Office) -> None:
    before = _item(office)
    office.minor(NOW + 1, by="ann")
    assert office.lift("hold", NOW + 2)[1]["outcome"] == "applied"
    assert office.reason("news") == "ok"
    assert _item(office)["o:2"] == before["o:2"]
    assert office.minor(NOW + 3, by="ann")["state"] == "waiting", "it may be reported again"
    assert office.reason("news") == "hold"


def test_what_waits_is_not_decided_by_another_key_that_may_only_write(office: Office) -> None:
    office.minor(NOW + 1, by="ann")
    assert office.minor(NOW + 2, by="bob")["state"] == "waiting"
    assert office.minor(NOW + DAY_MS, by="ann")["state"] == "waiting"
    assert MINOR.code not in _item(office)


def test_the_same_report_again_counts_for_nothing(world: World) -> None:
    office = Office(world)
    for again in range(60):
        assert "purge" in office.minor(NOW + again, by="ann")
    assert "purge" in office.minor(NOW, "another@example.com", by="ann")


def test_the_next_day_begins_anew_and_each_key_and_every_officer_has_a_count_of_its_own(
    office: Office,
) -> None:
    assert "purge" in office.minor(NOW + 1, "a@example.com", by="bob")
    assert "purge" in office.minor(NOW + DAY_MS, "b@example.com", by="ann")
    for number in range(2 * LIMIT):
        assert "purge" in office.minor(NOW + 1, f"c{number}@example.com", by="kim")


def test_the_count_says_nothing_about_who_was_reported_and_ends_by_itself(office: Office) -> None:
    rows = [row for row in office.world.items("Control") if row["pk"]["S"].startswith("reports#")]
    (row,) = rows
    assert row["n"] == {"N": str(LIMIT)}
    assert NOW < int(row["expires"]["N"]) * 1000 <= NOW + 2 * DAY_MS
    assert office.world.recipient("kid1@example.com") not in str(row)
    for again in range(3):
        office.minor(NOW + again, f"more{again}@example.com", by="ann")
    assert [r for r in office.world.items("Control") if r["pk"] == row["pk"]] == [row]


def test_beyond_the_limit_a_hold_of_an_officer_is_left_as_it_is(office: Office) -> None:
    office.hold(NOW)
    before = _item(office)
    assert office.minor(NOW + 1, by="ann")["state"] == "waiting"
    assert _item(office) == before, "or the officer who agrees would forget what is held"
    assert office.call("POST", "/v1/erasures", {"address": JANE, **ON_FILE})[0] == 409


def test_a_hold_of_an_officer_over_one_that_waits_preserves(office: Office) -> None:
    office.minor(NOW + 1, by="ann")
    office.hold(NOW + 2)
    office.minor(NOW + 3)
    item = _item(office)
    assert MINOR.code in item and HOLD.code in item and "o:2" in item and "salt" in item


def test_of_many_reports_at_once_no_more_than_the_limit_are_forgotten(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    restart(MINOR_REPORTS_PER_KEY=str(LIMIT))
    client, one_call = parts().client("dynamodb"), threading.Lock()
    call = client._make_api_call

    def atomic(*arguments: Any) -> Any:
        with one_call:  # as DynamoDB has it; moto alone is torn apart by threads
            return call(*arguments)

    monkeypatch.setattr(client, "_make_api_call", atomic)
    report = ErasureReport(ErasureCause.MINOR, NOW, Source.PHONE, "call 17", "ann", "", by_officer=False)
    erase = parts().erase  # below the handler: one process of Lambda has one request at a time

    def reported(number: int) -> ReportResult:
        kid = world.recipient(f"kid{number}@example.com")
        return erase(kid, report)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(reported, range(12)))
    assert answers.count(REPORT_WAITS) == 12 - LIMIT
    assert sum(MINOR.code in item for item in world.items()) == LIMIT
    assert sum(HOLD.code in item for item in world.items()) == 12 - LIMIT


@pytest.mark.parametrize("holds", [1, 2])
def test_a_report_that_waits_outlives_the_holds_that_are_put_over_it(office: Office, holds: int) -> None:
    office.minor(NOW + 1, by="ann")
    waiting = _hold(office)
    for again in range(holds):
        office.hold(NOW + 2 + again)

    status, answer = office.lift("hold", NOW + 5)

    assert (status, answer["outcome"]) == (200, "applied")
    assert not any(answer["sendable"].values()), "it waits again"
    assert {office.reason(topic) for topic in ("offers", "service")} == {"hold"}
    assert answer["blocked_by"] == ["hold"]
    assert _hold(office) == replace(waiting, at=NOW + 5)
    assert office.minor(NOW + 6, by="bob")["state"] == "waiting"
    assert "purge" in office.minor(NOW + 7), "an officer agrees"
    assert MINOR.code in _item(office) and HOLD.code not in _item(office)


def test_who_lifts_the_hold_that_waits_again_refuses_the_report(office: Office) -> None:
    office.minor(NOW + 1, by="ann")
    office.hold(NOW + 2)
    office.lift("hold", NOW + 3)
    assert office.reason("news") == "hold"
    assert office.lift("hold", NOW + 4)[1]["outcome"] == "applied"
    assert office.reason("news") == "ok"
    office.hold(NOW + 5)
    assert office.lift("hold", NOW + 6)[1]["outcome"] == "applied"
    assert office.reason("news") == "ok", "nothing is kept of what was refused"


def test_a_report_that_an_officer_agreed_to_under_a_hold_waits_no_more(office: Office) -> None:
    office.minor(NOW + 1, by="ann")
    office.hold(NOW + 2)
    office.minor(NOW + 3)
    office.lift("hold", NOW + 4)
    assert MINOR.code in _item(office) and HOLD.code not in _item(office)
