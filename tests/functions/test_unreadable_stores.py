"""Junk in the tables `Control` and `Ledger` and in each queue affects nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st

from functions.after_confirmation import app as after_confirmation
from functions.feedback import app as feedback
from functions.ledger import app as ledger
from functions.opt_out_retry import app as opt_out_retry
from functions.reconcile import app as reconcile
from functions.send_confirmation import app as send_confirmation
from functions.ses_list import app as ses_list
from heed.adapters.dynamodb.mail_caps import MailCapsTable
from heed.adapters.kms.address_encryption import KmsAddressEncryption
from heed.adapters.sqlite_sort import SqliteSorter
from heed.domain.api_key import KeyScope, hash_api_key
from heed.domain.errors import HeedError
from heed.domain.ledger.entry import ledger_subject
from heed.domain.links.queued_opt_out import QueuedOptOut
from heed.domain.milliseconds import Millis
from heed.domain.opt_in.confirmation_request import ConfirmationRequest
from heed.domain.opt_in.confirmation_token import Intent
from heed.domain.opt_in.confirmed_opt_in import ConfirmedOptIn
from heed.domain.preferences.register import DAY_MS, Change, Entry, Source
from heed.domain.privacy.disclosure import DisclosureDetails, DisclosurePurpose
from heed.domain.privacy.erasure import ErasureCause
from heed.domain.privacy.lift import Signature
from heed.domain.privacy.purge import Purge, PurgeState
from heed.use_cases.ledger.export import export_ledger
from heed.use_cases.ledger.verify import verify_ledger
from heed.use_cases.ports.ledger import WalkCheckpoint
from heed.use_cases.ports.opt_in import MailReservation
from heed.use_cases.ports.privacy import PurgedPerson
from tests.support import junk, mailbox
from tests.support.aws_calls import outside_handlers
from tests.support.deployment import NOW, World, client, parts
from tests.support.full import examples
from tests.support.registers import out, scope_numbers
from tests.support.stream_events import StreamRecorder, stream_event

JANE, JOHN = "jane@example.com", "john@example.com"
PURGE = "ab" * 16
DISCLOSURE = DisclosureDetails(NOW, "lookup", DisclosurePurpose.DATA_SUBJECT, 1, "key")
SIGNATURE = Signature("k", "ann", NOW, "a mistake", "call 1")


@pytest.fixture(autouse=True)
def _as_dynamodb_compares(monkeypatch: pytest.MonkeyPatch) -> None:
    junk.compare_like_dynamodb(monkeypatch)


def _keys(_world: World) -> list[Callable[[], object]]:
    parts().api_keys.create("other", "ops", [KeyScope.READ])
    _, key = parts().api_keys.create("all", "ops", [KeyScope.READ])
    find = lambda: parts().api_keys.find(hash_api_key(key))  # noqa: E731
    return [find, lambda: parts().api_keys.list()]


def _disclosures(_world: World) -> list[Callable[[], object]]:
    disclosures = parts().disclosures
    for _ in range(3):
        disclosures.append(DISCLOSURE)
    return [lambda: disclosures.append(DISCLOSURE), lambda: disclosures.latest(None, 10)]


def _purges(_: World) -> list[Callable[[], object]]:
    purges = parts().purges
    order = Purge(PURGE, ErasureCause.MINOR, PurgeState.DUE, NOW, None, {}, "subject")
    purges.order(order, NOW)
    return [
        lambda: purges.find(PURGE),
        lambda: purges.start(PURGE, ErasureCause.MINOR, NOW),
        lambda: purges.finish(order, {"ledger-evidence": 1}, NOW),
    ]


def _lifts(world: World) -> list[Callable[[], object]]:
    lifts, jane = parts().lift_requests, world.recipient(JANE)
    lifts.sign(jane, SIGNATURE)
    at_desk = Signature("oidc:0123456789abcdef", "oidc:0123456789abcdef", NOW, "a mistake", "call 1", "Olga")
    lifts.sign(jane, at_desk)
    other = Signature("l", "bob", Millis(NOW + 1), "a mistake", "call 1")
    return [
        lambda: lifts.sign(jane, other),
        lambda: lifts.clear(PurgedPerson(jane, "", NOW)),
        lambda: lifts.find_from_desk(jane, NOW),
        lambda: list(lifts.waiting(NOW)),
    ]


def _mails(world: World) -> list[Callable[[], object]]:
    caps = MailCapsTable(parts().client("dynamodb"), world.control, 1000)
    jane = world.recipient(JANE)
    claim = MailReservation(jane, "mailbox", Intent.IN, "r1", "what", NOW, Millis(0))
    caps.reserve_mail(claim, NOW, in_turn=False)
    return [
        lambda: caps.reserve_mail(claim._replace(request_id="r2"), Millis(NOW + DAY_MS), in_turn=False),
        lambda: caps.finish(claim, sent=True),
        lambda: caps.sent_today(NOW),
        lambda: MailCapsTable(parts().client("dynamodb"), world.control).clear(PurgedPerson(jane, "")),
    ]


def _notifications(world: World) -> list[Callable[[], object]]:
    notifications, jane = parts().opt_in_notifications, world.recipient(JANE)
    notifications.claim(jane, NOW, "press", NOW)
    return [
        lambda: notifications.claim(jane, Millis(NOW + 1), "press", NOW),
        lambda: notifications.finish(jane, NOW),
        lambda: notifications.clear(PurgedPerson(jane, "")),
    ]


def _checkpoint(_world: World) -> list[Callable[[], object]]:
    parts().recipient_pages.save_checkpoint(WalkCheckpoint("a" * 26))
    return [lambda: parts().recipient_pages.load_checkpoint()]


KINDS = (_keys, _disclosures, _purges, _lifts, _mails, _notifications, _checkpoint)


def _has_index_keys(item: Mapping[str, Any]) -> bool:
    """Returns whether DynamoDB accepts the keys of the index: texts of 1 to 1,024 bytes."""
    keys = [item[name].get("S", "") for name in ("list", "place") if name in item]
    return all(0 < len(key.encode()) <= 1024 for key in keys)


@pytest.mark.parametrize("make_calls", KINDS, ids=lambda make_calls: make_calls.__name__.strip("_"))
def test_junk_in_the_control_table_raises_only_known_errors(
    world: World, make_calls: Callable[[World], list[Callable[[], object]]]
) -> None:
    calls = make_calls(world)
    items = world.items("Control")

    @settings(examples(6), phases=[Phase.generate])
    @given(st.data())
    def check(data: st.DataObject) -> None:
        drawn = st.sampled_from(items).flatmap(lambda element: junk.invalid_items(element, ("pk",)))
        item = data.draw(drawn.filter(_has_index_keys))
        for element in calls:
            with outside_handlers():
                client("dynamodb").put_item(TableName="Control", Item=item)
            with suppress(HeedError):
                element()

    check()


def test_an_unreadable_api_key_is_listed_and_does_not_block_others(
    world: World,
) -> None:
    unreadable_id, _ = parts().api_keys.create("bad", "ops", [KeyScope.READ])
    readable_id, key = parts().api_keys.create("good", "ops", [KeyScope.READ])
    spoiled = {"pk": {"S": f"key#{unreadable_id}"}, "created": {"S": "x"}}
    client("dynamodb").put_item(TableName=world.control, Item=spoiled)
    keys, unreadable = parts().api_keys.list()
    assert ([item.id for item in keys], unreadable) == ([readable_id], [unreadable_id])
    api_key = parts().api_keys.find(hash_api_key(key))
    assert api_key is not None and api_key.id == readable_id


@pytest.mark.threat(
    "T15",
    "An attacker overwrites an entry of the ledger, so that each reader of the ledger fails there.",
    "Readers skip and report an unreadable entry. The verification reports an invalid line, and the "
    "reconciler reports an altered entry.",
)
def test_junk_in_a_ledger_entry_is_reported_and_does_not_block_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = StreamRecorder(parts().client("dynamodb"), world.table, NOW)
    monkeypatch.setattr("heed.clock.time.time_ns", lambda: (NOW + 2 * DAY_MS) * 1_000_000)
    world.context.milliseconds_left = 600_000
    for address in (JANE, JOHN):
        world.apply_changes(address, Change(out(2), Entry(NOW, Source.LETTER, "{}")))
    records = stream_event(json.loads(json.dumps(stream.records)))
    ledger.handler(records, world.context)
    salts = {item["id"]["S"]: item["salt"]["B"] for item in world.items()}
    jane, john = (
        ledger_subject(salts[recipient], recipient)
        for recipient in (world.recipient(JANE), world.recipient(JOHN))
    )
    (valid,) = [item for item in world.items("Ledger") if item["subject"]["S"] == jane]

    @settings(examples(6), phases=[Phase.generate])
    @given(junk.invalid_items(valid, ("subject", "id", "evidence")))
    def check(item: dict[str, Any]) -> None:
        assume({name: item.get(name) for name in valid} != valid)  # other attributes are ignored
        with outside_handlers():
            client("dynamodb").put_item(TableName="Ledger", Item=item)
        assert ledger.handler(records, world.context) == {"batchItemFailures": []}
        totals = reconcile.handler({}, world.context)
        assert totals["walked"] == 2
        ledger_table = parts().ledger
        assert len(list(ledger_table.entries_of(john))) == 1
        with suppress(HeedError):
            list(ledger_table.entries_of(jane))
        lines = export_ledger(ledger_table, parts().ledger_seals, Millis(NOW + 2 * DAY_MS))
        fault = verify_ledger(lines, SqliteSorter).fault
        assert fault is not None, item
        ledger_table.erase_evidence(jane)

    check()


def _opt_out(world: World, address: str) -> str:
    opt_out = QueuedOptOut(world.recipient(address), scope_numbers(2, 1), NOW, Source.ONE_CLICK, "{}", "1")
    return opt_out.to_message()


def _mail_request(_: World, address: str) -> str:
    at = Millis(NOW - 99 * DAY_MS)  # too old for a mail
    request = ConfirmationRequest(
        address, address, Intent.IN, scope_numbers(2), "en", at, "https://example.com", "n"
    )
    return request.to_message()


def _opt_in(world: World, address: str) -> str:
    encryption = KmsAddressEncryption(parts().client("kms"), parts().config.address_key)
    encrypted_address = encryption.encrypt(address)
    return ConfirmedOptIn("p", world.recipient(address), NOW, ("offers",), encrypted_address).to_message()


def _complaint(_: World, address: str) -> str:
    message = {
        "eventType": "Complaint",
        "mail": {"destination": [address]},
        "complaint": {
            "complainedRecipients": [{"emailAddress": address}],
            "timestamp": "2026-03-05T09:12:44.390Z",
        },
    }
    return json.dumps(message)


QUEUES: tuple[tuple[Any, Callable[[World, str], str]], ...] = (
    (opt_out_retry, _opt_out),
    (send_confirmation, _mail_request),
    (after_confirmation, _opt_in),
    (ses_list, _opt_in),
    (feedback, _complaint),
)


@pytest.mark.threat(
    "T19",
    "A message in a queue crashes its reader, so that later messages are never handled.",
    "Each message is checked completely before it is handled. A malformed message fails alone.",
)
@pytest.mark.parametrize(("app", "message"), QUEUES, ids=lambda parameter: getattr(parameter, "__name__", ""))
def test_junk_in_a_queue_does_not_block_other_messages(
    world: World,
    app: Any,
    message: Callable[[World, str], str],
) -> None:
    world.context.milliseconds_left = 90_000
    valid = message(world, JOHN)

    @settings(examples(20), phases=[Phase.generate])
    @given(junk.message_bodies(message(world, JANE)))
    def check(body: str) -> None:
        records = [
            {"messageId": name, "eventSource": "aws:sqs", "body": text}
            for name, text in (("junk", body), ("good", valid))
        ]
        answer = app.handler({"Records": records}, world.context)
        assert {"itemIdentifier": "good"} not in answer["batchItemFailures"]
        assert not (body and answer["batchItemFailures"]), "it is dead-lettered, not retried"
        assert all(len(item["id"]["S"]) == 26 for item in world.items())

    with mailbox.fake_ses_list():
        check()


@pytest.mark.parametrize(
    "spoiled",
    [
        {"at": 10**30},
        {"at": -1},
        {"at": True},
        {"at": "5"},
        {"at": 5.0},
        {"recipient": "x"},
        {"recipient": None},
        {"scopes": []},
        {"scopes": [70_000]},
        {"scopes": ["2"]},
        {"scopes": "22"},
        {"source": "nobody"},
        {"evidence": "\ud800"},
        {"evidence": "x" * 20_000},
        {"policy": 1},
        {"signal": "yes"},
        {"another": 1},
    ],
    ids=str,
)
def test_a_malformed_queued_opt_out_is_dead_lettered(world: World, spoiled: dict[str, Any]) -> None:
    body = json.dumps({**json.loads(_opt_out(world, JANE)), **spoiled})
    answer = opt_out_retry.handler({"Records": [{"messageId": "m", "body": body}]}, world.context)
    assert answer == {"batchItemFailures": []}
    assert world.items() == [] and world.messages("OPT_OUT_RETRY_DLQ_URL") == [body]
