"""Numbers: from the event on the bus to the answer of GET /v1/numbers."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.events.models import EventPattern

from functions.ledger import app as ledger
from functions.numbers import app
from functions.platform import app as platform
from functions.unsubscribe import app as unsubscribe
from heed.adapters.dynamodb.numbers import NUMBERS_PREFIX, NumbersTable
from heed.domain.api_key import KeyScope
from heed.domain.errors import StoreUnavailable
from heed.domain.ledger.events import EventType
from heed.domain.milliseconds import Millis
from heed.domain.numbers.counted_event import COUNTED_STATES, CountedEvent
from heed.domain.numbers.numbers import MAX_KEYS_A_DAY
from heed.domain.preferences.register import (
    COMPLAINT,
    HOLD,
    SOFT_BOUNCE,
    UNDELIVERABLE,
    Change,
    Entry,
    Register,
    ScopeNumber,
    Source,
    pause_register,
)
from heed.domain.privacy.retention import CAMPAIGN_DAYS, COUNT_DAYS, NUMBER_DAYS, SEEN_DAYS
from heed.domain.recipients.recipient import DOCTOR_RECIPIENT
from heed.domain.rfc3339 import format_day
from heed.entrypoints.bulk_files import parts as file_parts
from heed.use_cases.numbers.count_event import CountEvent, CountOutcome
from tests.functions.conftest import DAY, Clock
from tests.functions.test_imports import LISTED, Imports
from tests.support.deployment import NOW, World, http_event, parts
from tests.support.iam_policies import RESOURCES
from tests.support.job_machine import run_executions
from tests.support.registers import in_, out
from tests.support.ses_messages import EVENTS
from tests.support.stream_events import StreamRecorder, stream_event

JOAN, LEE = "joan@example.com", "lee@example.com"
NEVER_COUNTED = ("hold", "minor")
CONFLICT: Any = {
    "Error": {"Code": "TransactionCanceledException"},
    "CancellationReasons": [{"Code": "None"}, {"Code": "TransactionConflict"}, {"Code": "None"}],
}
ZEROS = dict.fromkeys(("opted_out", "opted_in", "paused", "complained", "bounced"), 0)


class Office:
    """Sends events to the function, and reads the numbers by the API."""

    def __init__(self, world: World, clock: Clock) -> None:
        self.world, self.clock = world, clock
        self.stream = StreamRecorder(parts().client("dynamodb"), world.table, clock.now)
        self.events: list[dict[str, Any]] = []
        parts().client("events").meta.events.register("before-parameter-build.events", self._hear)
        _, key = parts().api_keys.create("reports", "marketing", [KeyScope.READ, KeyScope.LINKS])
        self.bearer = {"Authorization": f"Bearer {key}"}

    def _hear(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        if model.name == "PutEvents":
            self.events += [
                {
                    "version": "0",
                    "id": f"delivery {number}",
                    "detail-type": entry["DetailType"],
                    "source": entry["Source"],
                    "account": "123456789012",
                    "time": "2026-03-05T09:12:44Z",
                    "region": "us-east-1",
                    "resources": [],
                    "detail": json.loads(entry["Detail"]),
                }
                for number, entry in enumerate(params["Entries"])
            ]

    def publish(self) -> list[dict[str, Any]]:
        """Has the ledger publish the writes to the table. Returns the events."""
        records, self.stream.records[:] = list(self.stream.records), []
        answer = ledger.handler(stream_event(json.loads(json.dumps(records))), self.world.context)
        assert answer == {"batchItemFailures": []}
        events, self.events[:] = list(self.events), []
        return events

    def deliver(self, *events: dict[str, Any] | str) -> list[str]:
        """Delivers events as one batch of the queue. Returns the messages to retry."""
        bodies = [event if isinstance(event, str) else json.dumps(event) for event in events]
        records = [
            {"messageId": str(number), "eventSource": "aws:sqs", "body": body, "attributes": {}}
            for number, body in enumerate(bodies)
        ]
        self.world.context.milliseconds_left = 60_000
        answer = app.handler({"Records": records}, self.world.context)
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    def record(self, address: str, *changes: Change) -> None:
        """Records changes, publishes them, and counts them."""
        self.world.apply_changes(address, *changes, now=Millis(self.clock.now))
        assert self.deliver(*self.publish()) == []

    def ask(self, **query: str) -> Any:
        event = http_event("GET", "/v1/numbers", query=query, headers=self.bearer, at=self.clock.now)
        answer = platform.handler(event, self.world.context)
        return {"status": answer["statusCode"], **json.loads(answer["body"])}

    def rows(self, by: str, **query: str) -> dict[str, dict[str, int]]:
        """Returns the counts that are not zero, by key."""
        return {
            row.pop("key"): {column: count for column, count in row.items() if count}
            for row in self.ask(by=by, **query)["rows"]
        }

    def name(self, campaign: str) -> None:
        body = json.dumps({"topic": "offers", "addresses": [JOAN], "campaign": campaign})
        event = http_event("POST", "/v1/links", body=body, headers=self.bearer, at=self.clock.now)
        assert platform.handler(event, self.world.context)["statusCode"] == 200


@pytest.fixture
def office(world: World, clock: Clock) -> Office:
    return Office(world, clock)


def change(
    office: Office,
    register: Register,
    source: Source = Source.LINK,
    campaign: str = "",
    *,
    ago: int = 0,
    until: Millis | None = None,
) -> Change:
    evidence = json.dumps({"campaign": campaign} if campaign else {}, separators=(",", ":"))
    return Change(register, Entry(Millis(office.clock.now - ago), source, evidence, "", until))


def day_of(clock: Clock, ago: int = 0) -> str:
    return format_day((clock.now - ago) // DAY)


def test_a_change_is_counted_in_its_day_its_topic_its_source_and_its_campaign(office: Office) -> None:
    office.name("spring")
    office.record(JOAN, change(office, out(2), Source.ONE_CLICK, "spring"))
    for by, key in {
        "day": day_of(office.clock),
        "topic": "offers",
        "source": "one-click",
        "campaign": "spring",
    }.items():
        today = {"from": day_of(office.clock), "to": day_of(office.clock)}
        assert office.ask(by=by, **today) == {
            "status": 200,
            **today,
            "by": by,
            "rows": [{"key": key, **ZEROS, "opted_out": 1}],
        }


def test_each_kind_of_change_has_a_column(office: Office) -> None:
    later = Millis(office.clock.now + 30 * DAY)
    office.record(
        JOAN,
        change(office, out(2)),
        change(office, in_(3), Source.CONFIRMATION),
        change(office, pause_register(ScopeNumber(4)), until=later),
    )
    office.record(
        LEE, change(office, COMPLAINT, Source.COMPLAINT), change(office, UNDELIVERABLE, Source.BOUNCE)
    )
    assert office.rows("topic") == {
        "*": {"complained": 1, "bounced": 1},
        "offers": {"opted_out": 1},
        "news": {"opted_in": 1},
        "events": {"paused": 1},
    }
    assert office.rows("source") == {
        "link": {"opted_out": 1, "paused": 1},
        "confirmation": {"opted_in": 1},
        "complaint": {"complained": 1},
        "bounce": {"bounced": 1},
    }


def test_the_sample_of_the_queue_is_counted(office: Office) -> None:
    office.clock.now = NOW
    sample = json.loads((EVENTS / "numbers-sqs-eventbridge-changes.json").read_text())
    assert app.handler(sample, office.world.context) == {"batchItemFailures": []}
    march = {"from": "2026-03-05", "to": "2026-03-05"}
    assert office.rows("topic", **march) == {"offers": {"opted_out": 1}, "*": {"bounced": 1}}
    assert office.rows("campaign", **march) == {"(other)": {"opted_out": 1}}
    assert office.world.messages("NUMBERS_DLQ_URL") == []


def test_an_event_that_arrives_twice_counts_once(office: Office) -> None:
    office.world.apply_changes(JOAN, change(office, out(2)))
    (event,) = office.publish()
    assert office.deliver(event, event) == []
    assert office.deliver(event) == []
    assert office.rows("topic") == {"offers": {"opted_out": 1}}


def test_the_same_change_of_a_person_on_another_day_counts_again(office: Office) -> None:
    for ago in (2 * DAY, DAY, 0):
        office.record(JOAN, change(office, out(2), Source.PHONE, ago=ago))
    assert office.rows("topic") == {"offers": {"opted_out": 3}}


def test_an_event_that_represents_many_changes_counts_once(office: Office) -> None:
    office.world.apply_changes(JOAN, change(office, out(2)))
    (event,) = office.publish()
    office.deliver({**event, "detail": {**event["detail"], "changes": 4_000}})
    assert office.rows("topic") == {"offers": {"opted_out": 1}}


def test_days_are_those_of_the_change_in_utc_and_those_without_one_are_zero(office: Office) -> None:
    office.record(JOAN, change(office, out(2), Source.LETTER, ago=2 * DAY))
    query = {"from": day_of(office.clock, 3 * DAY), "to": day_of(office.clock)}
    assert office.rows("day", **query) == {
        day_of(office.clock, 3 * DAY): {},
        day_of(office.clock, 2 * DAY): {"opted_out": 1},
        day_of(office.clock, DAY): {},
        day_of(office.clock): {},
    }
    assert office.rows("source", **{**query, "from": day_of(office.clock, DAY)}) == {}


def test_without_a_query_the_answer_has_the_days_of_the_last_30_days(office: Office) -> None:
    answer = office.ask()
    assert (answer["from"], answer["to"]) == (day_of(office.clock, 29 * DAY), day_of(office.clock))
    assert (answer["by"], len(answer["rows"])) == ("day", 30)


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"by": "person"}, "/by"),
        ({"by": ""}, "/by"),
        ({"from": "2026-13-01"}, "/from"),
        ({"to": "yesterday"}, "/to"),
        ({"to": "2026-03-05T10:00:00Z"}, "/to"),
        ({"from": "2026-03-05", "to": "2026-03-04"}, "/from"),
        ({"from": "2024-12-31", "to": "2026-01-01"}, "/from"),
        ({"topic": "offers"}, "/topic"),
    ],
)
def test_a_query_that_breaks_the_contract_is_refused_with_a_pointer(
    office: Office, query: dict[str, str], pointer: str
) -> None:
    answer = office.ask(**query)
    assert (answer["status"], [fault["pointer"] for fault in answer["errors"]]) == (422, [pointer])


def test_a_period_has_at_most_366_days(office: Office) -> None:
    assert office.ask(**{"from": "2025-01-01", "to": "2026-01-01", "by": "topic"})["status"] == 200
    assert len(office.ask(**{"from": "2025-01-01", "to": "2026-01-01"})["rows"]) == 366


def test_only_a_key_with_the_scope_read_gets_the_numbers(office: Office) -> None:
    _, key = parts().api_keys.create("shop", "shop", [KeyScope.CHECK])
    office.bearer = {"Authorization": f"Bearer {key}"}
    assert office.ask()["status"] == 403
    office.bearer = {}
    assert office.ask()["status"] == 401


def test_a_press_of_a_link_counts_its_campaign_only_if_a_key_named_it(office: Office) -> None:
    office.name("spring")
    for address, campaign in ((JOAN, "spring"), (LEE, "forged")):
        link = f"/u/{office.world.token(address, issued=Millis(office.clock.now - 1))}"
        query, form = {"c": campaign}, {"List-Unsubscribe": "One-Click"}
        event = http_event("POST", link, query=query, form=form, at=office.clock.now)
        assert unsubscribe.handler(event, office.world.context)["statusCode"] == 200
    events = office.publish()
    assert [event["detail"]["campaign"] for event in events] == ["spring", "forged"]
    assert office.deliver(*events) == []
    assert office.rows("campaign") == {"spring": {"opted_out": 1}, "(other)": {"opted_out": 1}}


def test_a_campaign_that_no_key_named_for_90_days_counts_as_other(office: Office) -> None:
    office.name("spring")
    office.clock.now += CAMPAIGN_DAYS * DAY - 1_000
    office.record(JOAN, change(office, out(2), campaign="spring"))
    office.clock.now += 1_000
    office.record(LEE, change(office, out(2), campaign="spring"))
    assert office.rows("campaign") == {"spring": {"opted_out": 1}, "(other)": {"opted_out": 1}}


def test_a_key_that_names_a_campaign_again_keeps_it_for_90_days_more(office: Office) -> None:
    office.name("spring")
    office.clock.now += 60 * DAY
    office.name("spring")
    office.clock.now += 60 * DAY
    office.record(JOAN, change(office, out(2), campaign="spring"))
    assert office.rows("campaign") == {"spring": {"opted_out": 1}}


def test_a_day_has_room_for_a_thousand_new_campaigns(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("heed.domain.numbers.numbers.MAX_KEYS_A_DAY", 2)
    for campaign in ("a", "b", "c", "a"):
        office.name(campaign)
    for campaign in ("a", "b", "c"):
        office.record(f"{campaign}@example.com", change(office, out(2), campaign=campaign))
    assert office.rows("campaign") == {key: {"opted_out": 1} for key in ("a", "b", "(other)")}
    office.clock.now += DAY
    office.name("c")
    office.record(JOAN, change(office, out(2), campaign="c"))
    assert office.rows("campaign", **{"from": day_of(office.clock)}) == {"c": {"opted_out": 1}}


def test_a_day_counts_a_thousand_campaigns_by_name_and_the_rest_as_other(office: Office) -> None:
    row = {"pk": {"S": f"{NUMBERS_PREFIX}campaign#{day_of(office.clock)}"}}
    names = {"keys": {"SS": [f"c{number}" for number in range(MAX_KEYS_A_DAY)]}}
    parts().client("dynamodb").put_item(TableName=office.world.control, Item={**row, **names})
    for campaign in ("c7", "late"):
        office.name(campaign)
        office.record(f"{campaign}@example.com", change(office, out(2), campaign=campaign))
    assert office.rows("campaign") == {"c7": {"opted_out": 1}, "(other)": {"opted_out": 1}}
    assert office.rows("topic") == {"offers": {"opted_out": 2}}


def test_a_campaign_called_other_is_not_counted_with_the_campaigns_without_a_name(office: Office) -> None:
    office.name("other")
    office.record(JOAN, change(office, out(2), campaign="other"))
    office.record(LEE, change(office, out(2), campaign="forged"))
    assert office.rows("campaign") == {"other": {"opted_out": 1}, "(other)": {"opted_out": 1}}


@contextmanager
def recorded_transactions(before: Callable[[int], None] = lambda _: None) -> Iterator[list[list[Any]]]:
    """Records the writes of each transaction. Before each one it calls a function with its number."""
    transactions: list[list[Any]] = []

    def record(params: dict[str, Any], **_: Any) -> None:
        transactions.append(params["TransactItems"])
        before(len(transactions))

    hooks = parts().client("dynamodb").meta.events
    hooks.register("provide-client-params.dynamodb.TransactWriteItems", record, unique_id="record")
    yield transactions
    hooks.unregister("provide-client-params.dynamodb.TransactWriteItems", unique_id="record")


def test_the_writes_of_a_count_do_not_grow_with_the_number_of_campaigns(office: Office) -> None:
    """The list of campaigns is stored with the first count of a campaign, and never for a known one."""
    for campaign in ("spring", "summer"):
        office.name(campaign)
        office.record(JOAN, change(office, out(2), campaign=campaign), change(office, in_(2)))
    office.world.apply_changes(LEE, change(office, out(2), campaign="spring"))
    (event,) = office.publish()
    with recorded_transactions() as transactions:
        assert office.deliver(event) == []
    (writes,) = transactions
    today = day_of(office.clock)
    assert {write["Update"]["Key"]["pk"]["S"] for write in writes[1:]} == {
        f"numbers#topic#{today}#offers",
        f"numbers#source#{today}#link",
        f"numbers#campaign#{today}#spring",
    }


def test_a_process_writes_to_the_list_of_a_full_day_once(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("heed.adapters.dynamodb.numbers.MAX_KEYS_A_DAY", 1)
    made = []
    for campaign in ("a", "b", "c"):
        office.name(campaign)
        with recorded_transactions() as transactions:
            office.record(f"{campaign}@example.com", change(office, out(2), campaign=campaign))
        made.append(sum(f"numbers#campaign#{day_of(office.clock)}" == key for key in _updated(transactions)))
    # A name; a refused name, and the key of all others; nothing
    assert made == [1, 2, 0]
    assert office.rows("campaign") == {"a": {"opted_out": 1}, "(other)": {"opted_out": 2}}


def _updated(transactions: list[list[Any]]) -> list[str]:
    writes = itertools.chain.from_iterable(transactions)
    return [write["Update"]["Key"]["pk"]["S"] for write in writes if "Update" in write]


@pytest.mark.parametrize("place", [1, 2])
@pytest.mark.parametrize("is_conflict", [False, True])
def test_two_functions_that_count_the_first_of_a_key_at_once_count_both(
    office: Office, place: int, *, is_conflict: bool
) -> None:
    office.name("spring")
    for address in (JOAN, LEE):
        office.world.apply_changes(address, change(office, out(2), campaign="spring"))
    ours, theirs = (CountedEvent.from_message(json.dumps(event)) for event in office.publish())
    count = CountEvent(NumbersTable(parts().client("dynamodb"), office.world.control), parts().campaigns)
    met: list[int] = []

    def count_theirs(number: int) -> None:
        if number == place and not met:
            met.append(number)
            assert count(theirs, Millis(office.clock.now)) is CountOutcome.COUNTED
            if is_conflict:
                raise ClientError(CONFLICT, "TransactWriteItems")

    with recorded_transactions(count_theirs):
        assert parts().count_event(ours, Millis(office.clock.now)) is CountOutcome.COUNTED
    for by, key in {"topic": "offers", "source": "link", "campaign": "spring"}.items():
        assert office.rows(by) == {key: {"opted_out": 2}}
    for event in (ours, theirs):
        assert count(event, Millis(office.clock.now)) is CountOutcome.DUPLICATE


def test_a_period_with_too_many_keys_is_refused(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    for ago in (DAY, 0):
        for topic in (2, 3):
            address = f"{topic}.{ago}@example.com"
            office.record(address, change(office, out(topic), Source.LETTER, ago=ago))
    monkeypatch.setattr("heed.use_cases.numbers.list_numbers.MAX_READ_KEYS", 2)
    yesterday = day_of(office.clock, DAY)
    refused = office.ask(by="topic", **{"from": yesterday})
    assert (refused["status"], [fault["pointer"] for fault in refused["errors"]]) == (422, ["/from"])
    assert len(office.rows("topic", **{"from": yesterday, "to": yesterday})) == 2
    assert len(office.rows("source", **{"from": yesterday})) == 1


def test_links_are_made_while_the_name_of_the_campaign_cannot_be_kept(
    office: Office, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(params: dict[str, Any], model: Any, **_: Any) -> None:
        raise ClientError({"Error": {"Code": "ProvisionedThroughputExceededException"}}, model.name)

    hooks = parts().client("dynamodb").meta.events
    hooks.register("before-parameter-build.dynamodb.UpdateItem", refuse, unique_id="refuse")
    office.name("spring")
    hooks.unregister("before-parameter-build.dynamodb.UpdateItem", unique_id="refuse")
    assert '"CampaignNotKept":[1.0]' in capsys.readouterr().out
    office.name("spring")
    office.record(JOAN, change(office, out(2), campaign="spring"))
    assert office.rows("campaign") == {"spring": {"opted_out": 1}}


@pytest.fixture
def imports(world: World, clock: Clock) -> Imports:
    return Imports(world, clock)


def test_an_import_counts_the_stops_of_the_applied_rows_as_its_own_source(
    office: Office, imports: Imports, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_parts, "MAX_PART_ROWS", 1)
    imports.preview_file(LISTED)
    assert office.rows("source") == {}, "a preview stops nobody"
    imports.import_file(LISTED)
    assert office.rows("source") == {"import": {"opted_out": 2}}
    assert office.rows("topic") == office.rows("campaign") == {}
    assert {key for key, counts in office.rows("day").items() if counts} == set()


def test_a_second_import_of_the_same_file_counts_nothing(office: Office, imports: Imports) -> None:
    imports.import_file(LISTED)
    imports.import_file(LISTED)
    assert office.rows("source") == {"import": {"opted_out": 2}}


def test_a_part_of_an_import_that_is_repeated_counts_once(office: Office, imports: Imports) -> None:
    job = imports.preview_file(LISTED)
    imports.command_commit(job["job"])
    counted = parts().numbers.count
    calls: list[str] = []

    def count_and_fail(id_: str, *others: Any) -> bool:
        calls.append(id_)
        counted(id_, *others)
        if len(calls) == 1:
            raise StoreUnavailable("the answer was lost")
        return False

    parts().numbers.count = count_and_fail  # type: ignore[assignment,method-assign]
    run_executions()
    parts().numbers.count = counted  # type: ignore[method-assign]
    assert len(calls) == 2 and len(set(calls)) == 1
    assert office.rows("source") == {"import": {"opted_out": 2}}


def test_the_campaign_of_a_scrub_with_links_is_counted_by_name(office: Office, imports: Imports) -> None:
    checker = imports.key("Marketing", KeyScope.CHECK, KeyScope.LINKS)
    body = {"topic": "offers", "links": True, "campaign": "winter"}
    job = imports.create(checker, "/v1/scrubs", body)["job"]
    imports.upload(job, b"email\njoan@example.com\n")
    run_executions()
    office.record(JOAN, change(office, out(2), campaign="winter"))
    assert office.rows("campaign") == {"winter": {"opted_out": 1}}


def test_the_rule_of_the_bus_selects_what_is_counted_and_no_import(office: Office) -> None:
    pattern = EventPattern.load(json.dumps(RESOURCES["NumbersRule"]["Properties"]["EventPattern"]))
    for event_type in EventType:
        for state in ("out", "in", "confirmed", "paused", "complaint", "undeliverable", "hold", "minor"):
            for source in Source:
                detail = {"state": state, "source": source.value, "recipient": "a" * 26}
                event: Any = {"source": "heed", "detail-type": event_type.value, "detail": detail}
                is_counted = (event_type, state) in COUNTED_STATES and source is not Source.IMPORT
                # A type and a state that never occur together may match.
                if is_counted or event_type in (EventType.LIFTED, EventType.PURGED) or state in NEVER_COUNTED:
                    assert pattern.matches_event(event) is is_counted, event
                if source is Source.IMPORT:
                    assert not pattern.matches_event(event)
                by_doctor: Any = {**event, "detail": {**detail, "recipient": DOCTOR_RECIPIENT}}
                assert not pattern.matches_event(by_doctor), "heed doctor --press is no opt-out of a person"


def test_what_is_not_counted_by_the_rule_goes_to_the_dead_letter_queue(office: Office) -> None:
    office.world.apply_changes(JOAN, change(office, out(2)))
    office.world.apply_changes(LEE, change(office, HOLD, Source.AGENT), change(office, SOFT_BOUNCE))
    chosen, held = office.publish()
    imported = {**chosen, "detail": {**chosen["detail"], "source": "import"}}
    foreign = {**chosen, "source": "aws.s3"}
    for body in (held, imported, foreign, "not json", "[]", json.dumps({"detail": {}})):
        assert office.deliver(body) == []
    assert len(office.world.messages("NUMBERS_DLQ_URL")) == 6
    assert office.rows("topic") == {}


def test_a_change_of_a_day_whose_numbers_are_gone_is_not_counted(office: Office) -> None:
    office.record(JOAN, change(office, out(2), Source.LETTER, ago=(NUMBER_DAYS + 1) * DAY))
    office.record(LEE, change(office, out(2), Source.LETTER, ago=NUMBER_DAYS * DAY))
    stored = [key for key in _keys(office) if key.startswith(NUMBERS_PREFIX)]
    assert {key.split("#")[2] for key in stored} == {day_of(office.clock, NUMBER_DAYS * DAY)}


SEVERAL_REASONS = {
    **CONFLICT,
    "CancellationReasons": [
        {"Code": "None"},
        {"Code": "ThrottlingError"},
        {"Code": "ProvisionedThroughputExceeded"},
    ],
}
FAILURES = (
    {"Error": {"Code": "ThrottlingException"}},
    {"Error": {"Code": "TransactionInProgressException"}},
    {"Error": {"Code": "IdempotentParameterMismatchException"}},
    SEVERAL_REASONS,
)


@contextmanager
def failing_transactions(response: Any, times: int) -> Iterator[None]:
    """Makes the first transactions fail with a response of DynamoDB."""
    failures = iter(range(times))

    def fail(model: Any, **_: Any) -> None:
        if next(failures, None) is not None:
            raise ClientError(response, model.name)

    hooks = parts().client("dynamodb").meta.events
    hooks.register("before-parameter-build.dynamodb.TransactWriteItems", fail, unique_id="fail")
    yield
    hooks.unregister("before-parameter-build.dynamodb.TransactWriteItems", unique_id="fail")


@pytest.mark.parametrize("response", FAILURES)
def test_a_failed_transaction_is_retried_and_counts_nothing(office: Office, response: Any) -> None:
    office.world.apply_changes(JOAN, change(office, out(2)))
    (event,) = office.publish()
    with failing_transactions(response, 1):
        assert office.deliver(event) == ["0"]
    assert office.rows("topic") == {}
    assert office.deliver(event) == []
    assert office.rows("topic") == {"offers": {"opted_out": 1}}


def test_a_transaction_that_meets_another_one_is_repeated_at_once(office: Office) -> None:
    office.world.apply_changes(JOAN, change(office, out(2)))
    (event,) = office.publish()
    with failing_transactions(CONFLICT, 2):
        assert office.deliver(event) == []
    assert office.rows("topic") == {"offers": {"opted_out": 1}}


def test_nothing_in_the_numbers_names_a_person_and_everything_expires(office: Office) -> None:
    office.name("spring")
    office.record(JOAN, change(office, out(2), campaign="spring"))
    items = [item for item in office.world.items("Control") if _prefix(item) != "key#"]
    recipient = office.world.recipient(JOAN)
    assert recipient not in json.dumps(items) and "joan" not in json.dumps(items)
    today = office.clock.now // DAY
    assert {_prefix(item): int(item["expires"]["N"]) * 1000 for item in items} == {
        "numbers#": (today + NUMBER_DAYS + 1) * DAY,
        "seen#": office.clock.now + SEEN_DAYS * DAY,
        "campaign#": office.clock.now + CAMPAIGN_DAYS * DAY,
        "campaigns#": (today + COUNT_DAYS) * DAY,
    }


def _prefix(item: dict[str, Any]) -> str:
    return str(item["pk"]["S"].partition("#")[0]) + "#"


def _keys(office: Office) -> list[str]:
    return [item["pk"]["S"] for item in office.world.items("Control")]
