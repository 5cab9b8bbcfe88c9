"""One unreadable record affects only itself, in each reader of each table."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import Phase, assume, given, settings

from functions.agents import app as agents
from functions.feedback import app as feedback
from functions.ledger import app as ledger
from functions.platform import app as platform
from functions.preferences import app as preferences
from functions.purge import app as purge
from functions.reconcile import app as reconcile
from functions.unsubscribe import app as unsubscribe
from heed.adapters.dynamodb.restored_table import RestoredPreferencesTable
from heed.domain.api_key import KeyScope
from heed.domain.links.link_token import TokenPurpose
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import DAY_MS, SOFT_BOUNCE, Change, Entry, Source
from heed.domain.rfc3339 import END_OF_TIME
from heed.use_cases.privacy.replay_restored import replay_restored
from tests.support import junk
from tests.support.aws_calls import outside_handlers
from tests.support.deployment import NOW, World, client, http_event, parts
from tests.support.full import examples
from tests.support.registers import in_, out, pause
from tests.support.stream_events import stream_event, stream_record

JANE, JOHN, ANN = "jane@example.com", "john@example.com", "ann@example.com"
LATER = Millis(NOW + 60 * DAY_MS)
FAR = {"N": str(10**30)}

Item = dict[str, Any]
_KEYS = {"chg_at": "S", "chg_shard": "S", "due": "N", "due_shard": "S"}  # keys of indexes


class People:
    """Jane, whose item is unreadable; John, who opted out; Ann, who did not."""

    def __init__(self, world: World) -> None:
        self.world = world
        _, self.key = parts().api_keys.create("all", "ops", list(KeyScope))
        letter = Entry(Millis(NOW - 9), Source.LETTER, '{"reference":"a"}', "1")
        world.apply_changes(JANE, Change(out(0), letter), Change(out(2), letter))
        world.apply_changes(
            JANE, Change(pause(3), Entry(NOW, Source.LINK, "{}", "", Millis(NOW + 30 * DAY_MS)))
        )
        world.apply_changes(JANE, Change(out(0), Entry(Millis(NOW - 19), Source.PHONE, "{}")))  # late
        world.apply_changes(JANE, Change(SOFT_BOUNCE, Entry(NOW, Source.BOUNCE, "{}")))
        world.apply_changes(JOHN, Change(out(2), letter))
        world.apply_changes(ANN, Change(in_(2), letter))
        self.jane, self.john, self.ann = map(world.recipient, (JANE, JOHN, ANN))
        self.good = {item["id"]["S"]: item for item in world.items()}[self.jane]

    def put(self, item: Item, table: str = "Preferences") -> None:
        with outside_handlers():
            client("dynamodb").put_item(TableName=table, Item=item)

    def call(self, app: Any, method: str, path: str, body: Any = None, **query: str) -> Any:
        event = http_event(
            method,
            path,
            body=None if body is None else json.dumps(body),
            headers={"Authorization": f"Bearer {self.key}", "content-type": "application/json"},
            query=query,
            at=LATER,
        )
        answer = app.handler(event, self.world.context)
        assert answer["statusCode"] in (200, 202, 409, 503), answer["body"]
        return json.loads(answer["body"])

    def page(self, app: Any, method: str, purpose: TokenPurpose, **more: Any) -> int:
        path = f"/{'u' if purpose is TokenPurpose.UNSUBSCRIBE else 'p'}/"
        event = http_event(method, path + self.world.token(JANE, purpose=purpose), at=LATER, **more)
        status: int = app.handler(event, self.world.context)["statusCode"]
        assert status in (200, 303, 503), status
        return status

    def sendable(self) -> dict[str, tuple[bool, str]]:
        recipients = [self.jane, self.john, self.ann]
        answer = self.call(platform, "POST", "/v1/check", {"topic": "offers", "recipients": recipients})
        return {result["recipient"]: (result["sendable"], result["reason"]) for result in answer["results"]}


@pytest.fixture(autouse=True)
def _as_dynamodb_compares(monkeypatch: pytest.MonkeyPatch) -> None:
    junk.compare_like_dynamodb(monkeypatch)


@pytest.fixture
def people(world: World, monkeypatch: pytest.MonkeyPatch) -> People:
    monkeypatch.setattr("heed.clock.time.time_ns", lambda: LATER * 1_000_000)
    world.context.milliseconds_left = 600_000
    return People(world)


def _check_sendable(people: People) -> None:
    answers = people.sendable()
    assert not answers[people.jane][0]
    assert answers[people.john] == (False, "topic_unsubscribed")
    assert answers[people.ann] == (True, "ok")
    listed = people.call(platform, "GET", "/v1/suppressions")["suppressions"]
    assert people.john in {item["recipient"] for item in listed}
    assert people.ann not in {item["recipient"] for item in listed}


def _check_lookups(people: People) -> None:
    people.call(agents, "POST", "/v1/recipients/lookup", {"recipient": people.jane})
    record = people.call(agents, "POST", "/v1/recipients/lookup", {"recipient": people.john})
    assert [register["register"] for register in record["registers"]] == ["out"]


def _check_scans(people: People) -> None:
    totals = reconcile.handler({}, people.world.context)
    assert totals["walked"] + totals["unreadable"] == 3
    sweep = purge.handler({}, people.world.context)
    assert sweep["found"] >= 0
    restored = RestoredPreferencesTable(parts().client("dynamodb"), "Preferences", "Preferences")
    with outside_handlers():
        outcomes = list(replay_restored(restored, parts().preferences, parts().erasures, lambda: LATER))
    assert len(outcomes) == 3


def _check_ledger(people: People, item: Item) -> None:
    """Stream records of Jane are entered or dead-lettered, and the records after them are entered."""
    items = {element["id"]["S"]: element for element in people.world.items()}
    records = [
        stream_record(people.good, item, NOW, number=1),
        stream_record(item, people.good, NOW, number=2),
        stream_record(None, items[people.john], NOW, number=3),
    ]
    answer = ledger.handler(stream_event(json.loads(json.dumps(records))), people.world.context)
    assert answer == {"batchItemFailures": []}, item
    purge.handler(stream_event(json.loads(json.dumps(records))), people.world.context)
    entries = parts().ledger.entries_of(_subject(items[people.john], people.john))
    assert [element.entry.register for element in entries] == ["out"]


def _subject(item: Item, recipient: str) -> str:
    from heed.domain.ledger.entry import ledger_subject

    return ledger_subject(item["salt"]["B"], recipient)


def _check_feedback(people: People) -> None:
    """A complaint of Jane may be retried. John's complaint is recorded."""
    messages = [
        {
            "messageId": address,
            "eventSource": "aws:sqs",
            "body": json.dumps(
                {
                    "eventType": "Complaint",
                    "mail": {"destination": [address]},
                    "complaint": {
                        "complainedRecipients": [{"emailAddress": address}],
                        "timestamp": "2026-03-05T09:12:44.390Z",
                    },
                }
            ),
        }
        for address in (JANE, JOHN)
    ]
    answer = feedback.handler({"Records": messages}, people.world.context)
    assert {"itemIdentifier": JOHN} not in answer["batchItemFailures"]


def _check_requests(people: People) -> None:
    """Requests about Jane are carried out, or answered with an error."""
    change = {"recipient": people.jane, "scope": "*", "state": "out", "source": "letter"}
    people.call(agents, "POST", "/v1/changes", change)
    people.page(unsubscribe, "GET", TokenPurpose.UNSUBSCRIBE)
    people.page(unsubscribe, "POST", TokenPurpose.UNSUBSCRIBE, form={"List-Unsubscribe": "One-Click"})
    people.page(preferences, "GET", TokenPurpose.PREFERENCES)
    people.page(preferences, "POST", TokenPurpose.PREFERENCES, form={"all": "out"})
    on_file = {"recipient": people.jane, "source": "letter", "reference": "a"}
    people.call(agents, "POST", "/v1/holds", {**on_file, "reason": "b"})
    lift = {"recipient": people.jane, "register": "hold", "reference": "a", "reason": "b"}
    people.call(agents, "POST", "/v1/lifts", lift)
    people.call(agents, "POST", "/v1/erasures", on_file)


_STEPS = (_check_sendable, _check_lookups, _check_scans, _check_feedback, _check_requests)


def read_everywhere(people: People, item: Item) -> None:
    """Lets each reader meet the item; each step begins with the item as given."""
    people.put(item)
    _check_ledger(people, item)
    for step in _STEPS:
        people.put(item)
        step(people)
        assert not people.sendable()[people.jane][0], step
    for other in people.world.items():
        if other["id"]["S"] not in (people.john, people.ann):
            continue
        people.put({name: value for name, value in other.items() if name != "x:complaint"})


def _with_value(name: str, **members: Any) -> Callable[[Item], Item]:
    def change(item: Item) -> Item:
        return {**item, name: {"M": {**item[name]["M"], **members}}}

    return change


@pytest.mark.threat(
    "B6",
    "An unreadable value is written into the record of one person, so that checks, the feed and the ledger "
    "fail for all people.",
    "Each value is checked when it is read. An invalid value makes one unreadable record, which is not "
    "sendable, and affects no other person.",
)
@pytest.mark.parametrize(
    "change",
    [
        _with_value("o:0", t=FAR),
        _with_value("o:0", t={"N": str(END_OF_TIME)}),
        _with_value("o:0", t={"N": "-1"}),
        _with_value("p:3", u=FAR),
        _with_value("o:0", by={"S": "nobody"}),
        _with_value("o:0", pv={"N": "1"}),
        _with_value("o:0", ev={"S": "letter " + "x" * 390_000}),
        lambda item: {**item, "n": {"S": "x"}},
        lambda item: {**item, "n": FAR},
        lambda item: {**item, "soft": {"NS": ["0.5"]}},
        lambda item: {**item, "soft": {"NS": [FAR["N"]]}},
        lambda item: {**item, "f": FAR},
        lambda item: {**item, "salt": {"S": "x"}},
        lambda item: {**item, "late": {"SS": ["[" * 3_000]}},
        lambda item: {**item, "late": {"N": "1"}},
        lambda item: {**item, "chg_at": {"S": "00000000000000 "}},
        lambda item: {**item, "due": {"N": "0.5"}, "due_shard": {"S": "0"}},
        lambda item: {**item, "due": {"N": "-1"}, "due_shard": {"S": "0"}, "purge": {"S": "x"}},
    ],
)
def test_an_unreadable_record_affects_no_other_person(people: People, change: Callable[[Item], Item]) -> None:
    read_everywhere(people, change(people.good))


@pytest.mark.system
def test_junk_in_any_attribute_affects_no_other_person(people: People) -> None:
    @settings(examples(8), phases=[Phase.generate])
    @given(junk.invalid_items(people.good, ("id",)))
    def check(item: Item) -> None:
        assume("o:0" in item)  # without it Jane is sendable, and the code cannot know that it is missing
        # DynamoDB itself rejects index keys of another type, empty texts, and keys above 1,024 bytes.
        for name, kind in _KEYS.items():
            assume(name not in item or 0 < len(item[name].get(kind, "").encode()) <= 1_024)
        read_everywhere(people, item)

    check()
