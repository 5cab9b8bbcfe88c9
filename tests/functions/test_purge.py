"""Purges: after any failure and any concurrent event, all stores are cleared and a certificate exists."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
import time_machine

from functions.purge import app
from heed.adapters.dynamodb import opt_in_notifications
from heed.domain.errors import StoreUnavailable
from heed.domain.ledger.entry import ledger_subject
from heed.domain.ledger.transition import make_ledger_entry
from heed.domain.milliseconds import Millis
from heed.domain.opt_in.confirmation_token import Intent
from heed.domain.preferences.register import DAY_MS, MINOR, SOFT_BOUNCE, Change, Entry, Source
from heed.domain.privacy.erasure import ErasureCause, ErasureRequest
from heed.domain.privacy.purge import PurgeState
from heed.domain.privacy.retention import soft_bounce_expiry
from heed.domain.privacy.ses_list_request import WALK_REQUEST
from heed.use_cases.ports.opt_in import MailReservation, ReservationResult
from tests.support import mailbox
from tests.support.crash import SimulatedCrash, crash_after, run_after_calls
from tests.support.deployment import NOW, World, parts
from tests.support.full import some_of
from tests.support.ledgers import entries_in_order
from tests.support.registers import in_, out

CHILD = "child@example.com"


def _entry(at: Millis) -> Entry:
    return Entry(at, Source.LINK, '{"campaign":"spring"}')


def _create_person(world: World, address: str = CHILD) -> str:
    """Gives a person data in every store; returns the person's subject in the ledger."""
    recipient = world.recipient(address)
    changes = [Change(out(2), _entry(NOW)), Change(in_(3), _entry(Millis(NOW + 1)))]
    world.apply_changes(address, *changes)
    salt = parts().preferences.read(recipient).salt
    for seq, change in enumerate(changes, 1):
        parts().ledger.enter(*make_ledger_entry(salt, recipient, change, seq, NOW))
    claim = MailReservation(recipient, "where the mail arrives", Intent.IN, "request", "what", NOW, Millis(0))
    assert parts().mail_caps.reserve_mail(claim, NOW, in_turn=False) == ReservationResult.RESERVED
    parts().opt_in_notifications.claim(recipient, NOW, "press", NOW)
    return ledger_subject(salt, recipient)


def _report(
    world: World, address: str = CHILD, cause: ErasureCause = ErasureCause.MINOR, at: Millis = Millis(NOW + 9)
) -> str:
    report = ErasureRequest(cause, at, Source.PHONE, "call 1", "key", "")
    return parts().erase(world.recipient(address), report).purge_id


def _sweep(world: World) -> Any:
    return app.handler({}, world.context)


@pytest.fixture(autouse=True)
def _long_time_limit(world: World) -> None:
    world.context.milliseconds_left = 300_000


def _is_clear(world: World, subject: str) -> bool:
    entries = entries_in_order(parts().ledger, subject)
    texts = json.dumps(world.items(world.control), default=str)
    return (
        len(entries) == 2
        and all(entry.evidence is None for entry in entries)
        and "where the mail arrives" not in texts
        and opt_in_notifications.NOTIFICATION_PREFIX not in texts
        and subject not in texts
    )


def test_a_purge_clears_all_stores_and_leaves_an_anonymous_certificate(world: World) -> None:
    subject = _create_person(world)
    purge_id = _report(world)
    assert parts().purges.find(purge_id).state is PurgeState.DUE  # type: ignore[union-attr]

    assert _sweep(world)["purged"] == 1

    purge = parts().purges.find(purge_id)
    assert purge is not None and purge.state is PurgeState.DONE
    assert purge.stores == {
        "ledger-evidence": 2,
        "cases": 0,
        "lift-requests": 0,
        "mail-caps": 1,
        "opt-in-notifications": 1,
        "ses-suppression-list": 0,
    }
    assert purge.completed_at is not None and purge.unlinkable_from == purge.completed_at + 7 * DAY_MS
    assert _is_clear(world, subject)
    (item,) = world.items()
    assert item.keys() == {"id", "n", "f", "o:0", "x:minor", "chg_at", "chg_shard", "expires"}
    assert world.recipient(CHILD) not in json.dumps(world.items(world.control))


def _stream_event(item: dict[str, Any]) -> dict[str, Any]:
    change = {"Keys": {"id": item["id"]}, "NewImage": item, "SequenceNumber": "7"}
    return {"Records": [{"eventSource": "aws:dynamodb", "dynamodb": change}]}


def test_an_erasure_in_the_stream_is_purged_at_once(world: World) -> None:
    subject = _create_person(world)
    (other,) = world.items()
    assert app.handler(_stream_event(other), world.context) == {"batchItemFailures": []}
    purge = _report(world)
    (item,) = world.items()
    assert app.handler(_stream_event(item), world.context) == {"batchItemFailures": []}
    assert parts().purges.find(purge).state is PurgeState.DONE  # type: ignore[union-attr]
    assert _is_clear(world, subject)
    # A redelivery changes nothing.
    items_before = world.items(), world.items(world.control)
    app.handler(_stream_event(item), world.context)
    assert (world.items(), world.items(world.control)) == items_before


def test_a_failed_purge_from_the_stream_is_retried_and_stays_due(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = _create_person(world)
    _report(world)
    (item,) = world.items()
    with monkeypatch.context() as patch:
        patch.setattr(parts().ledger, "erase_evidence", _unavailable)
        answer = app.handler(_stream_event(item), world.context)
        assert answer == {"batchItemFailures": [{"itemIdentifier": "7"}]}
        assert _sweep(world)["left"] == 1
    assert _sweep(world) == {"found": 1, "purged": 1, "left": 0, "oldest_due_seconds": _any_number}
    assert _is_clear(world, subject)


class _AnyNumber:
    def __eq__(self, other: object) -> bool:
        return isinstance(other, int)

    def __hash__(self) -> int:
        return 0


_any_number = _AnyNumber()


def _unavailable(*_: object) -> int:
    raise StoreUnavailable("the test made the store fail")


def _count_calls(work: Callable[[], object]) -> int:
    with crash_after(0) as calls:
        work()
    return len(calls)


@pytest.mark.system  # exhaustive: slower than a second
@pytest.mark.parametrize("cause", [ErasureCause.MINOR, ErasureCause.ERASURE])
def test_a_report_and_its_purge_survive_a_crash_after_any_call(world: World, cause: ErasureCause) -> None:
    """Crashes once after each call. A second report and a sweep always complete the purge."""
    _create_person(world, "first@example.com")

    def report_and_purge(address: str) -> None:
        _report(world, address, cause)
        (work,) = [parts().erasures.due_work(world.recipient(address))]
        assert work is not None
        parts().purge_person(world.recipient(address), work)

    calls = _count_calls(lambda: report_and_purge("first@example.com"))
    assert calls > 8
    for crash_at in some_of(range(1, calls + 1)):
        address = f"child{crash_at}@example.com"
        subject, recipient = _create_person(world, address), world.recipient(address)
        with crash_after(crash_at), pytest.raises(SimulatedCrash):
            report_and_purge(address)
        purge = _report(world, address, cause)
        _sweep(world)

        assert parts().erasures.due_work(recipient) is None, crash_at
        certificate = parts().purges.find(purge)
        assert certificate is not None and certificate.state is PurgeState.DONE, crash_at
        assert certificate.stores["ledger-evidence"] == 2, crash_at
        assert all(entry.evidence is None for entry in entries_in_order(parts().ledger, subject)), crash_at
        assert certificate.subject == "", crash_at
        record = parts().preferences.read(recipient)
        assert record.salt == b"" and out(0) in record.registers, crash_at


@pytest.mark.parametrize("invalid_fields", [{"f": {"S": "x"}}, {"soft": {"S": "x"}}])
def test_an_unreadable_record_stays_due_and_does_not_delay_others(
    world: World, invalid_fields: dict[str, Any]
) -> None:
    subject = _create_person(world)
    _report(world)
    _report(world, "odd@example.com")
    (item,) = (candidate for candidate in world.items() if candidate["id"]["S"] != world.recipient(CHILD))
    boto3.client("dynamodb").put_item(TableName=world.table, Item={**item, **invalid_fields})
    assert app.handler(_stream_event({**item, **invalid_fields}), world.context) == {"batchItemFailures": []}
    result = _sweep(world)
    assert (result["found"], result["purged"], result["left"]) == (2, 1, 1)
    assert entries_in_order(parts().ledger, subject)[0].evidence is None


def _purge(world: World, recipient: str) -> None:
    if work := parts().erasures.due_work(recipient):
        parts().purge_person(recipient, work)


@pytest.mark.system  # exhaustive: slower than a second
def test_two_concurrent_purges_end_as_one(world: World) -> None:
    """Runs the other purge completely between any two calls of this one."""
    _create_person(world, "first@example.com")
    _report(world, "first@example.com")
    calls = _count_calls(lambda: _purge(world, world.recipient("first@example.com")))
    assert calls > 6
    for call in some_of(range(1, calls + 1)):
        address = f"child{call}@example.com"
        subject, recipient = _create_person(world, address), world.recipient(address)
        purge_id = _report(world, address)
        parts().ses_list_queue.send(WALK_REQUEST.to_message())
        mailbox.work_on_ses_list(world)
        with run_after_calls(call, lambda other=recipient: _purge(world, other)):  # type: ignore[misc]
            _purge(world, recipient)

        purge = parts().purges.find(purge_id)
        assert purge is not None and purge.state is PurgeState.DONE, call
        assert (purge.stores["mail-caps"], purge.stores["ledger-evidence"]) == (1, 2), call
        assert purge.subject == "" and _is_clear(world, subject), call
        assert parts().erasures.due_work(recipient) is None, call


@pytest.mark.system  # exhaustive: slower than a second
@pytest.mark.parametrize("cause", [ErasureCause.MINOR, ErasureCause.ERASURE])
def test_events_during_a_purge_restore_no_old_data_and_lose_no_new_data(
    world: World, cause: ErasureCause
) -> None:
    """A late event and a new one arrive between any two calls of the report and its purge."""
    _create_person(world, "first@example.com")

    def report_and_purge(address: str) -> None:
        _report(world, address, cause)
        _purge(world, world.recipient(address))

    calls = _count_calls(lambda: report_and_purge("first@example.com"))
    for call in some_of(range(1, calls + 1)):
        address = f"child{call}@example.com"
        subject, recipient = _create_person(world, address), world.recipient(address)

        def add_events(address: str = address) -> None:
            world.apply_changes(address, Change(in_(4), _entry(Millis(NOW + 5))))  # before the report
            world.apply_changes(address, Change(out(5), _entry(Millis(NOW + DAY_MS))))  # after the report

        with run_after_calls(call, add_events):
            report_and_purge(address)
        _sweep(world)

        record = parts().preferences.read(recipient)
        is_before = out(5) not in record.registers and cause is ErasureCause.ERASURE
        assert in_(4) not in record.registers, call
        assert in_(3) not in record.registers and out(0) in record.registers, call
        assert (MINOR in record.registers) is (cause is ErasureCause.MINOR), call
        if cause is ErasureCause.MINOR:
            assert record.salt == b"" and out(5) not in record.registers, call
        assert not is_before or call <= 3, "a change after the report counts"
        assert parts().erasures.due_work(recipient) is None, call
        assert all(entry.evidence is None for entry in entries_in_order(parts().ledger, subject)), call


def test_events_after_a_report_of_a_minor_change_nothing(world: World) -> None:
    _create_person(world)
    _report(world)
    before = world.items()
    for at in (NOW, NOW + 9, NOW + DAY_MS):  # before, at and after the report; nothing counts for a minor
        world.apply_changes(
            CHILD, Change(in_(2), _entry(Millis(at))), Change(SOFT_BOUNCE, _entry(Millis(at)))
        )
        world.apply_changes(CHILD, Change(in_(2), _entry(Millis(at))))
    assert world.items() == before
    _sweep(world)
    world.apply_changes(CHILD, Change(out(2), _entry(Millis(NOW + 2 * DAY_MS))))
    (item,) = world.items()
    assert "salt" not in item and "o:2" not in item


def test_only_changes_after_an_erasure_count(world: World) -> None:
    _create_person(world)
    purge = _report(world, cause=ErasureCause.ERASURE)
    world.apply_changes(
        CHILD, Change(out(0), _entry(Millis(NOW + DAY_MS)))
    )  # replaces the opt-out that names the purge
    world.apply_changes(CHILD, Change(in_(2), _entry(Millis(NOW + 5))))
    assert _sweep(world)["purged"] == 1
    assert parts().purges.find(purge).state is PurgeState.DONE  # type: ignore[union-attr]
    assert parts().preferences.read(world.recipient(CHILD)).registers.keys() == {out(0)}


def test_a_second_erasure_before_the_first_purge_completes_both(world: World) -> None:
    subject = _create_person(world)
    first = _report(world, cause=ErasureCause.ERASURE)
    second = _report(world, at=Millis(NOW + DAY_MS))
    assert first != second
    _sweep(world)
    states = [parts().purges.find(purge).state for purge in (first, second)]  # type: ignore[union-attr]
    assert states == [PurgeState.DONE, PurgeState.DONE]
    assert _is_clear(world, subject)


def test_an_opt_out_of_advertising_survives_an_erasure(world: World) -> None:
    (signal,) = parts().catalogue.signal_topics()
    world.apply_changes(CHILD, Change(out(signal.number), Entry(NOW, Source.SIGNAL, "{}")))
    _report(world, cause=ErasureCause.ERASURE)
    assert out(signal.number) in parts().preferences.read(world.recipient(CHILD)).registers
    world.apply_changes("ben@example.com", Change(out(signal.number), Entry(NOW, Source.SIGNAL, "{}")))
    world.apply_changes("ben@example.com", Change(in_(signal.number), _entry(Millis(NOW + 1))))
    _report(world, "ben@example.com", ErasureCause.ERASURE)
    ben = parts().preferences.read(world.recipient("ben@example.com"))
    assert ben.registers.keys() == {out(0)}


@time_machine.travel(NOW / 1_000)
def test_old_soft_bounce_days_are_deleted_when_due(
    world: World,
) -> None:
    today = NOW // DAY_MS
    old_day, young_day = today - 60, today - 59
    recipient = world.recipient(CHILD)
    world.apply_changes(CHILD, Change(SOFT_BOUNCE, _entry(Millis(old_day * DAY_MS))))
    world.apply_changes(
        CHILD, Change(SOFT_BOUNCE, _entry(Millis(young_day * DAY_MS))), Change(out(2), _entry(NOW))
    )
    revision = parts().preferences.read(recipient).revision

    assert _sweep(world)["purged"] == 1

    record = parts().preferences.read(recipient)
    assert (record.soft_bounce_days, record.revision) == (frozenset({young_day}), revision)
    (item,) = world.items()
    assert item["due"] == {"N": str(soft_bounce_expiry(young_day))}
    assert _sweep(world)["found"] == 0


def test_a_purge_that_two_sweeps_left_is_logged_as_overdue(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    _create_person(world)
    _report(world)  # at the fixed time of the tests, long ago
    monkeypatch.setattr(parts().ledger, "erase_evidence", _unavailable)
    _sweep(world)
    assert [record.message for record in caplog.records] == ["swept", "purge overdue"]
    assert "example.com" not in caplog.text


@time_machine.travel(NOW / 1_000)
def test_remaining_soft_bounce_days_do_not_make_a_purge_overdue(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(3):
        world.apply_changes(
            f"{number}@example.com",
            Change(SOFT_BOUNCE, _entry(Millis((NOW // DAY_MS - 61) * DAY_MS))),
        )
    world.context.milliseconds_left = 5_000  # more days are due than a sweep has time for
    result = _sweep(world)
    assert (result["left"], result["oldest_due_seconds"]) == (3, 0)
    assert "purge overdue" not in caplog.messages


@time_machine.travel(NOW / 1_000)
def test_purges_run_before_the_deletion_of_soft_bounce_days(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for address in range(9):
        world.apply_changes(
            f"{address}@example.com", Change(SOFT_BOUNCE, _entry(Millis((NOW // DAY_MS - 70) * DAY_MS)))
        )
    _report(world, at=Millis(NOW - 1))
    recipients: list[str] = []
    work = parts().erasures.due_work

    def record_work(address: str) -> Any:
        recipients.append(address)
        return work(address)

    monkeypatch.setattr(parts().erasures, "due_work", record_work)
    monkeypatch.setattr("heed.use_cases.privacy.run_purges._PARALLEL", 1)
    _sweep(world)
    assert recipients[0] == world.recipient(CHILD) and len(set(recipients)) == 10


def test_a_sweep_without_time_starts_nothing(world: World) -> None:
    _create_person(world)
    _report(world)
    world.context.milliseconds_left = 5_000
    assert _sweep(world)["left"] == 1
    assert MINOR in parts().preferences.read(world.recipient(CHILD)).registers


def test_a_lost_purge_order_is_created_again(world: World) -> None:
    _create_person(world)
    purge = _report(world)
    parts().purges.delete_order(purge)
    _sweep(world)
    certificate = parts().purges.find(purge)
    assert certificate is not None
    assert (certificate.state, certificate.requested_at) == (PurgeState.DONE, NOW + 9)
