"""Purges: whatever stops them or runs beside them, every store ends clear, and a certificate says so."""

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
from heed.domain.opt_in.confirmation_token import Intent
from heed.domain.preferences.register import DAY_MS, MINOR, SOFT_BOUNCE, Change, Entry, Source
from heed.domain.privacy.erasure import ErasureCause, ErasureReport
from heed.domain.privacy.purge import PurgeState
from heed.domain.privacy.retention import soft_bounce_expiry
from heed.domain.privacy.ses_list_request import WALK_REQUEST
from heed.use_cases.ports.opt_in import MailClaim
from tests.support import mailbox
from tests.support.crash import Stopped, meanwhile, stopped_after
from tests.support.deployment import NOW, World, parts
from tests.support.ledgers import history
from tests.support.registers import in_, out

KID = "kid@example.com"


def _entry(at: int) -> Entry:
    return Entry(at, Source.LINK, '{"campaign":"spring"}')


def _known(world: World, address: str = KID) -> str:
    """Somebody with traces in every store; the subject under which the ledger knows them."""
    recipient = world.recipient(address)
    changes = [Change(out(2), _entry(NOW)), Change(in_(3), _entry(NOW + 1))]
    world.put(address, *changes)
    salt = parts().preferences.read(recipient).salt
    for seq, change in enumerate(changes, 1):
        parts().ledger.enter(*make_ledger_entry(salt, recipient, change, seq, NOW))
    asked = MailClaim(recipient, "where the mail arrives", Intent.IN, "request", "what", NOW, 0)
    assert parts().mail_caps.claim(asked, NOW, in_turn=False) is None
    parts().opt_in_notifications.begin(recipient, NOW, "press", NOW)
    return ledger_subject(salt, recipient)


def _report(
    world: World, address: str = KID, cause: ErasureCause = ErasureCause.MINOR, at: int = NOW + 9
) -> str:
    report = ErasureReport(cause, at, Source.PHONE, "call 1", "key", "")
    return parts().erase(world.recipient(address), report).purge


def _sweep(world: World) -> Any:
    return app.handler({}, world.context)


@pytest.fixture(autouse=True)
def _long_enough(world: World) -> None:
    world.context.left = 300_000


def _clear(world: World, subject: str) -> bool:
    kept = history(parts().ledger, subject)
    texts = json.dumps(world.items(world.control), default=str)
    return (
        len(kept) == 2
        and all(each.evidence is None for each in kept)
        and "where the mail arrives" not in texts
        and opt_in_notifications.NOTIFICATION_PREFIX not in texts
        and subject not in texts
    )


def test_a_purge_clears_every_store_and_leaves_a_certificate_about_nobody(world: World) -> None:
    subject = _known(world)
    purge = _report(world)
    assert parts().purges.find(purge).state is PurgeState.DUE  # type: ignore[union-attr]

    assert _sweep(world)["purged"] == 1

    done = parts().purges.find(purge)
    assert done is not None and done.state is PurgeState.DONE
    assert done.stores == {
        "ledger-evidence": 2,
        "lift-requests": 0,
        "mail-caps": 1,
        "opt-ins-told": 1,
        "ses-suppression-list": 0,
    }
    assert done.completed_at is not None and done.unlinkable_from == done.completed_at + 7 * DAY_MS
    assert _clear(world, subject)
    (item,) = world.items()
    assert item.keys() == {"id", "n", "f", "o:0", "x:minor", "chg_at", "chg_shard", "expires"}
    assert world.recipient(KID) not in json.dumps(world.items(world.control))


def _of_stream(item: dict[str, Any]) -> dict[str, Any]:
    change = {"Keys": {"id": item["id"]}, "NewImage": item, "SequenceNumber": "7"}
    return {"Records": [{"eventSource": "aws:dynamodb", "dynamodb": change}]}


def test_the_stream_purges_at_once_and_other_records_say_nothing(world: World) -> None:
    subject = _known(world)
    (other,) = world.items()
    assert app.handler(_of_stream(other), world.context) == {"batchItemFailures": []}
    purge = _report(world)
    (item,) = world.items()
    assert app.handler(_of_stream(item), world.context) == {"batchItemFailures": []}
    assert parts().purges.find(purge).state is PurgeState.DONE  # type: ignore[union-attr]
    assert _clear(world, subject)
    # Delivered again, it changes nothing.
    before = world.items(), world.items(world.control)
    app.handler(_of_stream(item), world.context)
    assert (world.items(), world.items(world.control)) == before


def test_what_fails_in_the_stream_is_named_and_stays_due(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = _known(world)
    _report(world)
    (item,) = world.items()
    with monkeypatch.context() as patch:
        patch.setattr(parts().ledger, "erase", _unavailable)
        answer = app.handler(_of_stream(item), world.context)
        assert answer == {"batchItemFailures": [{"itemIdentifier": "7"}]}
        assert _sweep(world)["left"] == 1
    assert _sweep(world) == {"found": 1, "purged": 1, "left": 0, "oldest_due_seconds": _any_number}
    assert _clear(world, subject)


class _AnyNumber:
    def __eq__(self, other: object) -> bool:
        return isinstance(other, int)

    def __hash__(self) -> int:
        return 0


_any_number = _AnyNumber()


def _unavailable(*_: object) -> int:
    raise StoreUnavailable("kept so by the test")


def _all_calls(work: Callable[[], object]) -> int:
    with stopped_after(0) as done:
        work()
    return len(done)


@pytest.mark.system  # exhaustive: slower than a second
@pytest.mark.parametrize("cause", [ErasureCause.MINOR, ErasureCause.ERASURE])
def test_a_report_and_its_purge_may_be_stopped_after_any_call(world: World, cause: ErasureCause) -> None:
    """Exhaustive: n stops for n calls. Whatever was reached, doing it again ends it."""
    _known(world, "first@example.com")

    def whole(address: str) -> None:
        _report(world, address, cause)
        (work,) = [parts().erasures.work(world.recipient(address))]
        assert work is not None
        parts().purge_person(world.recipient(address), work)

    calls = _all_calls(lambda: whole("first@example.com"))
    assert calls > 8
    for stop in range(1, calls + 1):
        address = f"kid{stop}@example.com"
        subject, recipient = _known(world, address), world.recipient(address)
        with stopped_after(stop), pytest.raises(Stopped):
            whole(address)
        purge = _report(world, address, cause)
        _sweep(world)

        assert parts().erasures.work(recipient) is None, stop
        certificate = parts().purges.find(purge)
        assert certificate is not None and certificate.state is PurgeState.DONE, stop
        assert certificate.stores["ledger-evidence"] == 2, stop
        assert all(kept.evidence is None for kept in history(parts().ledger, subject)), stop
        assert certificate.subject == "", stop
        record = parts().preferences.read(recipient)
        assert record.salt == b"" and out(0) in record.registers, stop


@pytest.mark.parametrize("broken", [{"f": {"S": "x"}}, {"soft": {"S": "x"}}])
def test_a_record_that_nobody_can_read_holds_up_nobody_else_and_stays_due(
    world: World, broken: dict[str, Any]
) -> None:
    subject = _known(world)
    _report(world)
    _report(world, "odd@example.com")
    (item,) = (each for each in world.items() if each["id"]["S"] != world.recipient(KID))
    boto3.client("dynamodb").put_item(TableName=world.table, Item={**item, **broken})
    assert app.handler(_of_stream({**item, **broken}), world.context) == {"batchItemFailures": []}
    swept = _sweep(world)
    assert (swept["found"], swept["purged"], swept["left"]) == (2, 1, 1)
    assert history(parts().ledger, subject)[0].evidence is None


def _purged(world: World, recipient: str) -> None:
    if work := parts().erasures.work(recipient):
        parts().purge_person(recipient, work)


@pytest.mark.system  # exhaustive: slower than a second
def test_two_runs_at_once_end_as_one(world: World) -> None:
    """Exhaustive: the other run, from end to end, between any two calls of this one."""
    _known(world, "first@example.com")
    _report(world, "first@example.com")
    calls = _all_calls(lambda: _purged(world, world.recipient("first@example.com")))
    assert calls > 6
    for call in range(1, calls + 1):
        address = f"kid{call}@example.com"
        subject, recipient = _known(world, address), world.recipient(address)
        purge = _report(world, address)
        parts().ses_list_queue.send(WALK_REQUEST.to_message())
        mailbox.read_list(world)
        with meanwhile(call, lambda who=recipient: _purged(world, who)):  # type: ignore[misc]
            _purged(world, recipient)

        done = parts().purges.find(purge)
        assert done is not None and done.state is PurgeState.DONE, call
        assert (done.stores["mail-caps"], done.stores["ledger-evidence"]) == (1, 2), call
        assert done.subject == "" and _clear(world, subject), call
        assert parts().erasures.work(recipient) is None, call


@pytest.mark.system  # exhaustive: slower than a second
@pytest.mark.parametrize("cause", [ErasureCause.MINOR, ErasureCause.ERASURE])
def test_events_between_any_two_calls_re_create_nothing_that_was_and_lose_nothing_that_is_new(
    world: World, cause: ErasureCause
) -> None:
    """Exhaustive: a late event, a new one and a second report, wherever the report or its purge is."""
    _known(world, "first@example.com")

    def whole(address: str) -> None:
        _report(world, address, cause)
        _purged(world, world.recipient(address))

    calls = _all_calls(lambda: whole("first@example.com"))
    for call in range(1, calls + 1):
        address = f"kid{call}@example.com"
        subject, recipient = _known(world, address), world.recipient(address)

        def happen(address: str = address) -> None:
            world.put(address, Change(in_(4), _entry(NOW + 5)))  # of before the report
            world.put(address, Change(out(5), _entry(NOW + DAY_MS)))  # of after it

        with meanwhile(call, happen):
            whole(address)
        _sweep(world)

        record = parts().preferences.read(recipient)
        is_before = out(5) not in record.registers and cause is ErasureCause.ERASURE
        assert in_(4) not in record.registers, call
        assert in_(3) not in record.registers and out(0) in record.registers, call
        assert (MINOR in record.registers) is (cause is ErasureCause.MINOR), call
        if cause is ErasureCause.MINOR:
            assert record.salt == b"" and out(5) not in record.registers, call
        assert not is_before or call <= 3, "what is newer than the report counts"
        assert parts().erasures.work(recipient) is None, call
        assert all(kept.evidence is None for kept in history(parts().ledger, subject)), call


def test_an_event_in_the_middle_and_any_older_one_after_it_re_create_nothing(world: World) -> None:
    _known(world)
    _report(world)
    before = world.items()
    for at in (NOW, NOW + 9, NOW + DAY_MS):  # of before, of the same instant, of after: a minor's
        world.put(KID, Change(in_(2), _entry(at)), Change(SOFT_BOUNCE, _entry(at)))
        world.put(KID, Change(in_(2), _entry(at)))
    assert world.items() == before
    _sweep(world)
    world.put(KID, Change(out(2), _entry(NOW + 2 * DAY_MS)))
    (item,) = world.items()
    assert "salt" not in item and "o:2" not in item


def test_after_an_erasure_what_is_newer_counts_and_what_is_older_does_not(world: World) -> None:
    _known(world)
    purge = _report(world, cause=ErasureCause.ERASURE)
    world.put(KID, Change(out(0), _entry(NOW + DAY_MS)))  # over the stop that named the purge
    world.put(KID, Change(in_(2), _entry(NOW + 5)))
    assert _sweep(world)["purged"] == 1
    assert parts().purges.find(purge).state is PurgeState.DONE  # type: ignore[union-attr]
    assert parts().preferences.read(world.recipient(KID)).registers.keys() == {out(0)}


def test_a_second_epoch_before_the_purge_of_the_first_loses_neither(world: World) -> None:
    subject = _known(world)
    first = _report(world, cause=ErasureCause.ERASURE)
    second = _report(world, at=NOW + DAY_MS)
    assert first != second
    _sweep(world)
    states = [parts().purges.find(each).state for each in (first, second)]  # type: ignore[union-attr]
    assert states == [PurgeState.DONE, PurgeState.DONE]
    assert _clear(world, subject)


def test_an_opt_out_of_advertising_outlives_every_epoch(world: World) -> None:
    (signal,) = parts().catalogue.signals()
    world.put(KID, Change(out(signal.number), Entry(NOW, Source.SIGNAL, "{}")))
    _report(world, cause=ErasureCause.ERASURE)
    assert out(signal.number) in parts().preferences.read(world.recipient(KID)).registers
    world.put("ben@example.com", Change(out(signal.number), Entry(NOW, Source.SIGNAL, "{}")))
    world.put("ben@example.com", Change(in_(signal.number), _entry(NOW + 1)))
    _report(world, "ben@example.com", ErasureCause.ERASURE)
    ben = parts().preferences.read(world.recipient("ben@example.com"))
    assert ben.registers.keys() == {out(0)}


@time_machine.travel(NOW / 1_000)
def test_old_days_of_soft_bounces_are_forgotten_when_they_are_due_and_no_decision_changes(
    world: World,
) -> None:
    today = NOW // DAY_MS
    old, young = today - 60, today - 59
    recipient = world.recipient(KID)
    world.put(KID, Change(SOFT_BOUNCE, _entry(old * DAY_MS)))
    world.put(KID, Change(SOFT_BOUNCE, _entry(young * DAY_MS)), Change(out(2), _entry(NOW)))
    n = parts().preferences.read(recipient).revision

    assert _sweep(world)["purged"] == 1

    record = parts().preferences.read(recipient)
    assert (record.soft_bounce_days, record.revision) == (frozenset({young}), n)
    (item,) = world.items()
    assert item["due"] == {"N": str(soft_bounce_expiry(young))}
    assert _sweep(world)["found"] == 0


def test_a_purge_left_by_the_sweep_before_is_told_to_the_alarm(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    _known(world)
    _report(world)  # as of the tests' own time, long ago
    monkeypatch.setattr(parts().ledger, "erase", _unavailable)
    _sweep(world)
    assert [record.message for record in caplog.records] == ["swept", "purge overdue"]
    assert "example.com" not in caplog.text


@time_machine.travel(NOW / 1_000)
def test_days_of_soft_bounces_that_are_left_make_no_purge_overdue(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    for who in range(3):
        world.put(
            f"{who}@example.com",
            Change(SOFT_BOUNCE, _entry((NOW // DAY_MS - 60) * DAY_MS - DAY_MS)),
        )
    world.context.left = 5_000  # they are due in bulk, more than a sweep has time for
    swept = _sweep(world)
    assert (swept["left"], swept["oldest_due_seconds"]) == (3, 0)
    assert "purge overdue" not in caplog.messages


@time_machine.travel(NOW / 1_000)
def test_purges_go_before_days_of_soft_bounces_however_old(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for who in range(9):
        world.put(f"{who}@example.com", Change(SOFT_BOUNCE, _entry((NOW // DAY_MS - 70) * DAY_MS)))
    _report(world, at=NOW - 1)
    asked: list[str] = []
    work = parts().erasures.work

    def looked_at(who: str) -> Any:
        asked.append(who)
        return work(who)

    monkeypatch.setattr(parts().erasures, "work", looked_at)
    monkeypatch.setattr("heed.use_cases.privacy.run_purges._PARALLEL", 1)
    _sweep(world)
    assert asked[0] == world.recipient(KID) and len(set(asked)) == 10


def test_with_no_time_left_nothing_is_begun_and_all_stays_due(world: World) -> None:
    _known(world)
    _report(world)
    world.context.left = 5_000
    assert _sweep(world)["left"] == 1
    assert MINOR in parts().preferences.read(world.recipient(KID)).registers


def test_an_order_that_was_forgotten_is_made_again(world: World) -> None:
    _known(world)
    purge = _report(world)
    parts().purges.drop(purge)
    _sweep(world)
    certificate = parts().purges.find(purge)
    assert certificate is not None
    assert (certificate.state, certificate.requested_at) == (PurgeState.DONE, NOW + 9)
