"""The limit of reports of minors per key and day; above it a privacy officer must confirm each report."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import DAY_MS, HOLD, MINOR, Change, Entry, Source
from heed.domain.privacy.erasure import ErasureCause, ErasureRequest
from heed.use_cases.privacy.erase import REPORT_WAITS, ReportResult
from tests.support.api_callers import JANE, ON_FILE, ApiCallers
from tests.support.deployment import NOW, World, parts, restart
from tests.support.registers import out

LIMIT = 3


@pytest.fixture
def callers(world: World, monkeypatch: pytest.MonkeyPatch) -> ApiCallers:
    """Ann's key has made all reports that it may make today."""
    restart(MINOR_REPORTS_PER_KEY=str(LIMIT))
    callers = ApiCallers(world)
    for number in range(LIMIT):
        assert "purge" in callers.report_minor(NOW, f"child{number}@example.com", by="ann")
    world.apply_changes(
        JANE, Change(out(2), Entry(Millis(NOW - DAY_MS), Source.LINK, '{"campaign":"spring"}'))
    )
    return callers


def _item(callers: ApiCallers) -> dict[str, Any]:
    recipient = callers.world.recipient(JANE)
    (item,) = (item for item in callers.world.items() if item["id"]["S"] == recipient)
    return item


def _hold(callers: ApiCallers) -> Entry:
    return parts().preferences.read(callers.world.recipient(JANE)).registers[HOLD]


@pytest.mark.threat(
    "W3",
    "An attacker with a leaked write key reports all people as children, and all data is erased.",
    "Above MinorReportsPerKey a day, a report stops mail but erases nothing. An officer decides about it.",
)
@pytest.mark.threat(
    "T14",
    "A person with one key purges many people.",
    "Above a daily limit, a second person with the scope privacy must confirm each purge. An alarm fires.",
)
def test_a_report_above_the_limit_stops_mail_but_erases_nothing(
    callers: ApiCallers, caplog: pytest.LogCaptureFixture
) -> None:
    before = _item(callers)
    answer = callers.report_minor(NOW + 1, by="ann")
    assert answer == {"state": "waiting", "recipient": callers.world.recipient(JANE)}
    assert {callers.blocking_reason(topic) for topic in ("offers", "service")} == {"hold"}
    assert _item(callers).keys() == before.keys() | {HOLD.code}
    assert callers.world.messages("SES_LIST_QUEUE_URL") == []
    assert "report of a minor waits" in caplog.messages, "the alarm's filter reads it"
    assert "example.com" not in caplog.text


def test_with_a_limit_of_zero_the_first_report_of_a_key_waits(world: World) -> None:
    restart(MINOR_REPORTS_PER_KEY="0")
    callers = ApiCallers(world)
    assert callers.report_minor(NOW, by="ann")["state"] == "waiting"
    assert "purge" in callers.report_minor(NOW + 1), "an officer decides"


def test_a_report_by_an_officer_confirms_the_waiting_report(callers: ApiCallers) -> None:
    callers.report_minor(NOW + 1, by="ann")
    assert "purge" in callers.report_minor(NOW + 2)
    assert MINOR.code in _item(callers) and HOLD.code not in _item(callers)
    assert _item(callers)["f"] == {"N": str(NOW + 2)}


def test_an_officer_rejects_a_report_by_lifting_the_hold(callers: ApiCallers) -> None:
    before = _item(callers)
    callers.report_minor(NOW + 1, by="ann")
    assert callers.lift_suppression("hold", NOW + 2)[1]["outcome"] == "applied"
    assert callers.blocking_reason("news") == "ok"
    assert _item(callers)["o:2"] == before["o:2"]
    assert callers.report_minor(NOW + 3, by="ann")["state"] == "waiting", "a new report is possible"
    assert callers.blocking_reason("news") == "hold"


def test_another_write_key_cannot_confirm_a_waiting_report(callers: ApiCallers) -> None:
    callers.report_minor(NOW + 1, by="ann")
    assert callers.report_minor(NOW + 2, by="bob")["state"] == "waiting"
    assert callers.report_minor(NOW + DAY_MS, by="ann")["state"] == "waiting"
    assert MINOR.code not in _item(callers)


def test_a_duplicate_report_is_not_counted(world: World) -> None:
    callers = ApiCallers(world)
    for again in range(60):
        assert "purge" in callers.report_minor(NOW + again, by="ann")
    assert "purge" in callers.report_minor(NOW, "another@example.com", by="ann")


def test_the_limit_counts_per_key_and_day_and_not_for_officers(
    callers: ApiCallers,
) -> None:
    assert "purge" in callers.report_minor(NOW + 1, "a@example.com", by="bob")
    assert "purge" in callers.report_minor(NOW + DAY_MS, "b@example.com", by="ann")
    for number in range(2 * LIMIT):
        assert "purge" in callers.report_minor(NOW + 1, f"c{number}@example.com", by="officer 1")


def test_the_count_names_no_person_and_expires(callers: ApiCallers) -> None:
    rows = [row for row in callers.world.items("Control") if row["pk"]["S"].startswith("reports#")]
    (row,) = rows
    assert row["n"] == {"N": str(LIMIT)}
    assert NOW < int(row["expires"]["N"]) * 1000 <= NOW + 2 * DAY_MS
    assert callers.world.recipient("child1@example.com") not in str(row)
    for again in range(3):
        callers.report_minor(NOW + again, f"more{again}@example.com", by="ann")
    assert [other for other in callers.world.items("Control") if other["pk"] == row["pk"]] == [row]


def test_a_report_above_the_limit_does_not_change_a_hold_of_an_officer(callers: ApiCallers) -> None:
    callers.place_hold(NOW)
    before = _item(callers)
    assert callers.report_minor(NOW + 1, by="ann")["state"] == "waiting"
    assert _item(callers) == before, "otherwise the officer's confirmation would erase held data"
    assert callers.call("POST", "/v1/erasures", {"address": JANE, **ON_FILE})[0] == 409


def test_a_hold_of_an_officer_after_a_waiting_report_preserves_the_record(callers: ApiCallers) -> None:
    callers.report_minor(NOW + 1, by="ann")
    callers.place_hold(NOW + 2)
    callers.report_minor(NOW + 3)
    item = _item(callers)
    assert MINOR.code in item and HOLD.code in item and "o:2" in item and "salt" in item


def test_concurrent_reports_erase_no_more_than_the_limit(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    restart(MINOR_REPORTS_PER_KEY=str(LIMIT))
    client, lock = parts().client("dynamodb"), threading.Lock()
    call = client._make_api_call

    def atomic(*arguments: Any) -> Any:
        with lock:  # DynamoDB calls are atomic, but moto's are not safe between threads
            return call(*arguments)

    monkeypatch.setattr(client, "_make_api_call", atomic)
    report = ErasureRequest(ErasureCause.MINOR, NOW, Source.PHONE, "call 17", "ann", "", by_officer=False)
    erase = parts().erase  # called directly, because one Lambda process has one request at a time

    def report_minor(number: int) -> ReportResult:
        recipient = world.recipient(f"child{number}@example.com")
        return erase(recipient, report)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(report_minor, range(12)))
    assert answers.count(REPORT_WAITS) == 12 - LIMIT
    assert sum(MINOR.code in item for item in world.items()) == LIMIT
    assert sum(HOLD.code in item for item in world.items()) == 12 - LIMIT


@pytest.mark.parametrize("holds", [1, 2])
def test_a_waiting_report_stays_when_a_later_hold_is_lifted(callers: ApiCallers, holds: int) -> None:
    callers.report_minor(NOW + 1, by="ann")
    waiting = _hold(callers)
    for again in range(holds):
        callers.place_hold(NOW + 2 + again)

    status, answer = callers.lift_suppression("hold", NOW + 5)

    assert (status, answer["outcome"]) == (200, "applied")
    assert not any(answer["sendable"].values()), "the report waits again"
    assert {callers.blocking_reason(topic) for topic in ("offers", "service")} == {"hold"}
    assert answer["blocked_by"] == ["hold"]
    assert _hold(callers) == replace(waiting, at=Millis(NOW + 5))
    assert callers.report_minor(NOW + 6, by="bob")["state"] == "waiting"
    assert "purge" in callers.report_minor(NOW + 7), "an officer confirms"
    assert MINOR.code in _item(callers) and HOLD.code not in _item(callers)


def test_a_second_lift_rejects_the_waiting_report(callers: ApiCallers) -> None:
    callers.report_minor(NOW + 1, by="ann")
    callers.place_hold(NOW + 2)
    callers.lift_suppression("hold", NOW + 3)
    assert callers.blocking_reason("news") == "hold"
    assert callers.lift_suppression("hold", NOW + 4)[1]["outcome"] == "applied"
    assert callers.blocking_reason("news") == "ok"
    callers.place_hold(NOW + 5)
    assert callers.lift_suppression("hold", NOW + 6)[1]["outcome"] == "applied"
    assert callers.blocking_reason("news") == "ok", "the rejected report is not kept"


def test_a_report_confirmed_during_a_hold_is_carried_out_at_the_lift(callers: ApiCallers) -> None:
    callers.report_minor(NOW + 1, by="ann")
    callers.place_hold(NOW + 2)
    callers.report_minor(NOW + 3)
    callers.lift_suppression("hold", NOW + 4)
    assert MINOR.code in _item(callers) and HOLD.code not in _item(callers)
