"""The form for those without a link, and the link in the mail that it sends."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import boto3
import pytest

from functions.resubscribe import app
from heed.domain.errors import StoreUnavailable
from heed.domain.opt_in.confirmation_token import (
    CONFIRMATION_LIFETIME,
    ConfirmationToken,
    Intent,
    mint_confirmation_token,
)
from heed.domain.preferences.decision import decide
from heed.domain.preferences.register import (
    COMPLAINT,
    DAY_MS,
    HOLD,
    LIFT_HOLD,
    MINOR,
    SOFT_BOUNCE,
    UNDELIVERABLE,
    Change,
    Entry,
    Register,
    Source,
)
from tests.support import mailbox
from tests.support.deployment import NOW, World, http, parts, restart
from tests.support.forms import unreadable
from tests.support.registers import in_, out, scope_numbers, yes

EVENTS = Path(__file__).parents[2] / "events"
READER = "reader@example.com"
ASKED = NOW - 3_600_000
FORM = [("address", READER), ("topics", "offers"), ("topics", "research"), ("intent", "in")]


def ask(world: World, form: Any = FORM, **more: Any) -> dict[str, Any]:
    answer: dict[str, Any] = app.handler(http("POST", "/subscribe", form=form, **more), world.context)
    return answer


def waiting(world: World) -> list[dict[str, Any]]:
    return [json.loads(body) for body in world.messages("CONFIRMATION_REQUESTS_QUEUE_URL")]


def path(
    world: World,
    scopes: tuple[int, ...] = (2, 5),
    intent: Intent = Intent.IN,
    issued: int = ASKED,
) -> str:
    said = ConfirmationToken(world.recipient(READER), intent, scope_numbers(*scopes), issued, b"sealed")
    return f"/c/{mint_confirmation_token(said, parts().confirmation_keys.confirmation_key(1))}"


def press(world: World, where: str | None = None, at: int = NOW, **more: Any) -> dict[str, Any]:
    event = http("POST", where or path(world), at=at, **more)
    answer: dict[str, Any] = app.handler(event, world.context)
    return answer


def show(world: World, where: str, method: str = "GET", **more: Any) -> dict[str, Any]:
    answer: dict[str, Any] = app.handler(http(method, where, **more), world.context)
    return answer


def sendable(world: World, at: int = NOW + 1) -> set[str]:
    record, catalogue = parts().preferences.read(world.recipient(READER)), parts().catalogue
    return {topic.name for topic in catalogue.topics.values() if decide(record, topic, at).sendable}


def entry(at: int, source: Source = Source.LINK) -> Entry:
    return Entry(at, source, "{}")


# ---- The form


@pytest.mark.parametrize("fault", unreadable(""))
def test_a_form_that_cannot_be_read_is_asked_for_again_and_no_mail_is_sent(world: World, fault: str) -> None:
    body, content_type = unreadable("all")[fault]
    form = b"address=" + READER.encode() + b"&topics=offers&" + body
    sent = http("POST", "/subscribe", body=form, headers={"content-type": content_type})
    answer = app.handler(sent, world.context)

    assert answer["statusCode"] == 422 and "<form" in answer["body"]
    assert waiting(world) == []


def test_the_form_offers_every_topic_and_none_is_chosen(world: World) -> None:
    page = show(world, "/subscribe")["body"]
    assert re.findall(r'name="topics" value="([a-z]+)"', page) == [
        "offers",
        "news",
        "events",
        "research",
    ]
    assert "checked" not in page.partition("<form")[2]
    assert 'action="/subscribe?lang=en"' in page
    assert 'href="/subscribe?intent=out&amp;lang=en"' in page


def test_the_way_out_asks_for_the_address_alone(world: World) -> None:
    page = show(world, "/subscribe", query={"intent": "out", "lang": "de"})["body"]
    assert 'name="intent" value="out"' in page and 'name="topics"' not in page
    assert 'action="/subscribe?lang=de"' in page


def test_a_request_waits_in_the_queue_with_no_more_than_its_mail_needs(world: World) -> None:
    answer = ask(world, source_ip="192.0.2.77", query={"lang": "ja"})
    assert answer["statusCode"] == 202 and READER not in answer["body"]
    assert waiting(world) == [
        {
            "id": "JKJaXmPLvHcESHA=",
            "address": READER,
            "intent": "in",
            "scopes": [2, 5],
            "language": "ja",
            "at": NOW,
            "base_url": "https://prefs.example.com",
            "network": "192.0.2.0/24",
            "resume": [],
            "due": NOW,
            "given": "",
        }
    ]


def test_the_sample_events_are_what_the_two_functions_take(world: World) -> None:
    sample = json.loads((EVENTS / "resubscribe-v2-post-subscribe.json").read_text())
    assert app.handler(sample, world.context)["statusCode"] == 202
    (record,) = json.loads((EVENTS / "send-confirmation-sqs-request.json").read_text())["Records"]
    assert waiting(world) == [json.loads(record["body"])]


@pytest.mark.parametrize(
    ("source", "network"),
    [("203.0.113.9", "203.0.113.0/24"), ("2001:db8:1:2:3::4", "2001:db8:1::/48"), ("", "")],
)
def test_where_it_came_from_is_known_no_closer_than_its_network(
    world: World, source: str, network: str
) -> None:
    ask(world, source_ip=source)
    assert waiting(world)[0]["network"] == network


def test_a_way_out_is_of_everything_whatever_else_the_form_says(world: World) -> None:
    form = [("address", f"Somebody <{READER.upper()}>"), ("intent", " OUT"), ("topics", "nonsense")]
    assert ask(world, form)["statusCode"] == 202
    (request,) = waiting(world)
    assert (request["address"], request["intent"], request["scopes"]) == (READER, "out", [])


@pytest.mark.parametrize("address", ["", "somebody at example", "a@b", "a@b@c.example", "a\r\nb@c.example"])
@pytest.mark.parametrize("intent", ["in", "out"])
def test_a_malformed_address_comes_back_in_the_form_with_the_message_at_the_field(
    world: World, address: str, intent: str
) -> None:
    answer = ask(world, [("address", address), ("topics", "news"), ("intent", intent)])
    assert answer["statusCode"] == 422 and waiting(world) == []
    assert 'aria-describedby="address-error"' in answer["body"]
    if intent == "in":
        assert 'value="news" checked' in answer["body"]


@pytest.mark.parametrize(
    "address",
    [
        "r\u00ebader@example.com",
        "Reader <re\u0301ader@example.com>",
        "\u30e1\u30fc\u30eb@example.com",
        "r\u00c3\u00abader@example.com",
        "=?utf-8?q?r=C3=ABader?=@example.com",
        "=?broken?x?reader?=@example.com",
    ],
)
@pytest.mark.parametrize("intent", ["in", "out"])
def test_an_address_that_no_mail_of_ours_can_reach_is_refused_at_once_with_the_other_ways(
    world: World, address: str, intent: str
) -> None:
    answer = ask(world, [("address", address), ("topics", "news"), ("intent", intent)])

    assert answer["statusCode"] == 422 and waiting(world) == []
    assert "We cannot send mail to an address with such characters." in answer["body"]
    assert "preferences@example.com" in answer["body"] and "+1 555 0100" in answer["body"]


@pytest.mark.parametrize(
    "address",
    [
        b"r%EBader%40example.com",
        b"reader%FF%40example.com",
        b"reader%40ex%C3mple.com",
        b"r%EF%BF%BDader%40example.com",
    ],
)
def test_an_address_whose_bytes_were_lost_is_refused_at_once_with_the_other_ways(
    world: World, address: bytes
) -> None:
    sent = b"intent=out&address=" + address
    form = {"content-type": "application/x-www-form-urlencoded"}
    answer = app.handler(http("POST", "/subscribe", body=sent, headers=form), world.context)

    assert answer["statusCode"] == 422 and waiting(world) == []
    assert "preferences@example.com" in answer["body"]


@pytest.mark.parametrize(
    "address", ["=?utf-8?q?R=C3=ABader?= <reader@example.com>", "reader@b\u00fccher.example"]
)
def test_a_name_or_a_domain_beyond_ascii_is_no_reason_to_refuse(world: World, address: str) -> None:
    assert ask(world, [("address", address), ("intent", "out")])["statusCode"] == 202


@pytest.mark.parametrize("topics", [[], ["nonsense"], ["service"], ["*", "meridian"]])
def test_nothing_that_may_be_asked_for_comes_back_too(world: World, topics: list[str]) -> None:
    answer = ask(world, [("address", READER), *(("topics", name) for name in topics)])
    assert answer["statusCode"] == 422 and waiting(world) == []
    assert 'id="topics-error"' in answer["body"]


WHO = {
    "nobody on record": (READER, []),
    "somebody who gets everything": (READER, [Change(in_(2), entry(5))]),
    "somebody who left": (READER, [Change(out(0), entry(5))]),
    "a minor": (READER, [Change(MINOR, entry(5, Source.AGE_REPORT))]),
    "a held address": (READER, [Change(HOLD, entry(5, Source.AGENT))]),
    "somebody who complained": (READER, [Change(COMPLAINT, entry(5, Source.COMPLAINT))]),
    "a domain that cannot be": ("reader@no-such-domain.invalid", []),
}


@pytest.mark.parametrize("intent", ["in", "out"])
def test_whoever_it_is_the_answer_and_the_calls_of_aws_are_the_same(world: World, intent: str) -> None:
    answers: list[dict[str, Any]] = []
    made: list[list[str]] = []
    ask(world)  # whoever comes first: the key, and how many wait, are good for others too
    for address, changes in WHO.values():
        for change in changes:
            parts().preferences.apply(world.recipient(address), [change], NOW)
        calls = mailbox.calls()
        form = [("address", address), ("topics", "offers"), ("intent", intent)]
        answers.append(ask(world, form))
        made.append(list(calls))
        boto3.client("dynamodb").delete_item(
            TableName="Preferences", Key={"id": {"S": world.recipient(address)}}
        )
    assert answers == [answers[0]] * len(WHO) and answers[0]["statusCode"] == 202
    # The first that a network causes today, or another.
    counted = ["UpdateItem"] if intent == "out" else ["UpdateItem", "UpdateItem"]
    assert made[1:] == [["UpdateItem", "UpdateItem", "SendMessage"]] * (len(WHO) - 1)
    assert made[0] == [*counted, "SendMessage"]


def test_a_queue_that_takes_nothing_is_told_of(world: World) -> None:
    boto3.client("sqs").delete_queue(QueueUrl=world.queues["CONFIRMATION_REQUESTS_QUEUE_URL"])
    answer = ask(world)
    assert answer["statusCode"] == 503 and answer["headers"]["Retry-After"]


def test_without_a_sender_nothing_is_pretended(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    restart(MAIL_FROM="")
    for answer in (show(world, "/subscribe"), ask(world)):
        assert answer["statusCode"] == 404
        assert "<form" not in answer["body"] and "mailto:preferences@example.com" in answer["body"]
    assert waiting(world) == []
    assert 'href="/subscribe' not in show(world, "/c/nonsense")["body"]


def test_what_is_no_link_gets_the_page_that_leads_to_the_form(world: World) -> None:
    answer = show(world, "/c/nonsense")
    assert answer["statusCode"] == 404
    assert 'href="/subscribe?intent=out&amp;lang=en"' in answer["body"]
    assert answer["body"] == show(world, path(world)[:-1])["body"]


@pytest.mark.parametrize("where", ["/subscribe", "/c/x"])
def test_other_methods_are_refused_and_head_is_a_get_without_its_page(world: World, where: str) -> None:
    assert show(world, where, "PUT")["statusCode"] == 405
    assert show(world, where, "HEAD")["body"] == ""


# ---- The link


@pytest.mark.parametrize("intent", Intent)
def test_showing_the_page_changes_nothing(world: World, intent: Intent) -> None:
    for method in ("GET", "HEAD"):
        answer = show(world, path(world, intent=intent), method, headers={"sec-gpc": "1"})
        assert answer["statusCode"] == 200
    assert world.items() == [] and world.messages("CONFIRMED_OPT_INS_QUEUE_URL") == []


def test_a_press_is_a_yes_to_each_topic_as_of_the_request(world: World) -> None:
    world.put(READER, Change(out(0), entry(ASKED - 1)))
    answer = press(world)
    assert answer["statusCode"] == 200 and "Offers" in answer["body"] and "Research" in answer["body"]
    assert sendable(world) >= {"offers", "research"} and "news" not in sendable(world)
    (item,) = world.items()
    for register in ("k:2", "k:5", "l:undeliverable"):
        held = item[register]["M"]
        assert held["t"] == {"N": str(ASKED)} and held["by"] == {"S": "confirmation"}
        assert held["pv"] == {"S": "2026-01"} and '"wording":"' in held["ev"]["S"]


def test_pressing_twice_is_pressing_once(world: World) -> None:
    first, before = press(world), world.items()
    second = press(world, at=NOW + 60_000)
    assert (second["statusCode"], second["body"]) == (200, first["body"])
    assert world.items() == before


@pytest.mark.threat(
    "W7",
    "One confirmation link is pressed a hundred times a second, so that everybody else's yes waits.",
    "A confirmation is handed on once: however many presses there are, one message comes of them.",
)
def test_eighty_presses_are_one_message(world: World) -> None:
    where = path(world)
    for n in range(80):
        assert press(world, where, at=NOW + n)["statusCode"] == 200
    assert len(world.messages("CONFIRMED_OPT_INS_QUEUE_URL")) == 1
    press(world, path(world, issued=ASKED + 1))
    assert len(world.messages("CONFIRMED_OPT_INS_QUEUE_URL")) == 1, "another request is another yes"


def test_a_press_whose_message_is_not_known_to_be_kept_hands_it_on_again(world: World) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts().opt_in_notifications, "hand_on", unavailable)
        assert press(world)["statusCode"] == 503
    assert press(world)["statusCode"] == 200
    assert len(world.messages("CONFIRMED_OPT_INS_QUEUE_URL")) == 2, "told once all the same"


def unavailable(*_: object) -> None:
    raise StoreUnavailable("throttled")


@pytest.mark.threat(
    "T4",
    "Somebody replays a confirmation link after a newer opt-out.",
    "A confirmation counts as of its request, so that the newer opt-out wins.",
)
def test_after_a_newer_opt_out_it_says_so_and_changes_nothing_that_counts(world: World) -> None:
    world.put(READER, Change(out(0), entry(ASKED + 1)))
    answer = press(world)
    assert answer["statusCode"] == 200 and "Not changed" in answer["body"]
    assert not {"offers", "research"} & sendable(world)
    assert world.messages("CONFIRMED_OPT_INS_QUEUE_URL") == []


def test_of_several_topics_the_page_names_those_that_nothing_newer_stops(world: World) -> None:
    world.put(READER, Change(out(2), entry(ASKED + 1)))
    page = press(world)["body"]
    assert "<li>Research</li>" in page and "<li>Offers</li>" not in page
    (told,) = world.messages("CONFIRMED_OPT_INS_QUEUE_URL")
    assert json.loads(told)["topics"] == ["research"]


def test_it_lifts_undeliverable_and_passes_a_complaint_for_what_was_confirmed(world: World) -> None:
    soft = [Change(SOFT_BOUNCE, entry(ASKED - day * DAY_MS, Source.BOUNCE)) for day in range(5)]
    for change in (
        Change(UNDELIVERABLE, entry(ASKED - 2, Source.BOUNCE)),
        Change(COMPLAINT, entry(ASKED - 3, Source.COMPLAINT)),
        *soft,
    ):
        world.put(READER, change)
    assert sendable(world) == set()
    press(world)
    assert sendable(world) == {"offers", "research", "service", "targeted-advertising"}


def test_a_way_out_stops_all_marketing_from_the_press_on(world: World) -> None:
    world.put(READER, Change(yes(2), entry(NOW - 1)))  # newer than the request, older than the press
    answer = press(world, path(world, (), Intent.OUT))
    assert answer["statusCode"] == 200 and "no more marketing" in answer["body"]
    assert sendable(world) == {"service", "targeted-advertising"}
    assert world.items()[0]["o:0"]["M"]["by"] == {"S": "link"}
    assert world.messages("CONFIRMED_OPT_INS_QUEUE_URL") == []


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("intent", Intent)
def test_after_48_hours_it_leads_to_the_form_again(world: World, method: str, intent: Intent) -> None:
    answer = show(world, path(world, intent=intent), method, at=ASKED + CONFIRMATION_LIFETIME)
    assert answer["statusCode"] == 410 and 'href="/subscribe?' in answer["body"]
    assert world.items() == []
    assert (
        show(world, path(world, intent=intent), method, at=ASKED + CONFIRMATION_LIFETIME - 1)["statusCode"]
        == 200
    )


@pytest.mark.parametrize("register", [MINOR, HOLD])
def test_a_minor_and_a_held_address_see_the_one_neutral_page(world: World, register: Register) -> None:
    parts().preferences.apply(world.recipient(READER), [Change(register, entry(5))], NOW)
    before = world.items()
    pressed, shown = press(world), show(world, path(world))
    assert (pressed["statusCode"], pressed["body"]) == (200, shown["body"])
    assert "We send nothing to this address" in shown["body"]
    assert world.items() == before and world.messages("CONFIRMED_OPT_INS_QUEUE_URL") == []


def test_who_is_held_may_still_stop_and_stays_stopped_when_the_hold_is_lifted(world: World) -> None:
    parts().preferences.apply(world.recipient(READER), [Change(HOLD, entry(5))], NOW)
    pressed = press(world, path(world, (), Intent.OUT))
    assert "We send nothing to this address" in pressed["body"]
    parts().preferences.apply(world.recipient(READER), [Change(LIFT_HOLD, entry(6))], NOW)
    assert sendable(world) == {"service", "targeted-advertising"}


def test_who_is_held_and_wants_in_keeps_the_privacy_signal_alone(world: World) -> None:
    parts().preferences.apply(world.recipient(READER), [Change(HOLD, entry(5))], NOW)
    press(world, headers={"sec-gpc": "1"})
    assert {name for name in world.items()[0] if ":" in name} == {"x:hold", "o:7"}


def test_a_privacy_signal_is_shown_and_kept_with_the_press(world: World) -> None:
    assert "Global Privacy Control" in show(world, path(world), headers={"sec-gpc": "1"})["body"]
    page = press(world, headers={"dnt": "1"})["body"]
    assert "Targeted advertising is off" in page
    assert "targeted-advertising" not in sendable(world)


def test_if_what_follows_cannot_be_queued_the_press_is_told_to_be_repeated(world: World) -> None:
    sqs = boto3.client("sqs")
    sqs.delete_queue(QueueUrl=world.queues["CONFIRMED_OPT_INS_QUEUE_URL"])
    assert press(world)["statusCode"] == 503
    sqs.create_queue(QueueName="CONFIRMED_OPT_INS_QUEUE_URL")
    assert press(world)["statusCode"] == 200
    assert len(world.messages("CONFIRMED_OPT_INS_QUEUE_URL")) == 1


def test_what_is_asked_for_in_vain_by_a_link_goes_on_by_mail(world: World) -> None:
    from functions.preferences import app as preferences
    from heed.domain.links.link_token import TokenPurpose

    where = f"/p/{world.token(READER, purpose=TokenPurpose.PREFERENCES)}"
    page = preferences.handler(http("POST", where, form={"topic.research": "in"}), world.context)["body"]
    form = re.findall(r'name="(topics|intent)" value="([a-z]+)"', page)
    assert 'action="/subscribe?lang=en"' in page
    assert ask(world, [("address", READER), *form])["statusCode"] == 202
    assert waiting(world)[0]["scopes"] == [5]


def test_no_address_is_logged_or_kept(world: World, log: io.StringIO) -> None:
    ask(world)
    ask(world, [("address", "secret at example"), ("topics", "news")])
    boto3.client("sqs").delete_queue(QueueUrl=world.queues["CONFIRMATION_REQUESTS_QUEUE_URL"])
    ask(world)
    press(world)
    kept = log.getvalue() + str(world.items()) + str(world.items("Control"))
    assert "reader@" not in kept and "secret" not in kept and "192.0.2" not in kept
