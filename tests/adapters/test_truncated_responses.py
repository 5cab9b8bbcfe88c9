"""Truncated responses. botocore parses a truncated response as an empty one.

Any request to DynamoDB can have such a response. A reader would then assume that there is no record, and a
writer would not know whether its write took effect.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import secrets
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

import heed.adapters.dynamodb as adapters
from heed.adapters.aws import CLIENT_CONFIG
from heed.adapters.dynamodb.api_keys import ApiKeys
from heed.adapters.dynamodb.cases import CasesTable
from heed.adapters.dynamodb.change_feed import ChangeFeedIndex
from heed.adapters.dynamodb.daily_counts import CountPrefix, DailyCountsTable
from heed.adapters.dynamodb.desk_sessions import DeskSessionsTable
from heed.adapters.dynamodb.disclosures import DisclosuresTable
from heed.adapters.dynamodb.erasures import ErasuresTable
from heed.adapters.dynamodb.jobs import JobsTable
from heed.adapters.dynamodb.key_caps import KeyCapsTable
from heed.adapters.dynamodb.ledger import LedgerTable
from heed.adapters.dynamodb.lift_requests import LiftRequestsTable
from heed.adapters.dynamodb.mail_caps import MailCapsTable
from heed.adapters.dynamodb.network_caps import NetworkCapsTable
from heed.adapters.dynamodb.numbers import CampaignsTable, NumbersTable
from heed.adapters.dynamodb.opt_in_notifications import OptInNotificationClaimsTable
from heed.adapters.dynamodb.people_segments import PeopleSegmentsTable
from heed.adapters.dynamodb.preferences import PreferencesTable
from heed.adapters.dynamodb.purges import PurgesTable
from heed.adapters.dynamodb.recipient_pages import RecipientPagesTable
from heed.adapters.dynamodb.restored_table import RestoredPreferencesTable
from heed.adapters.dynamodb.ses_list_walks import SesListWalksTable
from heed.adapters.dynamodb.table import DynamoDBTable, TableAdapter
from heed.adapters.dynamodb.writer_turn import WriterTurnTable
from heed.domain.api_key import KeyScope
from heed.domain.desk.session import DeskRole, DeskSession
from heed.domain.errors import StoreUnavailable
from heed.domain.jobs.job import JobKind
from heed.domain.ledger.entry import LedgerEntry
from heed.domain.mailbox.case import CaseDecision, CaseKind, Ruling, new_case
from heed.domain.milliseconds import Millis
from heed.domain.numbers.numbers import CountedKey, DayKey, NumberColumn, NumberGrouping
from heed.domain.opt_in.confirmation_token import Intent
from heed.domain.preferences.record import EMPTY_RECORD, Record
from heed.domain.preferences.register import Change, Entry, ScopeNumber, Source, opt_out_register
from heed.domain.privacy.disclosure import DisclosureDetails, DisclosurePurpose
from heed.domain.privacy.erasure import Erasure, ErasureCause
from heed.domain.privacy.lift import Signature
from heed.domain.privacy.purge import Purge, PurgeState
from heed.use_cases.ports.import_writes import Turn, TurnClaim
from heed.use_cases.ports.ledger import WalkCheckpoint
from heed.use_cases.ports.opt_in import MailReservation
from heed.use_cases.ports.preferences import FeedPosition
from heed.use_cases.ports.privacy import PurgedPerson
from heed.use_cases.ports.restored_table import RestoredItem
from tests.adapters.conftest import new_recipient
from tests.adapters.test_preferences_faults import failing_requests, truncated_response
from tests.support.deployment import NOW
from tests.support.jobs import job_of
from tests.support.template import table_definition

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

RECIPIENT = new_recipient()
KEY = "a" * 32
OFFERS = ScopeNumber(2)
CHANGE = Change(opt_out_register(OFFERS), Entry(NOW, Source.LETTER, "{}"))
ENTRY = LedgerEntry("b" * 64, 1, OFFERS, "out", NOW, NOW, "letter", "", "c" * 64)
DISCLOSURE = DisclosureDetails(NOW, "lookup", DisclosurePurpose.DATA_SUBJECT, 1, "key")
PURGE = Purge("d" * 32, ErasureCause.ERASURE, PurgeState.DUE, NOW)
CLAIM = MailReservation(RECIPIENT, "mailbox", Intent.IN, "request", "what", NOW, Millis(0))
PURGE_SUBJECT = PurgedPerson(RECIPIENT, "b" * 64)
RESTORED = RestoredItem("a", lambda: EMPTY_RECORD, (), None, {"id": {"S": "a"}})
CASE = new_case(CaseKind.OTHER, "message", RECIPIENT, NOW)
RULING = Ruling(CaseDecision.NONE, ScopeNumber(0), "reason", "key", NOW)
SESSION = DeskSession("e" * 64, "oidc:0123456789abcdef", "Ada", DeskRole.AGENT, NOW, NOW, NOW)
SIGNATURE = Signature("key", "owner", NOW, "reason", "reference")

COUNTED = CountedKey(NumberGrouping.TOPIC, "offers")
UNLIMITED = SimpleNamespace(count=lambda _name, _now: True)

# For each adapter: its arguments after the client, and a call of each method that sends a request.
CALLS: dict[type, tuple[tuple[Any, ...], dict[str, Callable[[Any], object]]]] = {
    ApiKeys: (
        ("Control",),
        {
            "create": lambda keys: keys.create("name", "owner", KeyScope),
            "find": lambda keys: keys.find("0" * 64),
            "list": lambda keys: keys.list(),
            "revoke": lambda keys: keys.revoke(KEY),
        },
    ),
    CasesTable: (
        ("Control",),
        {
            "add": lambda cases: cases.add(CASE),
            "claim": lambda cases: cases.claim(CASE.id, RULING),
            "close": lambda cases: cases.close(CASE),
            "find": lambda cases: cases.find(CASE.id),
            "open_cases": lambda cases: list(cases.open_cases()),
        },
    ),
    JobsTable: (
        ("Control",),
        {
            "add": lambda jobs: jobs.add(job_of()),
            "find": lambda jobs: jobs.find(job_of().id),
            "replace": lambda jobs: jobs.replace(job_of(), job_of()),
            "of_owner": lambda jobs: list(jobs.of_owner("owner", JobKind.IMPORT)),
            "open_ids": lambda jobs: list(jobs.open_ids()),
            "reopen": lambda jobs: jobs.reopen(job_of()),
            "close": lambda jobs: jobs.close(job_of().id),
        },
    ),
    ChangeFeedIndex: (
        ("Preferences",),
        {
            "changes_after": lambda feed: feed.changes_after(FeedPosition(Millis(0), ""), NOW, 10),
        },
    ),
    RestoredPreferencesTable: (
        ("Preferences", "Preferences"),
        {
            "all_items": lambda restored: list(restored.all_items()),
            "put_back": lambda restored: restored.put_back(RESTORED, NOW),
        },
    ),
    DisclosuresTable: (
        ("Control",),
        {
            "append": lambda disclosures: disclosures.append(DISCLOSURE),
            "latest": lambda disclosures: disclosures.latest(2, 10),
        },
    ),
    ErasuresTable: (
        ("Preferences",),
        {
            "replace_record": lambda erasures: erasures.replace_record(
                new_recipient(), Erasure(Record(erased_at=NOW, revision=1)), EMPTY_RECORD, NOW
            ),
            "due_recipients": lambda erasures: list(erasures.due_recipients(NOW)),
            "set_register": lambda erasures: erasures.set_register(
                new_recipient(), CHANGE, EMPTY_RECORD, NOW
            ),
            "prune_soft_bounces": lambda erasures: erasures.prune_soft_bounces(
                RECIPIENT, frozenset([1]), NOW
            ),
            "read": lambda erasures: erasures.read(RECIPIENT),
            "finish_purges": lambda erasures: erasures.finish_purges(RECIPIENT, ("d" * 32,)),
            "due_work": lambda erasures: erasures.due_work(RECIPIENT),
        },
    ),
    LedgerTable: (
        ("Ledger",),
        {
            "all_entries": lambda ledger: list(ledger.all_entries()),
            "clear": lambda ledger: ledger.clear(PURGE_SUBJECT),
            "enter": lambda ledger: ledger.enter(ENTRY, "{}"),
            "erase_evidence": lambda ledger: ledger.erase_evidence("b" * 64),
            "is_closed": lambda ledger: ledger.is_closed("b" * 64),
            "entries_of": lambda ledger: list(ledger.entries_of("b" * 64)),
        },
    ),
    LiftRequestsTable: (
        ("Control",),
        {
            "clear": lambda requests: requests.clear(PURGE_SUBJECT),
            "find_from_desk": lambda requests: requests.find_from_desk(RECIPIENT, NOW),
            "sign": lambda requests: requests.sign(RECIPIENT, SIGNATURE),
            "waiting": lambda requests: list(requests.waiting(NOW)),
        },
    ),
    DeskSessionsTable: (
        ("Control",),
        {
            "create": lambda sessions: sessions.create(SESSION),
            "end": lambda sessions: sessions.end(SESSION.hash),
            "end_all_of": lambda sessions: sessions.end_all_of(SESSION.key),
            "find": lambda sessions: sessions.find(SESSION.hash),
            "renew": lambda sessions: sessions.renew(SESSION),
            "touch": lambda sessions: sessions.touch(SESSION, Millis(NOW + 60_000)),
        },
    ),
    SesListWalksTable: (
        ("Control",),
        {
            "replace_required_walk": lambda walks: walks.replace_required_walk("d" * 32, 1),
            "require_walk": lambda walks: walks.require_walk("d" * 32, 1),
            "count_removal": lambda walks: walks.count_removal("d" * 32),
            "finish": lambda walks: walks.finish(1),
            "last_finished": lambda walks: walks.last_finished(),
            "cancel": lambda walks: walks.cancel(),
            "release": lambda walks: walks.release(b"position", has_removed=False),
            "claim": lambda walks: walks.claim(NOW),
        },
    ),
    MailCapsTable: (
        ("Control", 99),
        {
            "reserve_mail": lambda caps: caps.reserve_mail(CLAIM, NOW, in_turn=True),
            "clear": lambda caps: caps.clear(PURGE_SUBJECT),
            "save_waiting_state": lambda caps: caps.save_waiting_state(NOW, is_waiting=True),
            "sent_today": lambda caps: caps.sent_today(NOW),
            "finish": lambda caps: caps.finish(CLAIM, sent=True),
        },
    ),
    KeyCapsTable: (
        ("Control", 99, 99),
        {
            "reserve": lambda keys: keys.reserve("key", Intent.IN, NOW),
        },
    ),
    NetworkCapsTable: (
        ("Control", 99),
        {
            "reserve": lambda networks: networks.reserve("network", Intent.IN, NOW),
        },
    ),
    PeopleSegmentsTable: (("Preferences",), {"page": lambda people: people.page(0, 1, None)}),
    RecipientPagesTable: (
        ("Preferences", "Control"),
        {
            "page": lambda scan: scan.page(None, 10),
            "load_checkpoint": lambda scan: scan.load_checkpoint(),
            "save_checkpoint": lambda scan: scan.save_checkpoint(WalkCheckpoint(RECIPIENT)),
        },
    ),
    WriterTurnTable: (
        ("Control",),
        {
            "find": lambda turn: turn.find(),
            "replace": lambda turn: turn.replace(turn.find(), Turn(TurnClaim(secrets.token_hex(16), NOW))),
        },
    ),
    PreferencesTable: (
        ("Preferences",),
        {
            "count_people": lambda preferences: preferences.count_people(),
            "apply": lambda preferences: preferences.apply(new_recipient(), [CHANGE], NOW),
            "read": lambda preferences: preferences.read(RECIPIENT),
            "read_many": lambda preferences: preferences.read_many([RECIPIENT]),
            "delete_entered": lambda preferences: preferences.delete_entered(RECIPIENT, [CHANGE]),
            "update": lambda preferences: preferences.update(new_recipient(), lambda _: [CHANGE], NOW),
        },
    ),
    PurgesTable: (
        ("Control",),
        {
            "start": lambda purges: purges.start("d" * 32, ErasureCause.ERASURE, NOW),
            "delete_order": lambda purges: purges.delete_order("d" * 32),
            "find": lambda purges: purges.find("d" * 32),
            "latest": lambda purges: purges.latest(None, 10),
            "finish": lambda purges: purges.finish(PURGE, {}, NOW),
            "save_counts": lambda purges: purges.save_counts(PURGE, {"store": 1}),
            "order": lambda purges: purges.order(PURGE, NOW),
            "order_after_hold": lambda purges: purges.order_after_hold(PURGE),
        },
    ),
    DailyCountsTable: (
        ("Control", CountPrefix.REPORTS, 99),
        {
            "count": lambda counts: counts.count("key", NOW),
        },
    ),
    NumbersTable: (
        ("Control",),
        {
            "count": lambda numbers: numbers.count(
                secrets.token_hex(16), 20_517, {COUNTED: {NumberColumn.PAUSED: 1}}, NOW
            ),
            "find_keys": lambda numbers: numbers.find_keys(NumberGrouping.TOPIC, [20_517]),
            "read": lambda numbers: list(numbers.read(NumberGrouping.TOPIC, [DayKey(20_517, "offers")])),
        },
    ),
    CampaignsTable: (
        ("Control", UNLIMITED),
        {
            "add": lambda campaigns: campaigns.add(secrets.token_hex(16), NOW),
            "is_known": lambda campaigns: campaigns.is_known("spring", NOW),
        },
    ),
    OptInNotificationClaimsTable: (
        ("Control",),
        {
            "claim": lambda notifications: notifications.claim(RECIPIENT, NOW, "press", NOW),
            "clear": lambda notifications: notifications.clear(PURGE_SUBJECT),
            "finish": lambda notifications: notifications.finish(RECIPIENT, NOW),
            "mark_queued": lambda notifications: notifications.mark_queued(RECIPIENT, NOW, NOW),
            "is_queued": lambda notifications: notifications.is_queued(RECIPIENT, NOW),
        },
    ),
}


@pytest.fixture(scope="module")
def client() -> Iterator[DynamoDBClient]:
    with mock_aws():
        dynamodb = boto3.client("dynamodb", config=CLIENT_CONFIG)
        for name in ("Preferences", "Control", "Ledger"):
            dynamodb.create_table(TableName=name, **table_definition(f"{name}Table"))
        dynamodb.put_item(TableName="Control", Item={"pk": {"S": f"key#{KEY}"}})
        CasesTable(dynamodb, "Control").add(CASE)
        yield dynamodb


@pytest.mark.parametrize(
    ("adapter", "call"),
    [
        pytest.param(adapter, call, id=f"{adapter.__name__}.{name}")
        for adapter, (_, calls) in CALLS.items()
        for name, call in calls.items()
    ],
)
def test_a_truncated_response_is_unavailable_and_not_empty(
    client: DynamoDBClient, adapter: type, call: Callable[[Any], object]
) -> None:
    arguments, _ = CALLS[adapter]
    instance = adapter(client, *arguments)
    call(instance)
    with failing_requests(client, truncated_response), pytest.raises(StoreUnavailable):
        call(instance)


def test_the_calls_cover_each_method_of_each_adapter() -> None:
    methods = {
        adapter: {name for name in vars(adapter) if not name.startswith("_")}
        for module in pkgutil.iter_modules(adapters.__path__)
        for adapter in vars(importlib.import_module(f"{adapters.__name__}.{module.name}")).values()
        if inspect.isclass(adapter)
        and adapter not in (DynamoDBTable, TableAdapter)
        and "client" in getattr(adapter.__init__, "__annotations__", {})
    }
    assert methods == {adapter: set(calls) for adapter, (_, calls) in CALLS.items()}
