"""One record that nobody can read harms only itself, at every reader of every table."""

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
from heed.domain.preferences.register import DAY_MS, SOFT_BOUNCE, Change, Entry, Source
from heed.domain.rfc3339 import END_OF_TIME
from heed.use_cases.privacy.replay_restored import replay_restored
from tests.support import junk
from tests.support.aws_calls import by_somebody_else
from tests.support.deployment import NOW, World, client, http, parts
from tests.support.full import examples
from tests.support.registers import in_, out, pause
from tests.support.stream_events import event, record

JANE, JOHN, ANN = "jane@example.com", "john@example.com", "ann@example.com"
LATER = NOW + 60 * DAY_MS
FAR = {"N": str(10**30)}

Item = dict[str, Any]
_KEYS = {"chg_at": "S", "chg_shard": "S", "due": "N", "due_shard": "S"}  # of indexes


class Town:
    """Jane, whose item is spoiled; John, who is stopped; Ann, who is not. Whatever befalls Jane's."""

    def __init__(self, world: World) -> None:
        self.world = world
        _, self.key = parts().api_keys.create("all", "ops", list(KeyScope))
        said = Entry(NOW - 9, Source.LETTER, '{"reference":"a"}', "1")
        world.put(JANE, Change(out(0), said), Change(out(2), said))
        world.put(JANE, Change(pause(3), Entry(NOW, Source.LINK, "{}", "", NOW + 30 * DAY_MS)))
        world.put(JANE, Change(out(0), Entry(NOW - 19, Source.PHONE, "{}")))  # late
        world.put(JANE, Change(SOFT_BOUNCE, Entry(NOW, Source.BOUNCE, "{}")))
        world.put(JOHN, Change(out(2), said))
        world.put(ANN, Change(in_(2), said))
        self.jane, self.john, self.ann = map(world.recipient, (JANE, JOHN, ANN))
        self.good = {item["id"]["S"]: item for item in world.items()}[self.jane]

    def put(self, item: Item, table: str = "Preferences") -> None:
        with by_somebody_else():
            client("dynamodb").put_item(TableName=table, Item=item)

    def call(self, app: Any, method: str, path: str, body: Any = None, **query: str) -> Any:
        made = http(
            method,
            path,
            body=None if body is None else json.dumps(body),
            headers={"Authorization": f"Bearer {self.key}", "content-type": "application/json"},
            query=query,
            at=LATER,
        )
        answer = app.handler(made, self.world.context)
        assert answer["statusCode"] in (200, 202, 409, 503), answer["body"]
        return json.loads(answer["body"])

    def page(self, app: Any, method: str, purpose: TokenPurpose, **more: Any) -> int:
        path = f"/{'u' if purpose is TokenPurpose.UNSUBSCRIBE else 'p'}/"
        made = http(method, path + self.world.token(JANE, purpose=purpose), at=LATER, **more)
        status: int = app.handler(made, self.world.context)["statusCode"]
        assert status in (200, 303, 503), status
        return status

    def sendable(self) -> dict[str, tuple[bool, str]]:
        people = [self.jane, self.john, self.ann]
        answer = self.call(platform, "POST", "/v1/check", {"topic": "offers", "recipients": people})
        return {one["recipient"]: (one["sendable"], one["reason"]) for one in answer["results"]}


@pytest.fixture(autouse=True)
def _as_dynamodb_compares(monkeypatch: pytest.MonkeyPatch) -> None:
    junk.compared_as_dynamodb_does(monkeypatch)


@pytest.fixture
def town(world: World, monkeypatch: pytest.MonkeyPatch) -> Town:
    app: Any = reconcile
    monkeypatch.setattr(app.time, "time_ns", lambda: LATER * 1_000_000)
    world.context.left = 600_000
    return Town(world)


def _checked(town: Town) -> None:
    answers = town.sendable()
    assert not answers[town.jane][0]
    assert answers[town.john] == (False, "topic_unsubscribed")
    assert answers[town.ann] == (True, "ok")
    listed = town.call(platform, "GET", "/v1/suppressions")["suppressions"]
    assert town.john in {one["recipient"] for one in listed}
    assert town.ann not in {one["recipient"] for one in listed}


def _looked_up(town: Town) -> None:
    town.call(agents, "POST", "/v1/recipients/lookup", {"recipient": town.jane})
    found = town.call(agents, "POST", "/v1/recipients/lookup", {"recipient": town.john})
    assert [one["register"] for one in found["registers"]] == ["out"]


def _walked(town: Town) -> None:
    found = reconcile.handler({}, town.world.context)
    assert found["walked"] + found["unreadable"] == 3
    swept = purge.handler({}, town.world.context)
    assert swept["found"] >= 0
    copies = RestoredPreferencesTable(parts().client("dynamodb"), "Preferences", "Preferences")
    with by_somebody_else():
        came = list(replay_restored(copies, parts().preferences, parts().erasures, lambda: LATER))
    assert len(came) == 3


def _entered(town: Town, item: Item) -> None:
    """Its records in the stream are handled or put aside, and what is behind them is entered."""
    items = {one["id"]["S"]: one for one in town.world.items()}
    records = [
        record(town.good, item, NOW, number=1),
        record(item, town.good, NOW, number=2),
        record(None, items[town.john], NOW, number=3),
    ]
    answer = ledger.handler(event(json.loads(json.dumps(records))), town.world.context)
    assert answer == {"batchItemFailures": []}, item
    purge.handler(event(json.loads(json.dumps(records))), town.world.context)
    kept = parts().ledger.entries_of(_subject(items[town.john], town.john))
    assert [one.entry.register for one in kept] == ["out"]


def _subject(item: Item, recipient: str) -> str:
    from heed.domain.ledger.entry import ledger_subject

    return ledger_subject(item["salt"]["B"], recipient)


def _told_of(town: Town) -> None:
    """A bounce of Jane's may have to wait; John's is recorded."""
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
    answer = feedback.handler({"Records": messages}, town.world.context)
    assert {"itemIdentifier": JOHN} not in answer["batchItemFailures"]


def _asked(town: Town) -> None:
    """What is asked for about Jane is done, or said not to be."""
    change = {"recipient": town.jane, "scope": "*", "state": "out", "source": "letter"}
    town.call(agents, "POST", "/v1/changes", change)
    town.page(unsubscribe, "GET", TokenPurpose.UNSUBSCRIBE)
    town.page(unsubscribe, "POST", TokenPurpose.UNSUBSCRIBE, form={"List-Unsubscribe": "One-Click"})
    town.page(preferences, "GET", TokenPurpose.PREFERENCES)
    town.page(preferences, "POST", TokenPurpose.PREFERENCES, form={"all": "out"})
    on_file = {"recipient": town.jane, "source": "letter", "reference": "a"}
    town.call(agents, "POST", "/v1/holds", {**on_file, "reason": "b"})
    lift = {"recipient": town.jane, "register": "hold", "reference": "a", "reason": "b"}
    town.call(agents, "POST", "/v1/lifts", lift)
    town.call(agents, "POST", "/v1/erasures", on_file)


_AROUND = (_checked, _looked_up, _walked, _told_of, _asked)


def spoil(town: Town, item: Item) -> None:
    """Every reader meets the item; each step on the item as it was spoiled."""
    town.put(item)
    _entered(town, item)
    for step in _AROUND:
        town.put(item)
        step(town)
        assert not town.sendable()[town.jane][0], step
    for one in town.world.items():
        if one["id"]["S"] not in (town.john, town.ann):
            continue
        town.put({name: held for name, held in one.items() if name != "x:complaint"})


def _with(name: str, **held: Any) -> Callable[[Item], Item]:
    def made(item: Item) -> Item:
        return {**item, name: {"M": {**item[name]["M"], **held}}}

    return made


@pytest.mark.threat(
    "B6",
    "What cannot be read is written into one person's record, so that checks, the feed and the ledger fail "
    "for everybody.",
    "Every value is checked where it is read; what is not of our form is one unreadable record, "
    "never sendable, and nobody else's business.",
)
@pytest.mark.parametrize(
    "made",
    [
        _with("o:0", t=FAR),
        _with("o:0", t={"N": str(END_OF_TIME)}),
        _with("o:0", t={"N": "-1"}),
        _with("p:3", u=FAR),
        _with("o:0", by={"S": "nobody"}),
        _with("o:0", pv={"N": "1"}),
        _with("o:0", ev={"S": "letter " + "x" * 390_000}),
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
def test_one_unreadable_record_harms_nobody_else(town: Town, made: Callable[[Item], Item]) -> None:
    spoil(town, made(town.good))


@pytest.mark.system
def test_junk_in_any_attribute_of_a_person_harms_nobody_else(town: Town) -> None:
    @settings(examples(8), phases=[Phase.generate])
    @given(junk.spoiled(town.good, ("id",)))
    def holds(item: Item) -> None:
        assume("o:0" in item)  # without it she may be sent to, and nobody can know of it
        # Of a key the table itself refuses another type, an empty text, and one beyond 1,024 bytes.
        for name, kind in _KEYS.items():
            assume(name not in item or 0 < len(item[name].get(kind, "").encode()) <= 1_024)
        spoil(town, item)

    holds()
