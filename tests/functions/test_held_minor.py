"""A minor who is reported while a hold stands: stopped at once, preserved until the hold is lifted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from functions.purge import app as purge
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
from tests.support.api_callers import JANE, ON_FILE, Office
from tests.support.deployment import NOW, World, parts
from tests.support.registers import in_, out


@pytest.fixture
def office(world: World) -> Office:
    """An address on which a hold stands, and about which something is on record."""
    office = Office(world)
    world.context.left = 300_000
    world.put(JANE, Change(out(2), _entry(NOW - DAY_MS)), Change(in_(3), _entry(NOW - DAY_MS)))
    office.hold(NOW)
    return office


def _entry(at: int) -> Entry:
    return Entry(at, Source.LINK, '{"campaign":"spring"}')


def _item(office: Office) -> dict[str, Any]:
    (item,) = office.world.items()
    return item


@pytest.mark.threat(
    "W2",
    "A key that may only write reports a held address as a child's, so that what a court wants is lost.",
    "The report adds that it is a child beside what the hold preserves, and replaces nothing.",
)
def test_a_report_by_a_key_that_may_only_write_destroys_nothing_that_is_held(
    office: Office,
) -> None:
    before = _item(office)
    answer = office.minor(NOW + 1, by="ann")
    assert answer.keys() == {"purge", "recipient"}
    after = _item(office)
    assert after.keys() == before.keys() | {"x:minor"}
    changed = {"n", "chg_at", "x:minor"}
    assert {name: after[name] for name in after.keys() - changed} == {
        name: before[name] for name in before.keys() - changed
    }
    assert {office.reason(topic) for topic in ("offers", "service")} == {"minor"}


def test_a_held_record_of_a_minor_has_no_end_and_nothing_is_due_on_it(office: Office) -> None:
    told = office.minor(NOW + 1)
    assert not _item(office).keys() & {"expires", "due", "purge", "f"}
    assert purge.handler({}, office.world.context)["found"] == 0
    certificate = office.certificate(told["purge"])
    assert (certificate["state"], certificate["stores"]) == ("due", {})
    (row,) = (row for row in office.world.items("Control") if row["pk"]["S"].startswith("purge#"))
    assert "expires" not in row and "subject" not in row, "it waits as long as the hold stands"
    assert office.world.messages("SES_LIST_QUEUE_URL") == []


@pytest.mark.parametrize(
    "happens",
    [
        lambda office: office.world.put(JANE, Change(out(2), _entry(NOW + DAY_MS))),
        lambda office: office.world.put(JANE, Change(in_(2), _entry(NOW + DAY_MS))),
        lambda office: office.world.put(JANE, Change(UNDELIVERABLE, _entry(NOW + DAY_MS))),
        lambda office: office.minor(NOW + DAY_MS),
        lambda office: office.minor(NOW + DAY_MS, by="bob"),
        lambda office: office.hold(NOW + DAY_MS),
        lambda office: office.lift("undeliverable", NOW + DAY_MS),
        lambda office: office.lift("complaint", NOW + DAY_MS, scope="*"),
        lambda office: office.lift("minor", NOW + DAY_MS),
        lambda office: office.lift("hold", NOW),  # not later than the hold
        lambda office: office.call("POST", "/v1/erasures", {"address": JANE, **ON_FILE}),
    ],
)
def test_nothing_but_the_lift_of_the_hold_changes_the_record(
    office: Office, happens: Callable[[Office], object]
) -> None:
    office.minor(NOW + 1)
    before = _item(office)
    happens(office)
    assert _item(office) == before


def test_an_erasure_is_refused_and_a_lift_of_the_minor_too(office: Office) -> None:
    office.minor(NOW + 1)
    status, _ = office.call("POST", "/v1/erasures", {"address": JANE, **ON_FILE})
    assert status == 409
    for by in ("kim", "lou"):
        status, answer = office.lift("minor", NOW + 2, by=by)
        assert (status, answer["outcome"], answer["blocked_by"]) == (200, "refused", ["hold"])


def test_the_lift_of_the_hold_begins_the_minors_epoch_and_orders_the_purge_that_was_promised(
    office: Office,
) -> None:
    told = office.minor(NOW + 1, by="ann")
    status, lifted = office.lift("hold", NOW + 5)
    assert (status, lifted["outcome"], lifted["blocked_by"]) == (200, "applied", ["minor"])
    assert lifted["purge"] == told["purge"]
    assert not any(lifted["sendable"].values())

    item = _item(office)
    left = {"id", "n", "f", "o:0", "x:minor", "chg_at", "chg_shard"}
    assert item.keys() == left | {"purge", "due", "due_shard", "expires"}
    assert item["f"] == {"N": str(NOW + 5)}, "its floor is the lift's time"
    assert '"reason":"a mistake"' in item["o:0"]["M"]["ev"]["S"], "who lifted, and why"
    assert '"reference":"call 17"' in item["x:minor"]["M"]["ev"]["S"], "who reported"
    assert office.world.messages("SES_LIST_QUEUE_URL") == [], "no address is handed on"

    purge.handler({}, office.world.context)
    certificate = office.certificate(told["purge"])
    assert (certificate["state"], certificate["rules"]) == ("done", "minor/1")
    assert certificate["stores"]["ses-suppression-list"] == 0


def test_the_same_lift_again_changes_nothing_and_the_purge_stays_done(office: Office) -> None:
    told = office.minor(NOW + 1)
    office.lift("hold", NOW + 5)
    purge.handler({}, office.world.context)
    before = _item(office)
    assert office.lift("hold", NOW + 6)[1]["blocked_by"] == ["minor"]
    assert office.minor(NOW + 7)["purge"] == told["purge"]
    assert _item(office) == before
    assert parts().purges.find(told["purge"]).state is PurgeState.DONE  # type: ignore[union-attr]


def test_after_the_lift_two_owners_may_lift_the_minor_and_the_hold_is_gone(office: Office) -> None:
    office.minor(NOW + 1)
    office.lift("hold", NOW + 5)
    assert office.lift("minor", NOW + 6)[0] == 202
    assert office.lift("minor", NOW + 7, by="lou")[1]["outcome"] == "applied"
    assert _item(office).keys() & {HOLD, MINOR} == set()
    assert (office.reason(), office.reason("service")) == ("unsubscribed", "ok")


def test_a_hold_on_a_minor_is_refused_since_nothing_is_left_to_preserve(world: World) -> None:
    office = Office(world)
    office.minor(NOW)
    before = _item(office)
    assert office.hold(NOW + 1)["blocked_by"] == ["minor"]
    assert office.lift("hold", NOW + 2)[1]["blocked_by"] == ["minor"]
    assert _item(office) == before


def test_a_minor_reported_after_the_hold_was_lifted_is_forgotten_at_once(office: Office) -> None:
    office.lift("hold", NOW + 1)
    office.minor(NOW + 2)
    assert _item(office)["f"] == {"N": str(NOW + 2)}
    assert HOLD.code not in _item(office)


def test_old_days_of_soft_bounces_are_kept_while_a_hold_stands(world: World) -> None:
    office = Office(world)
    world.context.left = 300_000
    world.put(JANE, Change(SOFT_BOUNCE, _entry(NOW - 400 * DAY_MS)))
    office.hold(NOW)
    before = _item(office)
    assert purge.handler({}, world.context)["left"] == 0
    assert _item(office) == before
    office.lift("hold", NOW + 1)
    purge.handler({}, world.context)
    assert "soft" not in _item(office)
