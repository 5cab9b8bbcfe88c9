"""GET /v1/suppressions as AWS calls it, from event to answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from functions.platform import app
from heed.domain.api_key import KeyScope
from heed.domain.preferences.register import (
    COMPLAINT,
    DAY_MS,
    UNDELIVERABLE,
    Change,
    Entry,
    Register,
    Source,
)
from tests.support import openapi
from tests.support.deployment import NOW, World, http, parts
from tests.support.registers import in_, out, pause

ASKED_AT = NOW + 10_000
List = Callable[..., Any]


@pytest.fixture
def ask(world: World) -> Callable[..., tuple[int, Any]]:
    _, key = parts().api_keys.create("platform", "ops", [KeyScope.READ])

    def ask(at: int = ASKED_AT, key: str = key, **query: object) -> tuple[int, Any]:
        event = http(
            "GET",
            "/v1/suppressions",
            headers={"Authorization": f"Bearer {key}"},
            query={name: str(value) for name, value in query.items()},
            at=at,
        )
        answer = app.handler(event, world.context)
        return answer["statusCode"], openapi.hold("GET", "/v1/suppressions", answer)

    return ask


@pytest.fixture
def page(ask: Callable[..., tuple[int, Any]]) -> List:
    def page(**query: Any) -> Any:
        status, body = ask(**query)
        assert status == 200, body
        return body

    return page


def _put(world: World, address: str, *registers: Register, at: int = NOW - 5, now: int = NOW) -> None:
    until = NOW + DAY_MS
    world.put(
        address,
        *(
            Change(one, Entry(at, Source.PHONE, "{}", until=until if one.may_end else None))
            for one in registers
        ),
        now=now,
    )


def test_each_stop_is_an_entry_with_what_may_go_in_spite_of_it(world: World, page: List) -> None:
    _put(world, "a@example.com", out(0), at=NOW - 9)
    _put(world, "a@example.com", in_(3), now=NOW + 1)
    _put(world, "b@example.com", pause(2), now=NOW + 2)
    answer = page()
    assert answer["suppressions"] == [
        {
            "recipient": world.recipient("a@example.com"),
            "reason": "unsubscribed",
            "scope": "*",
            "since": "2026-03-05T09:12:44.381Z",
            "source": "phone",
            "until": None,
            "except": ["news"],
            "state": "standing",
        },
        {
            "recipient": world.recipient("b@example.com"),
            "reason": "paused",
            "scope": "offers",
            "since": "2026-03-05T09:12:44.385Z",
            "source": "phone",
            "until": "2026-03-06T09:12:44.390Z",
            "except": [],
            "state": "standing",
        },
    ]
    assert answer["end"] is True


def test_nobody_stopped_is_an_empty_end_with_a_cursor(page: List) -> None:
    answer = page()
    assert (answer["suppressions"], answer["end"]) == ([], True)
    assert page(cursor=answer["cursor"])["suppressions"] == []


def test_pages_that_follow_the_cursor_give_everybody_once_in_order(world: World, page: List) -> None:
    people = [f"{n}@example.com" for n in range(7)]
    for n, address in enumerate(people):
        _put(world, address, out(2), out(3), now=NOW + n)
    found, ends = [], []
    query: dict[str, str] = {}
    while True:
        answer = page(limit=3, **query)
        found += [(one["recipient"], one["scope"]) for one in answer["suppressions"]]
        ends.append(answer["end"])
        query = {"cursor": answer["cursor"]}
        if len(answer["suppressions"]) < 3:
            break
    assert found == [(world.recipient(a), scope) for a in people for scope in ("offers", "news")]
    assert ends == [False] * 4 + [True]


def test_who_was_lifted_is_told_when_the_cursor_is_used_again(world: World, page: List) -> None:
    _put(world, "a@example.com", out(2))
    cursor = page()["cursor"]
    _put(world, "a@example.com", in_(2), at=NOW, now=ASKED_AT + DAY_MS)
    (entry,) = page(cursor=cursor, at=ASKED_AT + 2 * DAY_MS)["suppressions"]
    assert (entry["scope"], entry["state"]) == ("offers", "lifted")


def test_the_cursor_at_the_end_goes_two_minutes_back_and_no_further(world: World, page: List) -> None:
    _put(world, "old@example.com", out(0), now=ASKED_AT - 120_001)
    _put(world, "late@example.com", out(0), now=ASKED_AT - 120_000)
    cursor = page()["cursor"]
    again = page(cursor=cursor, at=ASKED_AT + 1_000)["suppressions"]
    assert [one["recipient"] for one in again] == [world.recipient("late@example.com")]


def test_since_leaves_out_what_changed_before(world: World, page: List) -> None:
    _put(world, "a@example.com", out(0), now=NOW - 1)
    _put(world, "b@example.com", out(0), now=NOW)
    for since in ("2026-03-05T09:12:44.390Z", "2026-03-05T10:12:44.390+01:00"):
        found = page(since=since)["suppressions"]
        assert [one["recipient"] for one in found] == [world.recipient("b@example.com")]
    assert len(page(since="2026-03-05")["suppressions"]) == 2
    assert page(since="2027-01-01")["suppressions"] == []


def test_a_filter_stays_with_its_cursor(world: World, page: List, ask: List) -> None:
    for n in range(3):
        _put(world, f"{n}@example.com", out(2), COMPLAINT, UNDELIVERABLE, now=NOW + n)
    first = page(reason="complained", scope="*", limit=2)
    rest = page(cursor=first["cursor"], limit=2)
    same = page(cursor=first["cursor"], limit=2, reason="complained", since="2026-01-01")
    assert rest["suppressions"] == same["suppressions"]
    found = [*first["suppressions"], *rest["suppressions"]]
    assert [one["reason"] for one in found] == ["complained"] * 3
    assert [one["scope"] for one in page(scope="meridian/offers")["suppressions"]] == ["offers"] * 3
    status, problem = ask(cursor=first["cursor"], reason="minor")
    assert (status, problem["errors"][0]["pointer"]) == (422, "/reason")
    status, problem = ask(cursor=page()["cursor"], scope="news")
    assert (status, problem["errors"][0]["pointer"]) == (422, "/scope")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("limit", "0"),
        ("limit", "1001"),
        ("limit", "ten"),
        ("limit", "-1"),
        ("limit", "٣"),
        ("limit", ""),
        ("reason", "ok"),
        ("reason", "no_consent"),
        ("reason", "Complained"),
        ("scope", "nothing"),
        ("since", "yesterday"),
        ("since", "2026-03-05T09:12:44"),
        ("cursor", ""),
        ("cursor", "AAAA"),
        ("colour", "red"),
    ],
)
def test_a_parameter_that_breaks_the_contract_is_named(ask: List, name: str, value: str) -> None:
    status, problem = ask(**{name: value})
    assert status == 422
    assert [fault["pointer"] for fault in problem["errors"]] == [f"/{name}"]


def test_a_fault_of_a_query_speaks_of_the_query_and_of_what_there_is(ask: List) -> None:
    status, problem = ask(limt="2")
    assert (status, problem["type"]) == (422, "urn:heed:problem:invalid-request")
    assert "body" not in json.dumps(problem).lower()
    assert problem["detail"] == "A query parameter is not valid. `errors` names each fault. Nothing was done."
    assert "limit" in problem["errors"][0]["detail"]


def test_a_plus_that_became_a_space_is_told_of(ask: List, page: List) -> None:
    _, problem = ask(since="2026-03-05T10:12:44 01:00")
    assert problem["errors"][0]["detail"].endswith("in a query a + means a space, and %2B means a +")
    for since in ("yesterday and today", "2026-03-05 10:12:44Z", ""):
        _, problem = ask(since=since)
        assert "%2B" not in problem["errors"][0]["detail"]
    assert page(since="2026-03-05T10:12:44+01:00")["suppressions"] == []


def test_an_unknown_scope_of_a_query_names_the_nearest_and_where_all_are_listed(ask: List) -> None:
    _, problem = ask(scope="ofers")
    assert problem["errors"][0]["detail"] == (
        "is not in the catalogue; the nearest is offers; GET /v1/topics lists all names"
    )


def test_every_faulty_parameter_is_named_at_once(ask: List) -> None:
    _, problem = ask(limit=0, reason="x", scope="y", since="z", cursor="w")
    assert len(problem["errors"]) == 5


@pytest.mark.threat(
    "T12",
    "A partner reads the whole list of who is stopped.",
    "The list needs a scope of its own, names no address, and each reading is entered as a disclosure.",
)
def test_it_asks_for_the_scope_read(ask: List) -> None:
    _, other = parts().api_keys.create("other", "ops", [KeyScope.CHECK])
    assert ask(key=other, limit=0)[0] == 403
    assert ask(key="heed_" + "a" * 43)[0] == 401


@pytest.mark.system  # a thousand people: slower than a second
def test_a_page_is_a_query_a_shard_and_a_consistent_batch_for_each_hundred(world: World, page: List) -> None:
    for n in range(150):
        _put(world, f"{n}@example.com", out(0), now=NOW + n)
    requests: list[str] = []
    consistent: list[bool] = []
    events = parts().client("dynamodb").meta.events
    events.register("before-call.dynamodb", lambda model, **_: requests.append(model.name))
    events.register(
        "before-parameter-build.dynamodb.BatchGetItem",
        lambda params, **_: consistent.extend(
            part["ConsistentRead"] for part in params["RequestItems"].values()
        ),
    )
    assert len(page(limit=1000)["suppressions"]) == 150
    register = ["GetItem", "PutItem", "UpdateItem"]  # of disclosures: one entry a page
    assert sorted(requests) == sorted(
        ["BatchGetItem"] * 2 + ["GetItem"] + ["Query"] * 16 + register  # the key, too
    )
    assert consistent == [True, True]


def test_a_record_that_cannot_be_read_stops_everything_and_is_counted(
    world: World, page: List, capsys: pytest.CaptureFixture[str]
) -> None:
    _put(world, "a@example.com", out(2))
    recipient = world.recipient("a@example.com")
    boto3.client("dynamodb").update_item(
        TableName=world.table,
        Key={"id": {"S": recipient}},
        UpdateExpression="SET #o = :broken",
        ExpressionAttributeNames={"#o": "o:2"},
        ExpressionAttributeValues={":broken": {"S": "?"}},
    )
    (entry,) = page()["suppressions"]
    assert (entry["reason"], entry["scope"], entry["state"]) == ("unreadable", "*", "standing")
    assert '"UnreadableRecordFound":[1.0]' in capsys.readouterr().out


def test_a_table_that_does_not_answer_is_503(world: World, ask: List) -> None:
    boto3.client("dynamodb").delete_table(TableName=world.table)
    assert ask()[0] == 503


def test_asking_changes_nothing(world: World, page: List) -> None:
    _put(world, "a@example.com", out(0))
    before = world.items()
    page(limit=1)
    assert world.items() == before
