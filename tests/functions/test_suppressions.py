"""GET /v1/suppressions, from HTTP event to answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from functions.platform import app
from heed.domain.api_key import KeyScope
from heed.domain.milliseconds import Millis
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
from tests.support.deployment import NOW, World, http_event, parts
from tests.support.registers import in_, out, pause

REQUESTED_AT = NOW + 10_000
CallFeed = Callable[..., Any]


@pytest.fixture
def call_feed(world: World) -> Callable[..., tuple[int, Any]]:
    _, key = parts().api_keys.create("platform", "ops", [KeyScope.READ])

    def call_feed(at: int = REQUESTED_AT, key: str = key, **query: object) -> tuple[int, Any]:
        event = http_event(
            "GET",
            "/v1/suppressions",
            headers={"Authorization": f"Bearer {key}"},
            query={name: str(value) for name, value in query.items()},
            at=at,
        )
        answer = app.handler(event, world.context)
        return answer["statusCode"], openapi.check_response("GET", "/v1/suppressions", answer)

    return call_feed


@pytest.fixture
def read_page(call_feed: Callable[..., tuple[int, Any]]) -> CallFeed:
    def read_page(**query: Any) -> Any:
        status, body = call_feed(**query)
        assert status == 200, body
        return body

    return read_page


def _put(
    world: World, address: str, *registers: Register, at: Millis = Millis(NOW - 5), now: Millis = NOW
) -> None:
    until = Millis(NOW + DAY_MS)
    world.apply_changes(
        address,
        *(
            Change(register, Entry(at, Source.PHONE, "{}", until=until if register.may_end else None))
            for register in registers
        ),
        now=now,
    )


def test_each_suppression_is_listed_with_its_exceptions(world: World, read_page: CallFeed) -> None:
    _put(world, "a@example.com", out(0), at=Millis(NOW - 9))
    _put(world, "a@example.com", in_(3), now=Millis(NOW + 1))
    _put(world, "b@example.com", pause(2), now=Millis(NOW + 2))
    answer = read_page()
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


def test_an_empty_feed_has_a_cursor(read_page: CallFeed) -> None:
    answer = read_page()
    assert (answer["suppressions"], answer["end"]) == ([], True)
    assert read_page(cursor=answer["cursor"])["suppressions"] == []


def test_pages_by_cursor_list_each_suppression_once_in_order(world: World, read_page: CallFeed) -> None:
    addresses = [f"{number}@example.com" for number in range(7)]
    for number, address in enumerate(addresses):
        _put(world, address, out(2), out(3), now=Millis(NOW + number))
    listed, ends = [], []
    query: dict[str, str] = {}
    while True:
        answer = read_page(limit=3, **query)
        listed += [(item["recipient"], item["scope"]) for item in answer["suppressions"]]
        ends.append(answer["end"])
        query = {"cursor": answer["cursor"]}
        if len(answer["suppressions"]) < 3:
            break
    assert listed == [(world.recipient(name), scope) for name in addresses for scope in ("offers", "news")]
    assert ends == [False] * 4 + [True]


def test_a_lifted_suppression_appears_after_the_cursor(world: World, read_page: CallFeed) -> None:
    _put(world, "a@example.com", out(2))
    cursor = read_page()["cursor"]
    _put(world, "a@example.com", in_(2), at=NOW, now=Millis(REQUESTED_AT + DAY_MS))
    (entry,) = read_page(cursor=cursor, at=REQUESTED_AT + 2 * DAY_MS)["suppressions"]
    assert (entry["scope"], entry["state"]) == ("offers", "lifted")


def test_the_last_cursor_repeats_the_last_two_minutes(world: World, read_page: CallFeed) -> None:
    _put(world, "old@example.com", out(0), now=Millis(REQUESTED_AT - 120_001))
    _put(world, "late@example.com", out(0), now=Millis(REQUESTED_AT - 120_000))
    cursor = read_page()["cursor"]
    repeated = read_page(cursor=cursor, at=REQUESTED_AT + 1_000)["suppressions"]
    assert [item["recipient"] for item in repeated] == [world.recipient("late@example.com")]


def test_since_leaves_out_older_changes(world: World, read_page: CallFeed) -> None:
    _put(world, "a@example.com", out(0), now=Millis(NOW - 1))
    _put(world, "b@example.com", out(0), now=NOW)
    for since in ("2026-03-05T09:12:44.390Z", "2026-03-05T10:12:44.390+01:00"):
        suppressions = read_page(since=since)["suppressions"]
        assert [item["recipient"] for item in suppressions] == [world.recipient("b@example.com")]
    assert len(read_page(since="2026-03-05")["suppressions"]) == 2
    assert read_page(since="2027-01-01")["suppressions"] == []


def test_a_cursor_keeps_its_filter(world: World, read_page: CallFeed, call_feed: CallFeed) -> None:
    for number in range(3):
        _put(world, f"{number}@example.com", out(2), COMPLAINT, UNDELIVERABLE, now=Millis(NOW + number))
    first = read_page(reason="complained", scope="*", limit=2)
    rest = read_page(cursor=first["cursor"], limit=2)
    same = read_page(cursor=first["cursor"], limit=2, reason="complained", since="2026-01-01")
    assert rest["suppressions"] == same["suppressions"]
    suppressions = [*first["suppressions"], *rest["suppressions"]]
    assert [item["reason"] for item in suppressions] == ["complained"] * 3
    assert [item["scope"] for item in read_page(scope="meridian/offers")["suppressions"]] == ["offers"] * 3
    status, problem = call_feed(cursor=first["cursor"], reason="minor")
    assert (status, problem["errors"][0]["pointer"]) == (422, "/reason")
    status, problem = call_feed(cursor=read_page()["cursor"], scope="news")
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
def test_an_invalid_parameter_is_reported(call_feed: CallFeed, name: str, value: str) -> None:
    status, problem = call_feed(**{name: value})
    assert status == 422
    assert [fault["pointer"] for fault in problem["errors"]] == [f"/{name}"]


def test_a_fault_of_a_query_names_the_known_parameters(call_feed: CallFeed) -> None:
    status, problem = call_feed(limt="2")
    assert (status, problem["type"]) == (422, "urn:heed:problem:invalid-request")
    assert "body" not in json.dumps(problem).lower()
    assert problem["detail"] == "A query parameter is not valid. `errors` names each fault. Nothing was done."
    assert "limit" in problem["errors"][0]["detail"]


def test_a_plus_that_became_a_space_is_explained(call_feed: CallFeed, read_page: CallFeed) -> None:
    _, problem = call_feed(since="2026-03-05T10:12:44 01:00")
    assert problem["errors"][0]["detail"].endswith("in a query a + means a space, and %2B means a +")
    for since in ("yesterday and today", "2026-03-05 10:12:44Z", ""):
        _, problem = call_feed(since=since)
        assert "%2B" not in problem["errors"][0]["detail"]
    assert read_page(since="2026-03-05T10:12:44+01:00")["suppressions"] == []


def test_an_unknown_scope_of_a_query_gets_the_nearest_name(call_feed: CallFeed) -> None:
    _, problem = call_feed(scope="ofers")
    assert problem["errors"][0]["detail"] == (
        "is not in the catalogue; the most similar name is offers; GET /v1/topics lists all names"
    )


def test_all_invalid_parameters_are_reported_at_once(call_feed: CallFeed) -> None:
    _, problem = call_feed(limit=0, reason="x", scope="y", since="z", cursor="w")
    assert len(problem["errors"]) == 5


@pytest.mark.threat(
    "T12",
    "A partner reads the whole list of suppressed people.",
    "The list needs its own scope and names no address. Each read is entered as a disclosure.",
)
def test_the_feed_needs_the_scope_read(call_feed: CallFeed) -> None:
    _, other = parts().api_keys.create("other", "ops", [KeyScope.CHECK])
    assert call_feed(key=other, limit=0)[0] == 403
    assert call_feed(key="heed_" + "a" * 43)[0] == 401


@pytest.mark.system  # exhaustive: slower than a second
def test_a_page_costs_a_query_per_shard_and_a_batch_per_hundred(world: World, read_page: CallFeed) -> None:
    for number in range(150):
        _put(world, f"{number}@example.com", out(0), now=Millis(NOW + number))
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
    assert len(read_page(limit=1000)["suppressions"]) == 150
    disclosure_calls = [
        "GetItem",
        "PutItem",
        "UpdateItem",
    ]  # the register of disclosures: one entry for each page
    assert sorted(requests) == sorted(
        ["BatchGetItem"] * 2 + ["GetItem"] + ["Query"] * 16 + disclosure_calls  # GetItem reads the API key
    )
    assert consistent == [True, True]


def test_an_unreadable_record_is_a_suppression_of_everything_and_counted(
    world: World, read_page: CallFeed, capsys: pytest.CaptureFixture[str]
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
    (entry,) = read_page()["suppressions"]
    assert (entry["reason"], entry["scope"], entry["state"]) == ("unreadable", "*", "standing")
    assert '"UnreadableRecordFound":[1.0]' in capsys.readouterr().out


def test_a_failed_table_is_answered_with_503(world: World, call_feed: CallFeed) -> None:
    boto3.client("dynamodb").delete_table(TableName=world.table)
    assert call_feed()[0] == 503


def test_reading_the_feed_changes_nothing(world: World, read_page: CallFeed) -> None:
    _put(world, "a@example.com", out(0))
    before = world.items()
    read_page(limit=1)
    assert world.items() == before
