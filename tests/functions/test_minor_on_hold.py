"""A minor reported during a hold: mail stops at once, and the record is preserved until the lift."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from functions.purge import app as purge
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import (
    DAY_MS,
    HOLD,
    MINOR,
    SOFT_BOUNCE,
    UNDELIVERABLE,
    Change,
    Entry,
    Source,
)
from heed.domain.privacy.purge import PurgeState
from tests.support.api_callers import JANE, ON_FILE, ApiCallers
from tests.support.deployment import NOW, World, parts
from tests.support.registers import in_, out


@pytest.fixture
def callers(world: World) -> ApiCallers:
    """An address on hold, with data on record."""
    callers = ApiCallers(world)
    world.context.milliseconds_left = 300_000
    world.apply_changes(
        JANE, Change(out(2), _entry(Millis(NOW - DAY_MS))), Change(in_(3), _entry(Millis(NOW - DAY_MS)))
    )
    callers.place_hold(NOW)
    return callers


def _entry(at: Millis) -> Entry:
    return Entry(at, Source.LINK, '{"campaign":"spring"}')


def _item(callers: ApiCallers) -> dict[str, Any]:
    (item,) = callers.world.items()
    return item


@pytest.mark.threat(
    "W2",
    "An attacker with a write key reports an address on hold as a minor, to destroy data that a court needs.",
    "The report is added to the preserved record, and replaces nothing.",
)
def test_a_report_by_a_write_key_erases_no_held_data(
    callers: ApiCallers,
) -> None:
    before = _item(callers)
    answer = callers.report_minor(NOW + 1, by="ann")
    assert answer.keys() == {"purge", "recipient"}
    after = _item(callers)
    assert after.keys() == before.keys() | {"x:minor"}
    changed = {"n", "chg_at", "x:minor"}
    assert {name: after[name] for name in after.keys() - changed} == {
        name: before[name] for name in before.keys() - changed
    }
    assert {callers.blocking_reason(topic) for topic in ("offers", "service")} == {"minor"}


def test_a_held_record_of_a_minor_does_not_expire_and_has_no_due_purge(callers: ApiCallers) -> None:
    report = callers.report_minor(NOW + 1)
    assert not _item(callers).keys() & {"expires", "due", "purge", "f"}
    assert purge.handler({}, callers.world.context)["found"] == 0
    certificate = callers.certificate(report["purge"])
    assert (certificate["state"], certificate["stores"]) == ("due", {})
    (row,) = (row for row in callers.world.items("Control") if row["pk"]["S"].startswith("purge#"))
    assert "expires" not in row and "subject" not in row, "the order waits until the lift of the hold"
    assert callers.world.messages("SES_LIST_QUEUE_URL") == []


@pytest.mark.parametrize(
    "act",
    [
        lambda callers: callers.world.apply_changes(JANE, Change(out(2), _entry(Millis(NOW + DAY_MS)))),
        lambda callers: callers.world.apply_changes(JANE, Change(in_(2), _entry(Millis(NOW + DAY_MS)))),
        lambda callers: callers.world.apply_changes(
            JANE, Change(UNDELIVERABLE, _entry(Millis(NOW + DAY_MS)))
        ),
        lambda callers: callers.report_minor(NOW + DAY_MS),
        lambda callers: callers.report_minor(NOW + DAY_MS, by="bob"),
        lambda callers: callers.place_hold(NOW + DAY_MS),
        lambda callers: callers.lift_suppression("undeliverable", NOW + DAY_MS),
        lambda callers: callers.lift_suppression("complaint", NOW + DAY_MS, scope="*"),
        lambda callers: callers.lift_suppression("minor", NOW + DAY_MS),
        lambda callers: callers.lift_suppression("hold", NOW),  # the lift must be later than the hold
        lambda callers: callers.call("POST", "/v1/erasures", {"address": JANE, **ON_FILE}),
    ],
)
def test_only_the_lift_of_the_hold_changes_the_record(
    callers: ApiCallers, act: Callable[[ApiCallers], object]
) -> None:
    callers.report_minor(NOW + 1)
    before = _item(callers)
    act(callers)
    assert _item(callers) == before


def test_an_erasure_and_a_lift_of_the_minor_are_refused_during_the_hold(callers: ApiCallers) -> None:
    callers.report_minor(NOW + 1)
    status, _ = callers.call("POST", "/v1/erasures", {"address": JANE, **ON_FILE})
    assert status == 409
    for by in ("officer 1", "officer 2"):
        status, answer = callers.lift_suppression("minor", NOW + 2, by=by)
        assert (status, answer["outcome"], answer["blocked_by"]) == (200, "refused", ["hold"])


def test_the_lift_of_the_hold_erases_the_minor_and_orders_the_purge(
    callers: ApiCallers,
) -> None:
    report = callers.report_minor(NOW + 1, by="ann")
    status, answer = callers.lift_suppression("hold", NOW + 5)
    assert (status, answer["outcome"], answer["blocked_by"]) == (200, "applied", ["minor"])
    assert answer["purge"] == report["purge"]
    assert not any(answer["sendable"].values())

    item = _item(callers)
    kept_names = {"id", "n", "f", "o:0", "x:minor", "chg_at", "chg_shard"}
    assert item.keys() == kept_names | {"purge", "due", "due_shard", "expires"}
    assert item["f"] == {"N": str(NOW + 5)}, "the time of the erasure is the time of the lift"
    assert '"reason":"a mistake"' in item["o:0"]["M"]["ev"]["S"], "evidence of the lift"
    assert '"reference":"call 17"' in item["x:minor"]["M"]["ev"]["S"], "evidence of the report"
    assert callers.world.messages("SES_LIST_QUEUE_URL") == [], "no address is queued"

    purge.handler({}, callers.world.context)
    certificate = callers.certificate(report["purge"])
    assert (certificate["state"], certificate["rules"]) == ("done", "minor/1")
    assert certificate["stores"]["ses-suppression-list"] == 0


def test_a_duplicate_lift_changes_nothing(callers: ApiCallers) -> None:
    report = callers.report_minor(NOW + 1)
    callers.lift_suppression("hold", NOW + 5)
    purge.handler({}, callers.world.context)
    before = _item(callers)
    assert callers.lift_suppression("hold", NOW + 6)[1]["blocked_by"] == ["minor"]
    assert callers.report_minor(NOW + 7)["purge"] == report["purge"]
    assert _item(callers) == before
    assert parts().purges.find(report["purge"]).state is PurgeState.DONE  # type: ignore[union-attr]


def test_two_owners_can_lift_the_minor_after_the_hold(callers: ApiCallers) -> None:
    callers.report_minor(NOW + 1)
    callers.lift_suppression("hold", NOW + 5)
    assert callers.lift_suppression("minor", NOW + 6)[0] == 202
    assert callers.lift_suppression("minor", NOW + 7, by="officer 2")[1]["outcome"] == "applied"
    assert _item(callers).keys() & {HOLD, MINOR} == set()
    assert (callers.blocking_reason(), callers.blocking_reason("service")) == ("unsubscribed", "ok")


def test_a_hold_on_an_erased_minor_is_refused(world: World) -> None:
    callers = ApiCallers(world)
    callers.report_minor(NOW)
    before = _item(callers)
    assert callers.place_hold(NOW + 1)["blocked_by"] == ["minor"]
    assert callers.lift_suppression("hold", NOW + 2)[1]["blocked_by"] == ["minor"]
    assert _item(callers) == before


def test_a_minor_reported_after_the_lift_is_erased_at_once(callers: ApiCallers) -> None:
    callers.lift_suppression("hold", NOW + 1)
    callers.report_minor(NOW + 2)
    assert _item(callers)["f"] == {"N": str(NOW + 2)}
    assert HOLD.code not in _item(callers)


def test_old_soft_bounce_days_are_kept_during_a_hold(world: World) -> None:
    callers = ApiCallers(world)
    world.context.milliseconds_left = 300_000
    world.apply_changes(JANE, Change(SOFT_BOUNCE, _entry(Millis(NOW - 400 * DAY_MS))))
    callers.place_hold(NOW)
    before = _item(callers)
    assert purge.handler({}, world.context)["left"] == 0
    assert _item(callers) == before
    callers.lift_suppression("hold", NOW + 1)
    purge.handler({}, world.context)
    assert "soft" not in _item(callers)
