"""A purge gets its certificate when the ledger can restore no evidence, and the SES list was walked."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from functions.ledger import app as ledger
from functions.purge import app
from heed.adapters.dynamodb import mail_caps
from heed.domain.ledger.entry import ERASED_REGISTER, ledger_subject
from heed.domain.milliseconds import Millis
from heed.domain.opt_in.confirmation_token import Intent
from heed.domain.preferences.register import DAY_MS, Change, Entry, Source
from heed.domain.privacy.purge import PURGE_OVERDUE_AFTER
from heed.domain.privacy.ses_list_request import WALK_REQUEST
from heed.use_cases.ledger.reconcile import STREAM_RETENTION
from tests.support import mailbox
from tests.support.api_callers import JANE, ApiCallers
from tests.support.aws_calls import outside_handlers
from tests.support.deployment import NOW, World, client, parts
from tests.support.ledgers import entries_in_order
from tests.support.registers import in_, out
from tests.support.stream_events import StreamRecorder, stream_event


class LateLedger:
    """A deployment whose ledger has not read the stream yet, with a clock that the test sets."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.callers = ApiCallers(world)
        self.stream = StreamRecorder(parts().client("dynamodb"), world.table, NOW)
        self.now = NOW + 5_000
        self.paused: list[float] = []
        self.while_paused: Callable[[], object] = lambda: None
        for change in (Change(out(2), _entry(Millis(NOW - DAY_MS))), Change(in_(3), _entry(Millis(NOW - 1)))):
            world.apply_changes(JANE, change)
        recipient = world.recipient(JANE)
        self.subject = ledger_subject(parts().preferences.read(recipient).salt, recipient)
        row_of_mailbox = mail_caps.mailbox_key(recipient) | {"mailbox": {"S": "a keyed name"}}
        for row in (row_of_mailbox, {"pk": {"S": mail_caps.attempts_key(Intent.IN, "a keyed name")}}):
            client("dynamodb").put_item(TableName=world.control, Item=row)
        self.purge = self.callers.report_minor(NOW)["purge"]
        self.walk_list()

    def walk_list(self) -> None:
        """Walks the SES list for all purges that are due now."""
        parts().ses_list_queue.send(WALK_REQUEST.to_message())
        mailbox.work_on_ses_list(self.world)

    def pause(self, seconds: float) -> None:
        self.paused.append(seconds)
        self.while_paused()

    def sweep(self) -> Any:
        return app.handler({}, self.world.context)

    def deliver_to_purge(self) -> Any:
        """Hands the last write to the function `purge`."""
        records = json.loads(json.dumps(self.stream.records[-1:]))
        return app.handler(stream_event(records), self.world.context)

    def deliver_to_ledger(self, count: int | None = None) -> None:
        with outside_handlers():
            records = json.loads(json.dumps(self.stream.records[:count]))
            ledger.handler(stream_event(records), self.world.context)

    def certificate(self) -> Any:
        return self.callers.certificate(self.purge)

    def evidence(self) -> list[str]:
        entries = parts().ledger.entries_of(self.subject)
        return [entry.evidence for entry in entries if entry.evidence]


def _entry(at: Millis) -> Entry:
    return Entry(at, Source.LINK, '{"campaign":"spring"}')


@pytest.fixture
def late_ledger(world: World, monkeypatch: pytest.MonkeyPatch) -> LateLedger:
    world.context.milliseconds_left = 300_000
    late_ledger = LateLedger(world)
    clock: Any = SimpleNamespace(time_ns=lambda: late_ledger.now * 1_000_000, sleep=late_ledger.pause)
    monkeypatch.setattr(parts(), "clock", clock)
    return late_ledger


@pytest.mark.threat(
    "W19",
    "A purge is certified as done, and later the stream brings the person's evidence to the ledger.",
    "A purge is done when the ledger has the person's last entry, or when the stream retention is over.",
)
def test_a_purge_runs_until_the_ledger_has_the_last_entry(late_ledger: LateLedger) -> None:
    assert late_ledger.sweep()["left"] == 1
    assert late_ledger.certificate()["state"] == "running"
    late_ledger.deliver_to_ledger(1)  # enters the evidence of one of the two changes
    assert len(late_ledger.evidence()) == 1
    assert late_ledger.sweep()["left"] == 1
    assert late_ledger.certificate()["state"] == "running"
    assert late_ledger.evidence() == []
    late_ledger.deliver_to_ledger()
    assert late_ledger.sweep()["left"] == 0
    certificate = late_ledger.certificate()
    assert certificate["state"] == "done"
    assert certificate["stores"]["ledger-evidence"] == 3, "of two changes and of the erasure"
    assert certificate["stores"]["mail-caps"] == 1, "the count of the first run is kept"
    assert late_ledger.evidence() == []


def test_a_purge_from_the_stream_waits_some_seconds_for_the_ledger(late_ledger: LateLedger) -> None:
    late_ledger.while_paused = late_ledger.deliver_to_ledger
    assert late_ledger.deliver_to_purge() == {"batchItemFailures": []}
    assert late_ledger.certificate()["state"] == "done"
    assert late_ledger.paused == [1]


def test_a_purge_that_waits_for_the_ledger_is_no_failure_and_stays_due(
    late_ledger: LateLedger,
) -> None:
    assert late_ledger.deliver_to_purge() == {"batchItemFailures": []}
    assert sum(late_ledger.paused) < 20
    assert late_ledger.certificate()["state"] == "running"
    late_ledger.deliver_to_ledger()
    assert late_ledger.sweep()["purged"] == 1
    assert late_ledger.certificate()["state"] == "done"


def test_a_purge_is_done_without_the_last_entry_after_the_stream_retention(
    late_ledger: LateLedger,
) -> None:
    late_ledger.now = NOW + STREAM_RETENTION
    assert late_ledger.sweep()["left"] == 1
    late_ledger.now = NOW + STREAM_RETENTION + 1
    assert late_ledger.sweep()["left"] == 0
    assert late_ledger.certificate()["state"] == "done"


def test_a_ledger_that_is_an_hour_behind_is_logged_as_overdue(
    late_ledger: LateLedger, caplog: pytest.LogCaptureFixture
) -> None:
    late_ledger.now = NOW + PURGE_OVERDUE_AFTER + 1
    late_ledger.sweep()
    assert "purge overdue" in caplog.messages


def test_a_redelivery_after_a_purge_restores_no_data(late_ledger: LateLedger) -> None:
    late_ledger.deliver_to_ledger()
    late_ledger.sweep()
    before = late_ledger.certificate()
    late_ledger.deliver_to_ledger()
    late_ledger.deliver_to_purge()
    assert late_ledger.evidence() == []
    assert late_ledger.certificate() == before
    assert entries_in_order(parts().ledger, late_ledger.subject)[-1].entry.register == ERASED_REGISTER


def test_a_purge_of_an_unknown_person_does_not_wait(late_ledger: LateLedger) -> None:
    report = late_ledger.callers.report_minor(NOW, "stranger@example.com")
    late_ledger.walk_list()
    late_ledger.deliver_to_purge()
    assert late_ledger.callers.certificate(report["purge"])["state"] == "done"
    assert late_ledger.paused == []
