"""Truncated responses. botocore parses a truncated response as an empty one.

Any request to DynamoDB can have such a response. A reader would then assume that there is no record, and a
writer would not know whether its write took effect.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

import heed.adapters.dynamodb as adapters
from heed.adapters.aws import CLIENT_CONFIG
from heed.adapters.dynamodb.api_keys import ApiKeys
from heed.adapters.dynamodb.change_feed import ChangeFeedIndex
from heed.adapters.dynamodb.disclosures import DisclosuresTable
from heed.adapters.dynamodb.erasures import ErasuresTable
from heed.adapters.dynamodb.ledger import LedgerTable
from heed.adapters.dynamodb.lift_requests import LiftRequestsTable
from heed.adapters.dynamodb.mail_caps import MailCapsTable
from heed.adapters.dynamodb.minor_report_counts import MinorReportCountsTable
from heed.adapters.dynamodb.network_caps import NetworkCapsTable
from heed.adapters.dynamodb.opt_in_notifications import OptInNotificationsTable
from heed.adapters.dynamodb.preferences import PreferencesTable
from heed.adapters.dynamodb.purges import PurgesTable
from heed.adapters.dynamodb.recipient_scan import RecipientScanTable
from heed.adapters.dynamodb.restored_table import RestoredPreferencesTable
from heed.adapters.dynamodb.ses_list_walks import SesListWalksTable
from heed.adapters.dynamodb.table import DynamoDBTable
from heed.domain.api_key import KeyScope
from heed.domain.errors import StoreUnavailable
from heed.domain.ledger.entry import LedgerEntry
from heed.domain.opt_in.confirmation_token import Intent
from heed.domain.preferences.record import EMPTY_RECORD, Record
from heed.domain.preferences.register import Change, Entry, ScopeNumber, Source, opted_out
from heed.domain.privacy.disclosure import DisclosureDetails, DisclosurePurpose
from heed.domain.privacy.erasure import Erasure, ErasureCause
from heed.domain.privacy.lift import Signature
from heed.domain.privacy.purge import Purge, PurgeState
from heed.use_cases.ports.ledger import WalkPosition
from heed.use_cases.ports.opt_in import MailClaim
from heed.use_cases.ports.preferences import FeedPosition
from heed.use_cases.ports.privacy import PurgeSubject, RestoredItem
from tests.adapters.conftest import somebody
from tests.adapters.test_preferences_faults import cut, failing
from tests.support.deployment import NOW
from tests.support.template import table_definition

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

RECIPIENT = somebody()
KEY = "a" * 32
OFFERS = ScopeNumber(2)
CHANGE = Change(opted_out(OFFERS), Entry(NOW, Source.LETTER, "{}"))
ENTRY = LedgerEntry("b" * 64, 1, OFFERS, "out", NOW, NOW, "letter", "", "c" * 64)
DISCLOSURE = DisclosureDetails(NOW, "lookup", DisclosurePurpose.DATA_SUBJECT, 1, "key")
PURGE = Purge("d" * 32, ErasureCause.ERASURE, PurgeState.DUE, NOW)
CLAIM = MailClaim(RECIPIENT, "mailbox", Intent.IN, "request", "what", NOW, 0)
PURGE_SUBJECT = PurgeSubject(RECIPIENT, "b" * 64)
RESTORED = RestoredItem("a", lambda: EMPTY_RECORD, (), None, {"id": {"S": "a"}})
SIGNATURE = Signature("key", "owner", NOW, "reason", "reference")

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
    ChangeFeedIndex: (
        ("Preferences",),
        {
            "changes_after": lambda feed: feed.changes_after(FeedPosition(0, ""), NOW, 10),
        },
    ),
    RestoredPreferencesTable: (
        ("Preferences", "Preferences"),
        {
            "all": lambda restored: list(restored.all()),
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
            "begin": lambda erasures: erasures.begin(
                somebody(), Erasure(Record(erased_at=NOW, revision=1)), EMPTY_RECORD, NOW
            ),
            "due": lambda erasures: list(erasures.due(NOW)),
            "keep": lambda erasures: erasures.keep(somebody(), CHANGE, EMPTY_RECORD, NOW),
            "prune": lambda erasures: erasures.prune(RECIPIENT, frozenset([1]), NOW),
            "read": lambda erasures: erasures.read(RECIPIENT),
            "settle": lambda erasures: erasures.settle(RECIPIENT, ("d" * 32,)),
            "work": lambda erasures: erasures.work(RECIPIENT),
        },
    ),
    LedgerTable: (
        ("Ledger",),
        {
            "all": lambda ledger: list(ledger.all()),
            "clear": lambda ledger: ledger.clear(PURGE_SUBJECT),
            "enter": lambda ledger: ledger.enter(ENTRY, "{}"),
            "erase": lambda ledger: ledger.erase("b" * 64),
            "is_closed": lambda ledger: ledger.is_closed("b" * 64),
            "entries_of": lambda ledger: list(ledger.entries_of("b" * 64)),
        },
    ),
    LiftRequestsTable: (
        ("Control",),
        {
            "clear": lambda requests: requests.clear(PURGE_SUBJECT),
            "sign": lambda requests: requests.sign(RECIPIENT, SIGNATURE),
        },
    ),
    SesListWalksTable: (
        ("Control",),
        {
            "await_number": lambda walks: walks.await_number("d" * 32, 1),
            "await_walk": lambda walks: walks.await_walk("d" * 32, 1),
            "count": lambda walks: walks.count("d" * 32),
            "end": lambda walks: walks.end(1),
            "ended": lambda walks: walks.ended(),
            "give_up": lambda walks: walks.give_up(),
            "leave": lambda walks: walks.leave(b"place", has_removed=False),
            "take": lambda walks: walks.take(NOW),
        },
    ),
    MailCapsTable: (
        ("Control", 99),
        {
            "claim": lambda caps: caps.claim(CLAIM, NOW, in_turn=True),
            "clear": lambda caps: caps.clear(PURGE_SUBJECT),
            "note_line": lambda caps: caps.note_line(NOW, stands=True),
            "sent_today": lambda caps: caps.sent_today(NOW),
            "settle": lambda caps: caps.settle(CLAIM, sent=True),
        },
    ),
    NetworkCapsTable: (
        ("Control", 99),
        {
            "take": lambda networks: networks.take("network", Intent.IN, NOW),
        },
    ),
    RecipientScanTable: (
        ("Preferences", "Control"),
        {
            "page": lambda scan: scan.page(None, 10),
            "checkpoint": lambda scan: scan.checkpoint(),
            "save_checkpoint": lambda scan: scan.save_checkpoint(WalkPosition(RECIPIENT)),
        },
    ),
    PreferencesTable: (
        ("Preferences",),
        {
            "apply": lambda preferences: preferences.apply(somebody(), [CHANGE], NOW),
            "read": lambda preferences: preferences.read(RECIPIENT),
            "read_many": lambda preferences: preferences.read_many([RECIPIENT]),
            "settle": lambda preferences: preferences.settle(RECIPIENT, [CHANGE]),
            "update": lambda preferences: preferences.update(somebody(), lambda _: [CHANGE], NOW),
        },
    ),
    PurgesTable: (
        ("Control",),
        {
            "begin": lambda purges: purges.begin("d" * 32, ErasureCause.ERASURE, NOW),
            "drop": lambda purges: purges.drop("d" * 32),
            "find": lambda purges: purges.find("d" * 32),
            "finish": lambda purges: purges.finish(PURGE, {}, NOW),
            "note": lambda purges: purges.note(PURGE, {"store": 1}),
            "order": lambda purges: purges.order(PURGE, NOW),
            "promise": lambda purges: purges.promise(PURGE),
        },
    ),
    MinorReportCountsTable: (
        ("Control", 99),
        {
            "take": lambda counts: counts.take("key", NOW),
        },
    ),
    OptInNotificationsTable: (
        ("Control",),
        {
            "begin": lambda notifications: notifications.begin(RECIPIENT, NOW, "press", NOW),
            "clear": lambda notifications: notifications.clear(PURGE_SUBJECT),
            "finish": lambda notifications: notifications.finish(RECIPIENT, NOW),
            "hand_on": lambda notifications: notifications.hand_on(RECIPIENT, NOW, NOW),
            "is_handed_on": lambda notifications: notifications.is_handed_on(RECIPIENT, NOW),
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
    with failing(client, cut), pytest.raises(StoreUnavailable):
        call(instance)


def test_the_calls_cover_each_method_of_each_adapter() -> None:
    methods = {
        adapter: {name for name in vars(adapter) if not name.startswith("_")}
        for module in pkgutil.iter_modules(adapters.__path__)
        for adapter in vars(importlib.import_module(f"{adapters.__name__}.{module.name}")).values()
        if inspect.isclass(adapter)
        and adapter is not DynamoDBTable
        and "client" in getattr(adapter.__init__, "__annotations__", {})
    }
    assert methods == {adapter: set(calls) for adapter, (_, calls) in CALLS.items()}
