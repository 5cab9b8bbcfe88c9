"""The routes for the marketing platform, from HTTP event to answer; each answer must match openapi.yaml."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from functions.platform import app
from heed.domain.api_key import KeyScope
from heed.domain.links.link_token import TokenPurpose, verify_link_token
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import COMPLAINT, DAY_MS, Change, Entry, Source
from heed.domain.recipients.recipient import recipient_to_bytes
from tests.support.deployment import NOW, World, http_event, parts, restart
from tests.support.openapi import check_response
from tests.support.recorded_calls import record_calls
from tests.support.registers import out, pause

READER, STRANGER = "reader@example.com", "stranger@example.com"
OUT_OF_OFFERS = Change(out(2), Entry(Millis(NOW - 90_000), Source.ONE_CLICK, "{}"))

CallApi = Callable[..., Any]


@pytest.fixture
def call_api(world: World) -> CallApi:
    """Calls the API with a key that has all scopes; checks the status and returns the body."""
    _, key = parts().api_keys.create("all", "tests", list(KeyScope))

    def call(method: str, path: str, body: Any = None, expected: int = 200) -> Any:
        text = None if body is None else json.dumps(body)
        event = http_event(method, path, body=text, headers={"Authorization": f"Bearer {key}"})
        answer = app.handler(event, world.context)
        assert answer["statusCode"] == expected
        return check_response(method, path, answer)

    return call


def test_topics_are_listed_with_number_kind_default_and_names(call_api: CallApi) -> None:
    answer = call_api("GET", "/v1/topics")

    assert [
        (topic["number"], topic["name"], topic["kind"], topic["default"]) for topic in answer["topics"]
    ] == [
        (2, "offers", "marketing", "in"),
        (3, "news", "marketing", "in"),
        (4, "events", "marketing", "in"),
        (5, "research", "marketing", "out"),
        (6, "service", "service", "in"),
        (7, "targeted-advertising", "signal", "in"),
    ]
    assert [brand["name"] for brand in answer["brands"] if brand["default"]] == ["meridian"]
    assert all(set(topic["names"]) == {"de", "en", "en-GB", "es", "fr", "ja"} for topic in answer["topics"])


def test_a_check_keeps_the_order_and_the_spelling_of_the_addresses(world: World, call_api: CallApi) -> None:
    world.apply_changes(READER, OUT_OF_OFFERS)
    addresses = [STRANGER, " Reader <READER@Example.com> ", "no address", READER, "", STRANGER]

    answer = call_api("POST", "/v1/check", {"topic": "offers", "addresses": addresses})

    assert answer["as_of"] == "2026-03-05T09:12:44.390Z"
    assert [result["address"] for result in answer["results"]] == addresses
    assert [result["reason"] for result in answer["results"]] == [
        "ok",
        "topic_unsubscribed",
        "invalid",
        "topic_unsubscribed",
        "invalid",
        "ok",
    ]
    assert [result["sendable"] for result in answer["results"]] == [True, False, False, False, False, True]
    assert answer["results"][1] == {
        "address": addresses[1],
        "recipient": world.recipient(READER),
        "sendable": False,
        "reason": "topic_unsubscribed",
        "since": "2026-03-05T09:11:14.390Z",
        "source": "one-click",
        "until": None,
    }


def test_an_unknown_person_gets_the_default_of_the_topic(call_api: CallApi) -> None:
    for topic, sendable, reason in (
        ("offers", True, "ok"),
        ("meridian/news", True, "ok"),
        ("research", False, "no_consent"),
        ("service", True, "ok"),
        ("targeted-advertising", True, "ok"),
    ):
        (result,) = call_api("POST", "/v1/check", {"topic": topic, "addresses": [STRANGER]})["results"]
        assert (result["sendable"], result["reason"], result["since"]) == (sendable, reason, None)


def test_a_check_shows_the_end_of_a_pause(world: World, call_api: CallApi) -> None:
    entry = Entry(Millis(NOW - 1), Source.PREFERENCE_CENTRE, "{}", "", Millis(NOW + 30 * DAY_MS))
    world.apply_changes(READER, Change(pause(0), entry))

    (result,) = call_api("POST", "/v1/check", {"topic": "news", "addresses": [READER]})["results"]

    assert (result["reason"], result["until"]) == ("paused", "2026-04-04T09:12:44.390Z")


def test_recipient_ids_in_base32_or_hex_can_replace_addresses(world: World, call_api: CallApi) -> None:
    world.apply_changes(READER, OUT_OF_OFFERS)
    recipient = world.recipient(READER)
    ids = [recipient, recipient_to_bytes(recipient).hex(), recipient.upper(), "no id"]

    results = call_api("POST", "/v1/check", {"topic": "offers", "recipients": ids})["results"]

    assert [result["recipient"] for result in results] == [recipient] * 3 + [None]
    assert [result["sendable"] for result in results] == [False] * 4
    assert [result["reason"] for result in results] == ["topic_unsubscribed"] * 3 + ["invalid"]
    assert {result["address"] for result in results} == {None}


def test_an_unreadable_record_is_not_sendable_and_does_not_affect_others(
    world: World, call_api: CallApi, capsys: pytest.CaptureFixture[str]
) -> None:
    world.apply_changes(READER, OUT_OF_OFFERS)
    parts().client("dynamodb").update_item(
        TableName=world.table,
        Key={"id": {"S": world.recipient(READER)}},
        UpdateExpression="SET #o = :junk",
        ExpressionAttributeNames={"#o": "o:2"},
        ExpressionAttributeValues={":junk": {"S": "junk"}},
    )

    results = call_api("POST", "/v1/check", {"topic": "offers", "addresses": [READER, STRANGER]})["results"]

    assert [(result["sendable"], result["reason"]) for result in results] == [
        (False, "unreadable"),
        (True, "ok"),
    ]
    assert '"UnreadableRecordFound":[1.0]' in capsys.readouterr().out


def test_a_check_makes_one_consistent_read_per_distinct_address(world: World, call_api: CallApi) -> None:
    call_api("GET", "/v1/topics")  # from now on the key is cached
    addresses = [f"reader{number}@example.com" for number in range(250)]

    with record_calls("dynamodb") as calls, record_calls("kms") as keys:
        call_api("POST", "/v1/check", {"topic": "offers", "addresses": addresses + addresses[::-1]})

    requests = [params["RequestItems"][world.table] for name, params in calls]
    ids = [key["id"]["S"] for request in requests for key in request["Keys"]]
    assert {name for name, _ in calls} == {"BatchGetItem"} and len(calls) == 3
    assert all(request["ConsistentRead"] for request in requests)
    assert sorted(ids) == sorted({world.recipient(address) for address in addresses})
    assert [name for name, _ in keys] == ["GenerateMac"]


def test_the_same_calls_are_made_for_known_and_unknown_people(world: World, call_api: CallApi) -> None:
    world.apply_changes(READER, OUT_OF_OFFERS, Change(COMPLAINT, Entry(NOW, Source.COMPLAINT, "{}")))
    names_by_address = []
    for address in (READER, STRANGER):
        with record_calls("dynamodb") as calls:
            call_api("POST", "/v1/check", {"topic": "offers", "addresses": [address]})
            call_api("POST", "/v1/links", {"topic": "offers", "addresses": [address]})
        names_by_address.append([name for name, _ in calls])

    assert names_by_address[0][-1:] == names_by_address[1] == ["BatchGetItem"]


@pytest.mark.parametrize("path", ["/v1/check", "/v1/links"])
def test_a_request_that_breaks_the_contract_is_reported_and_reads_nothing(
    call_api: CallApi, path: str
) -> None:
    call_api("GET", "/v1/topics")
    with record_calls("dynamodb") as calls:
        problem = call_api("POST", path, {"topic": "*", "addresses": [READER, 3], "x": 1}, expected=422)

    assert [fault["pointer"] for fault in problem["errors"]] == ["/topic", "/addresses/1", "/x"]
    assert calls == []


def test_one_request_can_hold_a_thousand_addresses(call_api: CallApi) -> None:
    addresses = [f"reader{number}@example.com" for number in range(1000)]

    check = call_api("POST", "/v1/check", {"topic": "offers", "addresses": addresses})
    links = call_api("POST", "/v1/links", {"topic": "offers", "addresses": addresses})

    assert len(check["results"]) == len(links["links"]) == 1000


def test_a_link_token_holds_recipient_topic_and_time(world: World, call_api: CallApi) -> None:
    body = {"topic": "offers", "addresses": ["Reader@Example.com"], "campaign": "spring-1"}

    (link,) = call_api("POST", "/v1/links", {**body, "lang": "de"})["links"]

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
        token = verify_link_token(text, purpose, parts().link_keys.link_key)
        assert (token.recipient, token.scope) == (link["recipient"], 2)
        assert token.issued == NOW - NOW % 60_000, "issued at the time of the request"
    assert link["headers"] == {
        "List-Unsubscribe": f"<{link['unsubscribe_url']}>, "
        f"<mailto:u+{tokens[TokenPurpose.MAILTO]}@mail.example.com?subject=unsubscribe>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "List-Id": "Offers <offers.meridian.example.com>",
    }


def test_a_ref_is_in_the_links_of_its_person_and_in_the_message_tags(call_api: CallApi) -> None:
    body = {"topic": "offers", "addresses": [READER, "b@example.com", "no", "c@example.com"]}

    links = call_api("POST", "/v1/links", {**body, "refs": ["customer-7", "", "x", "a.b"]})["links"]

    assert [link.get("unsubscribe_url", "?").partition("?")[2] for link in links] == [
        "r=customer-7",
        "",
        "",
        "r=a.b",
    ]
    assert [link.get("tags", {}).get("heed-ref") for link in links] == [
        "customer-7",
        None,
        None,
        None,  # SES does not accept a full stop in a tag, and would refuse the whole mail
    ]


def test_an_invalid_address_gets_an_error_in_its_position(call_api: CallApi) -> None:
    links = call_api("POST", "/v1/links", {"topic": "news", "addresses": ["no", READER]})["links"]

    assert links[0] == {"address": "no", "recipient": None, "error": "invalid"}
    assert links[1]["address"] == READER


def test_links_for_ids_need_no_address(world: World, call_api: CallApi) -> None:
    recipient = world.recipient(READER)

    (link,) = call_api("POST", "/v1/links", {"topic": "news", "recipients": [recipient]})["links"]

    assert (link["address"], link["recipient"]) == (None, recipient)


def test_links_without_a_public_url_use_the_api_host_and_add_a_warning(
    world: World, call_api: CallApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    restart(PUBLIC_URL="", MAIL_DOMAIN="")

    answer = call_api("POST", "/v1/links", {"topic": "offers", "addresses": [READER]})

    (link,) = answer["links"]
    host = "https://api-id.execute-api.us-east-1.amazonaws.com"
    assert link["unsubscribe_url"].startswith(f"{host}/u/")
    assert link["headers"]["List-Unsubscribe"] == f"<{link['unsubscribe_url']}>"
    assert "PUBLIC_URL" in answer["warning"]


def test_creating_links_reads_and_writes_nothing(world: World, call_api: CallApi) -> None:
    call_api("GET", "/v1/topics")

    with record_calls("dynamodb") as calls:
        call_api("POST", "/v1/links", {"topic": "offers", "addresses": [READER]})

    assert calls == [] and world.items() == []


@pytest.mark.parametrize("path", ["/v1", "/v1/", "/v1/no/such", "/v1/Check"])
def test_an_unknown_path_is_answered_with_a_problem(world: World, path: str) -> None:
    answer = app.handler(http_event("POST", path, body="{}"), world.context)

    assert answer["statusCode"] == 404
    assert answer["headers"]["Content-Type"] == "application/problem+json"
