"""Junk in the tables `Control` and `Ledger`, and in every queue: it harms nothing but itself."""

from __future__ import annotations

import json
from collections.abc import Callable
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
from heed.adapters.external_sort import ExternalSorter
from heed.adapters.kms.address_encryption import KmsAddressEncryption
from heed.domain.api_key import KeyScope, hash_api_key
from heed.domain.errors import HeedError
from heed.domain.ledger.entry import ledger_subject
from heed.domain.links.queued_opt_out import QueuedOptOut
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
from heed.use_cases.ports.ledger import WalkPosition
from heed.use_cases.ports.opt_in import MailClaim
from heed.use_cases.ports.privacy import PurgeSubject
from tests.support import junk, mailbox
from tests.support.aws_calls import by_somebody_else
from tests.support.deployment import NOW, World, client, parts
from tests.support.full import examples
from tests.support.registers import out, scope_numbers
from tests.support.stream_events import Recorder, event

JANE, JOHN = "jane@example.com", "john@example.com"
PURGE = "ab" * 16
DISCLOSING = DisclosureDetails(NOW, "lookup", DisclosurePurpose.DATA_SUBJECT, 1, "key")
SIGNATURE = Signature("k", "ann", NOW, "a mistake", "call 1")


@pytest.fixture(autouse=True)
def _as_dynamodb_compares(monkeypatch: pytest.MonkeyPatch) -> None:
    junk.compared_as_dynamodb_does(monkeypatch)


def _keys(_world: World) -> list[Callable[[], object]]:
    parts().api_keys.create("other", "ops", [KeyScope.READ])
    _, key = parts().api_keys.create("all", "ops", [KeyScope.READ])
    found = lambda: parts().api_keys.find(hash_api_key(key))  # noqa: E731
    return [found, lambda: parts().api_keys.list()]


def _disclosures(_world: World) -> list[Callable[[], object]]:
    register = parts().disclosures
    for _ in range(3):
        register.append(DISCLOSING)
    return [lambda: register.append(DISCLOSING), lambda: register.latest(None, 10)]


def _purges(_: World) -> list[Callable[[], object]]:
    purges = parts().purges
    order = Purge(PURGE, ErasureCause.MINOR, PurgeState.DUE, NOW, None, {}, "subject")
    purges.order(order, NOW)
    return [
        lambda: purges.find(PURGE),
        lambda: purges.begin(PURGE, ErasureCause.MINOR, NOW),
        lambda: purges.finish(order, {"ledger-evidence": 1}, NOW),
    ]


def _lifts(world: World) -> list[Callable[[], object]]:
    lifts, jane = parts().lift_requests, world.recipient(JANE)
    lifts.sign(jane, SIGNATURE)
    other = Signature("l", "bob", NOW + 1, "a mistake", "call 1")
    return [lambda: lifts.sign(jane, other), lambda: lifts.clear(PurgeSubject(jane, "", NOW))]


def _mails(world: World) -> list[Callable[[], object]]:
    caps = MailCapsTable(parts().client("dynamodb"), world.control, 1000)
    jane = world.recipient(JANE)
    claim = MailClaim(jane, "mailbox", Intent.IN, "r1", "what", NOW, 0)
    caps.claim(claim, NOW, in_turn=False)
    return [
        lambda: caps.claim(claim._replace(request="r2"), NOW + DAY_MS, in_turn=False),
        lambda: caps.settle(claim, sent=True),
        lambda: caps.sent_today(NOW),
        lambda: MailCapsTable(parts().client("dynamodb"), world.control).clear(PurgeSubject(jane, "")),
    ]


def _tellings(world: World) -> list[Callable[[], object]]:
    tellings, jane = parts().opt_in_notifications, world.recipient(JANE)
    tellings.begin(jane, NOW, "press", NOW)
    return [
        lambda: tellings.begin(jane, NOW + 1, "press", NOW),
        lambda: tellings.finish(jane, NOW),
        lambda: tellings.clear(PurgeSubject(jane, "")),
    ]


def _place(_world: World) -> list[Callable[[], object]]:
    parts().recipient_scan.save_checkpoint(WalkPosition("a" * 26))
    return [lambda: parts().recipient_scan.checkpoint()]


KINDS = (_keys, _disclosures, _purges, _lifts, _mails, _tellings, _place)


@pytest.mark.parametrize("made", KINDS, ids=lambda made: made.__name__.strip("_"))
def test_junk_in_an_item_of_control_is_told_apart(
    world: World, made: Callable[[World], list[Callable[[], object]]]
) -> None:
    drive = made(world)
    items = world.items("Control")

    @settings(examples(6), phases=[Phase.generate])
    @given(st.data())
    def holds(data: st.DataObject) -> None:
        item = data.draw(st.sampled_from(items).flatmap(lambda one: junk.spoiled(one, ("pk",))))
        for one in drive:
            with by_somebody_else():
                client("dynamodb").put_item(TableName="Control", Item=item)
            with suppress(HeedError):
                one()

    holds()


def test_a_key_that_cannot_be_read_is_listed_as_that_and_the_others_are_taken(
    world: World,
) -> None:
    bad, _ = parts().api_keys.create("bad", "ops", [KeyScope.READ])
    good, key = parts().api_keys.create("good", "ops", [KeyScope.READ])
    spoiled = {"pk": {"S": f"key#{bad}"}, "created": {"S": "x"}}
    client("dynamodb").put_item(TableName=world.control, Item=spoiled)
    keys, unreadable = parts().api_keys.list()
    assert ([one.id for one in keys], unreadable) == ([good], [bad])
    found = parts().api_keys.find(hash_api_key(key))
    assert found is not None and found.id == good


@pytest.mark.threat(
    "T15",
    "An entry of the ledger is written over so that whoever reads the ledger fails there.",
    "What cannot be read is passed by and named: by the verification as a line that is no entry, by the "
    "hourly walk as altered.",
)
def test_junk_in_an_entry_of_the_ledger_is_named_and_holds_up_nobody_else(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = Recorder(parts().client("dynamodb"), world.table, NOW)
    at: Any = reconcile
    monkeypatch.setattr(at.time, "time_ns", lambda: (NOW + 2 * DAY_MS) * 1_000_000)
    world.context.left = 600_000
    for address in (JANE, JOHN):
        world.put(address, Change(out(2), Entry(NOW, Source.LETTER, "{}")))
    records = event(json.loads(json.dumps(stream.records)))
    ledger.handler(records, world.context)
    salts = {item["id"]["S"]: item["salt"]["B"] for item in world.items()}
    jane, john = (ledger_subject(salts[one], one) for one in (world.recipient(JANE), world.recipient(JOHN)))
    (good,) = [item for item in world.items("Ledger") if item["subject"]["S"] == jane]

    @settings(examples(6), phases=[Phase.generate])
    @given(junk.spoiled(good, ("subject", "id", "evidence")))
    def holds(item: dict[str, Any]) -> None:
        assume({name: item.get(name) for name in good} != good)  # another attribute says nothing
        with by_somebody_else():
            client("dynamodb").put_item(TableName="Ledger", Item=item)
        assert ledger.handler(records, world.context) == {"batchItemFailures": []}
        found = reconcile.handler({}, world.context)
        assert found["walked"] == 2
        kept = parts().ledger
        assert len(list(kept.entries_of(john))) == 1
        with suppress(HeedError):
            list(kept.entries_of(jane))
        lines = export_ledger(kept, parts().ledger_seals, NOW + 2 * DAY_MS)
        fault = verify_ledger(lines, ExternalSorter).fault
        assert fault is not None, item
        kept.erase(jane)

    holds()


def _opt_out(world: World, address: str) -> str:
    said = QueuedOptOut(world.recipient(address), scope_numbers(2, 1), NOW, Source.ONE_CLICK, "{}", "1")
    return said.to_message()


def _mail_request(_: World, address: str) -> str:
    at = NOW - 99 * DAY_MS  # too late for a mail
    asked = ConfirmationRequest(
        address, address, Intent.IN, scope_numbers(2), "en", at, "https://example.com", "n"
    )
    return asked.to_message()


def _opt_in(world: World, address: str) -> str:
    seal = KmsAddressEncryption(parts().client("kms"), parts().config.address_key)
    sealed = seal.encrypt(address)
    return ConfirmedOptIn("p", world.recipient(address), NOW, ("offers",), sealed).to_message()


def _complaint(_: World, address: str) -> str:
    told = {
        "eventType": "Complaint",
        "mail": {"destination": [address]},
        "complaint": {
            "complainedRecipients": [{"emailAddress": address}],
            "timestamp": "2026-03-05T09:12:44.390Z",
        },
    }
    return json.dumps(told)


QUEUES: tuple[tuple[Any, Callable[[World, str], str]], ...] = (
    (opt_out_retry, _opt_out),
    (send_confirmation, _mail_request),
    (after_confirmation, _opt_in),
    (ses_list, _opt_in),
    (feedback, _complaint),
)


@pytest.mark.threat(
    "T19",
    "A message is put into one of the queues that crashes its reader, so that what is behind it never comes.",
    "Each message is checked whole before anything of it is done; one that is not of our form fails alone.",
)
@pytest.mark.parametrize(("app", "message"), QUEUES, ids=lambda one: getattr(one, "__name__", ""))
def test_junk_in_a_queue_fails_alone(
    world: World,
    app: Any,
    message: Callable[[World, str], str],
) -> None:
    world.context.left = 90_000
    good = message(world, JOHN)

    @settings(examples(20), phases=[Phase.generate])
    @given(junk.bodies(message(world, JANE)))
    def holds(body: str) -> None:
        records = [
            {"messageId": name, "eventSource": "aws:sqs", "body": text}
            for name, text in (("junk", body), ("good", good))
        ]
        answer = app.handler({"Records": records}, world.context)
        assert {"itemIdentifier": "good"} not in answer["batchItemFailures"]
        assert not (body and answer["batchItemFailures"]), "it is put aside, not delivered again"
        assert all(len(item["id"]["S"]) == 26 for item in world.items())

    with mailbox.suppression_list():
        holds()


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
def test_an_opt_out_of_later_is_taken_in_our_form_alone(world: World, spoiled: dict[str, Any]) -> None:
    body = json.dumps({**json.loads(_opt_out(world, JANE)), **spoiled})
    answer = opt_out_retry.handler({"Records": [{"messageId": "m", "body": body}]}, world.context)
    assert answer == {"batchItemFailures": []}
    assert world.items() == [] and world.messages("OPT_OUT_RETRY_DLQ_URL") == [body]
