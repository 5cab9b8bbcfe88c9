"""When a purge is certified: not before the ledger can bring nothing more of who the person was, and SES's
list was walked.
"""

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
from heed.domain.opt_in.confirmation_token import Intent
from heed.domain.preferences.register import DAY_MS, Change, Entry, Source
from heed.domain.privacy.purge import PURGE_OVERDUE
from heed.domain.privacy.ses_list_request import WALK_REQUEST
from heed.use_cases.ledger.reconcile import STREAM_RETENTION
from tests.support import mailbox
from tests.support.api_callers import JANE, Office
from tests.support.aws_calls import by_somebody_else
from tests.support.deployment import NOW, World, client, parts
from tests.support.ledgers import history
from tests.support.registers import in_, out
from tests.support.stream_events import Recorder, event


class Behind:
    """A stack whose ledger has not read the stream yet, at a time that the test sets."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.office = Office(world)
        self.stream = Recorder(parts().client("dynamodb"), world.table, NOW)
        self.now = NOW + 5_000
        self.paused: list[float] = []
        self.while_paused: Callable[[], object] = lambda: None
        for change in (Change(out(2), _entry(NOW - DAY_MS)), Change(in_(3), _entry(NOW - 1))):
            world.put(JANE, change)
        recipient = world.recipient(JANE)
        self.subject = ledger_subject(parts().preferences.read(recipient).salt, recipient)
        named = mail_caps.mailbox_key(recipient) | {"box": {"S": "a keyed name"}}
        for row in (named, {"pk": {"S": mail_caps.tries_key(Intent.IN, "a keyed name")}}):
            client("dynamodb").put_item(TableName=world.control, Item=row)
        self.purge = self.office.minor(NOW)["purge"]
        self.list_is_walked()

    def list_is_walked(self) -> None:
        """For all who are due by now."""
        parts().ses_list_queue.send(WALK_REQUEST.to_message())
        mailbox.read_list(self.world)

    def pause(self, seconds: float) -> None:
        self.paused.append(seconds)
        self.while_paused()

    def sweep(self) -> Any:
        return app.handler({}, self.world.context)

    def stream_brings(self) -> Any:
        """The purge's function is handed the write that asks for it."""
        records = json.loads(json.dumps(self.stream.records[-1:]))
        return app.handler(event(records), self.world.context)

    def ledger_reads(self, count: int | None = None) -> None:
        with by_somebody_else():
            records = json.loads(json.dumps(self.stream.records[:count]))
            ledger.handler(event(records), self.world.context)

    def certificate(self) -> Any:
        return self.office.certificate(self.purge)

    def evidence(self) -> list[str]:
        kept = parts().ledger.entries_of(self.subject)
        return [one.evidence for one in kept if one.evidence]


def _entry(at: int) -> Entry:
    return Entry(at, Source.LINK, '{"campaign":"spring"}')


@pytest.fixture
def behind(world: World, monkeypatch: pytest.MonkeyPatch) -> Behind:
    world.context.left = 300_000
    behind = Behind(world)
    clock: Any = SimpleNamespace(time_ns=lambda: behind.now * 1_000_000, sleep=behind.pause)
    monkeypatch.setattr(parts(), "clock", clock)
    return behind


@pytest.mark.threat(
    "W19",
    "A purge is certified as done while the stream still brings the person's evidence to the ledger.",
    "It is done when the ledger has the person's last entry, or when the stream is too old to bring any.",
)
def test_a_purge_is_running_until_the_ledger_has_entered_all_that_there_was(behind: Behind) -> None:
    assert behind.sweep()["left"] == 1
    assert behind.certificate()["state"] == "running"
    behind.ledger_reads(1)  # one of the two changes: its evidence is there
    assert len(behind.evidence()) == 1
    assert behind.sweep()["left"] == 1
    assert behind.certificate()["state"] == "running"
    assert behind.evidence() == []
    behind.ledger_reads()
    assert behind.sweep()["left"] == 0
    done = behind.certificate()
    assert done["state"] == "done"
    assert done["stores"]["ledger-evidence"] == 3, "two changes, and that it was erased"
    assert done["stores"]["mail-caps"] == 1, "found by the first run, and not forgotten since"
    assert behind.evidence() == []


def test_the_stream_waits_a_few_seconds_for_the_ledger_which_reads_it_too(behind: Behind) -> None:
    behind.while_paused = behind.ledger_reads
    assert behind.stream_brings() == {"batchItemFailures": []}
    assert behind.certificate()["state"] == "done"
    assert behind.paused == [1]


def test_what_waits_for_the_ledger_is_no_failure_of_the_stream_and_stays_due(
    behind: Behind,
) -> None:
    assert behind.stream_brings() == {"batchItemFailures": []}
    assert sum(behind.paused) < 20
    assert behind.certificate()["state"] == "running"
    behind.ledger_reads()
    assert behind.sweep()["purged"] == 1
    assert behind.certificate()["state"] == "done"


def test_when_the_stream_can_bring_nothing_more_the_purge_is_done_without_the_last_entry(
    behind: Behind,
) -> None:
    behind.now = NOW + STREAM_RETENTION
    assert behind.sweep()["left"] == 1
    behind.now = NOW + STREAM_RETENTION + 1
    assert behind.sweep()["left"] == 0
    assert behind.certificate()["state"] == "done"


def test_a_ledger_that_is_an_hour_behind_is_told_by_the_alarm(
    behind: Behind, caplog: pytest.LogCaptureFixture
) -> None:
    behind.now = NOW + PURGE_OVERDUE + 1
    behind.sweep()
    assert "purge overdue" in caplog.messages


def test_delivered_again_after_it_is_done_nothing_of_the_person_comes_back(behind: Behind) -> None:
    behind.ledger_reads()
    behind.sweep()
    before = behind.certificate()
    behind.ledger_reads()
    behind.stream_brings()
    assert behind.evidence() == []
    assert behind.certificate() == before
    assert history(parts().ledger, behind.subject)[-1].entry.register == ERASED_REGISTER


def test_a_person_whom_the_ledger_never_knew_waits_for_nobody(behind: Behind) -> None:
    told = behind.office.minor(NOW, "stranger@example.com")
    behind.list_is_walked()
    behind.stream_brings()
    assert behind.office.certificate(told["purge"])["state"] == "done"
    assert behind.paused == []
