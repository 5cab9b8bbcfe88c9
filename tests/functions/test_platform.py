"""The platform's routes as AWS calls them, from event to answer, each held to openapi.yaml."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from functions.platform import app
from heed.domain.api_key import KeyScope
from heed.domain.links.link_token import TokenPurpose, verify_link_token
from heed.domain.preferences.register import COMPLAINT, DAY_MS, Change, Entry, Source
from heed.domain.recipients.recipient import recipient_to_bytes
from tests.support.deployment import NOW, World, http, parts, restart
from tests.support.openapi import hold
from tests.support.registers import out, pause

READER, STRANGER = "reader@example.com", "stranger@example.com"
OUT_OF_OFFERS = Change(out(2), Entry(NOW - 90_000, Source.ONE_CLICK, "{}"))

Ask = Callable[..., Any]


@pytest.fixture
def ask(world: World) -> Ask:
    """Asks with a key of every scope; the body of the answer, which must be of the status expected."""
    _, key = parts().api_keys.create("all", "tests", list(KeyScope))

    def asked(method: str, path: str, body: Any = None, expected: int = 200) -> Any:
        text = None if body is None else json.dumps(body)
        event = http(method, path, body=text, headers={"Authorization": f"Bearer {key}"})
        answer = app.handler(event, world.context)
        assert answer["statusCode"] == expected
        return hold(method, path, answer)

    return asked


@contextmanager
def calls_seen(service: str) -> Iterator[list[tuple[str, dict[str, Any]]]]:
    """The calls to AWS that really go out, by name and parameters."""
    seen: list[tuple[str, dict[str, Any]]] = []

    def see(params: dict[str, Any], model: Any, **_: Any) -> None:
        seen.append((model.name, json.loads(params["body"])))

    events = parts().client(service).meta.events
    events.register("before-call", see)
    yield seen
    events.unregister("before-call", see)


def test_topics_are_told_by_number_kind_default_and_name_in_every_language(ask: Ask) -> None:
    told = ask("GET", "/v1/topics")

    assert [(t["number"], t["name"], t["kind"], t["default"]) for t in told["topics"]] == [
        (2, "offers", "marketing", "in"),
        (3, "news", "marketing", "in"),
        (4, "events", "marketing", "in"),
        (5, "research", "marketing", "out"),
        (6, "service", "service", "in"),
        (7, "targeted-advertising", "signal", "in"),
    ]
    assert [b["name"] for b in told["brands"] if b["default"]] == ["meridian"]
    assert all(set(t["names"]) == {"de", "en", "es", "fr", "ja"} for t in told["topics"])


def test_a_check_answers_in_the_order_of_the_request_each_address_as_it_was_sent(
    world: World, ask: Ask
) -> None:
    world.put(READER, OUT_OF_OFFERS)
    sent = [STRANGER, " Reader <READER@Example.com> ", "no address", READER, "", STRANGER]

    answer = ask("POST", "/v1/check", {"topic": "offers", "addresses": sent})

    assert answer["as_of"] == "2026-03-05T09:12:44.390Z"
    assert [r["address"] for r in answer["results"]] == sent
    assert [r["reason"] for r in answer["results"]] == [
        "ok",
        "topic_unsubscribed",
        "invalid",
        "topic_unsubscribed",
        "invalid",
        "ok",
    ]
    assert [r["sendable"] for r in answer["results"]] == [True, False, False, False, False, True]
    assert answer["results"][1] == {
        "address": sent[1],
        "recipient": world.recipient(READER),
        "sendable": False,
        "reason": "topic_unsubscribed",
        "since": "2026-03-05T09:11:14.390Z",
        "source": "one-click",
        "until": None,
    }


def test_nobody_on_record_is_decided_by_the_topics_default_since_never(ask: Ask) -> None:
    for topic, sendable, reason in (
        ("offers", True, "ok"),
        ("meridian/news", True, "ok"),
        ("research", False, "no_consent"),
        ("service", True, "ok"),
        ("targeted-advertising", True, "ok"),
    ):
        (result,) = ask("POST", "/v1/check", {"topic": topic, "addresses": [STRANGER]})["results"]
        assert (result["sendable"], result["reason"], result["since"]) == (sendable, reason, None)


def test_a_pause_says_until_when(world: World, ask: Ask) -> None:
    paused = Entry(NOW - 1, Source.PREFERENCE_CENTRE, "{}", "", NOW + 30 * DAY_MS)
    world.put(READER, Change(pause(0), paused))

    (result,) = ask("POST", "/v1/check", {"topic": "news", "addresses": [READER]})["results"]

    assert (result["reason"], result["until"]) == ("paused", "2026-04-04T09:12:44.390Z")


def test_ids_may_stand_in_place_of_addresses_in_base32_or_as_hex_digits(world: World, ask: Ask) -> None:
    world.put(READER, OUT_OF_OFFERS)
    recipient = world.recipient(READER)
    sent = [recipient, recipient_to_bytes(recipient).hex(), recipient.upper(), "no id"]

    results = ask("POST", "/v1/check", {"topic": "offers", "recipients": sent})["results"]

    assert [r["recipient"] for r in results] == [recipient] * 3 + [None]
    assert [r["sendable"] for r in results] == [False] * 4
    assert [r["reason"] for r in results] == ["topic_unsubscribed"] * 3 + ["invalid"]
    assert {r["address"] for r in results} == {None}


def test_a_damaged_record_is_never_a_yes_and_hides_nobody_else(
    world: World, ask: Ask, capsys: pytest.CaptureFixture[str]
) -> None:
    world.put(READER, OUT_OF_OFFERS)
    parts().client("dynamodb").update_item(
        TableName=world.table,
        Key={"id": {"S": world.recipient(READER)}},
        UpdateExpression="SET #o = :junk",
        ExpressionAttributeNames={"#o": "o:2"},
        ExpressionAttributeValues={":junk": {"S": "junk"}},
    )

    results = ask("POST", "/v1/check", {"topic": "offers", "addresses": [READER, STRANGER]})["results"]

    assert [(r["sendable"], r["reason"]) for r in results] == [(False, "unreadable"), (True, "ok")]
    assert '"UnreadableRecordFound":[1.0]' in capsys.readouterr().out


def test_a_check_costs_one_consistent_read_of_each_distinct_address_and_nothing_else(
    world: World, ask: Ask
) -> None:
    ask("GET", "/v1/topics")  # the key is remembered from here on
    people = [f"reader{n}@example.com" for n in range(250)]

    with calls_seen("dynamodb") as calls, calls_seen("kms") as keys:
        ask("POST", "/v1/check", {"topic": "offers", "addresses": people + people[::-1]})

    asked = [params["RequestItems"][world.table] for name, params in calls]
    ids = [key["id"]["S"] for request in asked for key in request["Keys"]]
    assert {name for name, _ in calls} == {"BatchGetItem"} and len(calls) == 3
    assert all(request["ConsistentRead"] for request in asked)
    assert sorted(ids) == sorted({world.recipient(one) for one in people})
    assert [name for name, _ in keys] == ["GenerateMac"]


def test_the_same_calls_are_made_for_the_known_and_for_strangers(world: World, ask: Ask) -> None:
    world.put(READER, OUT_OF_OFFERS, Change(COMPLAINT, Entry(NOW, Source.COMPLAINT, "{}")))
    seen = []
    for address in (READER, STRANGER):
        with calls_seen("dynamodb") as calls:
            ask("POST", "/v1/check", {"topic": "offers", "addresses": [address]})
            ask("POST", "/v1/links", {"topic": "offers", "addresses": [address]})
        seen.append([name for name, _ in calls])

    assert seen[0][-1:] == seen[1] == ["BatchGetItem"]


@pytest.mark.parametrize("path", ["/v1/check", "/v1/links"])
def test_what_breaks_the_contract_is_named_and_nothing_is_read(ask: Ask, path: str) -> None:
    ask("GET", "/v1/topics")
    with calls_seen("dynamodb") as calls:
        problem = ask("POST", path, {"topic": "*", "addresses": [READER, 3], "x": 1}, expected=422)

    assert [fault["pointer"] for fault in problem["errors"]] == ["/topic", "/addresses/1", "/x"]
    assert calls == []


def test_a_thousand_are_answered_at_once(ask: Ask) -> None:
    people = [f"reader{n}@example.com" for n in range(1000)]

    checked = ask("POST", "/v1/check", {"topic": "offers", "addresses": people})
    linked = ask("POST", "/v1/links", {"topic": "offers", "addresses": people})

    assert len(checked["results"]) == len(linked["links"]) == 1000


def test_links_say_who_which_topic_and_since_when(world: World, ask: Ask) -> None:
    asked = {"topic": "offers", "addresses": ["Reader@Example.com"], "campaign": "spring-1"}

    (link,) = ask("POST", "/v1/links", {**asked, "lang": "de"})["links"]

    unsubscribe, _, query = link["unsubscribe_url"].partition("?")
    assert query == "c=spring-1&lang=de" == link["preferences_url"].partition("?")[2]
    assert link["address"] == "Reader@Example.com"
    assert (
        link["tags"] == {"heed-recipient": link["recipient"]} == {"heed-recipient": world.recipient(READER)}
    )
    tokens = {
        TokenPurpose.UNSUBSCRIBE: unsubscribe.removeprefix("https://prefs.example.com/u/"),
        TokenPurpose.PREFERENCES: link["preferences_url"].partition("?")[0].rpartition("/p/")[2],
        TokenPurpose.MAILTO: link["headers"]["List-Unsubscribe"].partition("u+")[2].partition("@")[0],
    }
    for purpose, text in tokens.items():
        said = verify_link_token(text, purpose, parts().link_keys.link_key)
        assert (said.recipient, said.scope) == (link["recipient"], 2)
        assert said.issued == NOW - NOW % 60_000, "issued when the request came"
    assert link["headers"] == {
        "List-Unsubscribe": f"<{link['unsubscribe_url']}>, "
        f"<mailto:u+{tokens[TokenPurpose.MAILTO]}@mail.example.com?subject=unsubscribe>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "List-Id": "Offers <offers.meridian.example.com>",
    }


def test_what_is_no_address_has_an_error_in_its_place(ask: Ask) -> None:
    links = ask("POST", "/v1/links", {"topic": "news", "addresses": ["no", READER]})["links"]

    assert links[0] == {"address": "no", "recipient": None, "error": "invalid"}
    assert links[1]["address"] == READER


def test_links_for_ids_need_no_address(world: World, ask: Ask) -> None:
    recipient = world.recipient(READER)

    (link,) = ask("POST", "/v1/links", {"topic": "news", "recipients": [recipient]})["links"]

    assert (link["address"], link["recipient"]) == (None, recipient)


def test_without_a_domain_of_its_own_links_stand_on_the_apis_host_and_the_answer_warns(
    world: World, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    restart(PUBLIC_URL="", MAIL_DOMAIN="")

    answer = ask("POST", "/v1/links", {"topic": "offers", "addresses": [READER]})

    (link,) = answer["links"]
    host = "https://api-id.execute-api.us-east-1.amazonaws.com"
    assert link["unsubscribe_url"].startswith(f"{host}/u/")
    assert link["headers"]["List-Unsubscribe"] == f"<{link['unsubscribe_url']}>"
    assert "PUBLIC_URL" in answer["warning"]


def test_minted_links_are_written_nowhere_and_read_nothing(world: World, ask: Ask) -> None:
    ask("GET", "/v1/topics")

    with calls_seen("dynamodb") as calls:
        ask("POST", "/v1/links", {"topic": "offers", "addresses": [READER]})

    assert calls == [] and world.items() == []


@pytest.mark.parametrize("path", ["/v1", "/v1/", "/v1/no/such", "/v1/Check"])
def test_a_path_that_is_not_there_is_a_problem_like_any_other(world: World, path: str) -> None:
    answer = app.handler(http("POST", path, body="{}"), world.context)

    assert answer["statusCode"] == 404
    assert answer["headers"]["Content-Type"] == "application/problem+json"
