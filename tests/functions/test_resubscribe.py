"""The form for people without a link, and the link in the mail that it sends."""

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
from heed.domain.milliseconds import Millis
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
from heed.domain.privacy.erasure import ErasureCause, ErasureRequest
from tests.support import mailbox
from tests.support.deployment import NOW, World, follow_redirect, http_event, parts, restart
from tests.support.failing_client import FailingCalls
from tests.support.forms import unreadable_bodies
from tests.support.registers import confirmed, in_, out, scope_numbers

EVENTS = Path(__file__).parents[2] / "events"
READER = "reader@example.com"
REQUESTED_AT = Millis(NOW - 3_600_000)
FORM = [("address", READER), ("topics", "offers"), ("topics", "research"), ("intent", "in")]


def submit(world: World, form: Any = FORM, **more: Any) -> dict[str, Any]:
    answer: dict[str, Any] = app.handler(http_event("POST", "/subscribe", form=form, **more), world.context)
    return answer


def queued(world: World) -> list[dict[str, Any]]:
    return [json.loads(body) for body in world.messages("CONFIRMATION_REQUESTS_QUEUE_URL")]


def path(
    world: World,
    scopes: tuple[int, ...] = (2, 5),
    intent: Intent = Intent.IN,
    issued: Millis = REQUESTED_AT,
) -> str:
    token = ConfirmationToken(world.recipient(READER), intent, scope_numbers(*scopes), issued, b"sealed")
    return f"/c/{mint_confirmation_token(token, parts().confirmation_keys.confirmation_key(1))}"


def press(world: World, link: str | None = None, at: int = NOW, **more: Any) -> dict[str, Any]:
    event = http_event("POST", link or path(world), at=at, **more)
    answer: dict[str, Any] = app.handler(event, world.context)
    return answer


def press_and_open(world: World, link: str | None = None, at: int = NOW, **more: Any) -> dict[str, Any]:
    """Presses the button, and opens the page to which the answer leads."""
    return follow_redirect(app.handler, press(world, link, at, **more), world, at=at, **more)


def show(world: World, link: str, method: str = "GET", **more: Any) -> dict[str, Any]:
    answer: dict[str, Any] = app.handler(http_event(method, link, **more), world.context)
    return answer


def sendable(world: World, at: Millis = Millis(NOW + 1)) -> set[str]:
    record, catalogue = parts().preferences.read(world.recipient(READER)), parts().catalogue
    return {topic.name for topic in catalogue.topics.values() if decide(record, topic, at).sendable}


def entry(at: Millis, source: Source = Source.LINK) -> Entry:
    return Entry(at, source, "{}")


# ---- The form


@pytest.mark.parametrize("fault", unreadable_bodies(""))
def test_an_unreadable_form_is_shown_again_and_sends_no_mail(world: World, fault: str) -> None:
    body, content_type = unreadable_bodies("all")[fault]
    form = b"address=" + READER.encode() + b"&topics=offers&" + body
    event = http_event("POST", "/subscribe", body=form, headers={"content-type": content_type})
    answer = app.handler(event, world.context)

    assert answer["statusCode"] == 422 and "<form" in answer["body"]
    assert queued(world) == []


def test_the_form_offers_every_topic_and_selects_none(world: World) -> None:
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


def test_the_opt_out_form_has_only_the_address(world: World) -> None:
    page = show(world, "/subscribe", query={"intent": "out", "lang": "de"})["body"]
    assert 'name="intent" value="out"' in page and 'name="topics"' not in page
    assert 'action="/subscribe?lang=de"' in page


def test_a_queued_request_holds_only_the_data_for_its_mail(world: World) -> None:
    answer = submit(world, source_ip="192.0.2.77", query={"lang": "ja"})
    assert answer["statusCode"] == 202
    assert queued(world) == [
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


def test_the_sample_events_match_the_two_functions(world: World) -> None:
    sample = json.loads((EVENTS / "resubscribe-v2-post-subscribe.json").read_text())
    assert app.handler(sample, world.context)["statusCode"] == 202
    (record,) = json.loads((EVENTS / "send-confirmation-sqs-request.json").read_text())["Records"]
    assert queued(world) == [json.loads(record["body"])]


@pytest.mark.parametrize(
    ("source", "network"),
    [("203.0.113.9", "203.0.113.0/24"), ("2001:db8:1:2:3::4", "2001:db8:1::/48"), ("", "")],
)
def test_a_queued_request_names_the_network_but_not_the_ip_address(
    world: World, source: str, network: str
) -> None:
    submit(world, source_ip=source)
    assert queued(world)[0]["network"] == network


def test_an_opt_out_request_is_always_for_everything(world: World) -> None:
    form = [("address", f"Somebody <{READER.upper()}>"), ("intent", " OUT"), ("topics", "nonsense")]
    assert submit(world, form)["statusCode"] == 202
    (request,) = queued(world)
    assert (request["address"], request["intent"], request["scopes"]) == (READER, "out", [])


@pytest.mark.parametrize("address", ["", "somebody at example", "a@b", "a@b@c.example", "a\r\nb@c.example"])
@pytest.mark.parametrize("intent", ["in", "out"])
def test_a_malformed_address_gets_a_message_at_its_field(world: World, address: str, intent: str) -> None:
    answer = submit(world, [("address", address), ("topics", "news"), ("intent", intent)])
    assert answer["statusCode"] == 422 and queued(world) == []
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
        '""@example.com',
        "=?broken?x?reader?=@example.com",
    ],
)
@pytest.mark.parametrize("intent", ["in", "out"])
def test_an_address_that_heed_cannot_send_to_is_rejected_with_other_ways(
    world: World, address: str, intent: str
) -> None:
    answer = submit(world, [("address", address), ("topics", "news"), ("intent", intent)])

    assert answer["statusCode"] == 422 and queued(world) == []
    assert "We can’t send email to an address with these characters." in answer["body"]
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
def test_an_address_with_lost_bytes_is_rejected_with_other_ways(world: World, address: bytes) -> None:
    body = b"intent=out&address=" + address
    headers = {"content-type": "application/x-www-form-urlencoded"}
    answer = app.handler(http_event("POST", "/subscribe", body=body, headers=headers), world.context)

    assert answer["statusCode"] == 422 and queued(world) == []
    assert "preferences@example.com" in answer["body"]


@pytest.mark.parametrize(
    "address", ["=?utf-8?q?R=C3=ABader?= <reader@example.com>", "reader@b\u00fccher.example"]
)
def test_a_name_or_a_domain_outside_ascii_is_accepted(world: World, address: str) -> None:
    assert submit(world, [("address", address), ("intent", "out")])["statusCode"] == 202


@pytest.mark.parametrize("topics", [[], ["nonsense"], ["service"], ["*", "meridian"]])
def test_a_form_without_a_valid_topic_is_shown_again(world: World, topics: list[str]) -> None:
    answer = submit(world, [("address", READER), *(("topics", name) for name in topics)])
    assert answer["statusCode"] == 422 and queued(world) == []
    assert 'id="topics-error"' in answer["body"]


RECIPIENTS = {
    "an unknown address": (READER, []),
    "a person who gets everything": (READER, [Change(in_(2), entry(Millis(5)))]),
    "a person who opted out": (READER, [Change(out(0), entry(Millis(5)))]),
    "a minor": (READER, [Change(MINOR, entry(Millis(5), Source.AGE_REPORT))]),
    "an address on hold": (READER, [Change(HOLD, entry(Millis(5), Source.AGENT))]),
    "a person who complained": (READER, [Change(COMPLAINT, entry(Millis(5), Source.COMPLAINT))]),
    "a domain that cannot exist": ("reader@no-such-domain.invalid", []),
}


@pytest.mark.parametrize("intent", ["in", "out"])
def test_the_answer_and_the_aws_calls_are_the_same_for_every_address(world: World, intent: str) -> None:
    answers: list[dict[str, Any]] = []
    calls: list[list[str]] = []
    submit(world)  # the first request also loads the key and the queue length
    for address, changes in RECIPIENTS.values():
        for change in changes:
            parts().preferences.apply(world.recipient(address), [change], NOW)
        new_calls = mailbox.record_aws_calls()
        form = [("address", address), ("topics", "offers"), ("intent", intent)]
        answer = submit(world, form)
        assert address in answer["body"]
        answers.append({**answer, "body": answer["body"].replace(address, "ADDRESS")})
        calls.append(list(new_calls))
        boto3.client("dynamodb").delete_item(
            TableName="Preferences", Key={"id": {"S": world.recipient(address)}}
        )
    assert answers == [answers[0]] * len(RECIPIENTS) and answers[0]["statusCode"] == 202
    # The first request of a network today also counts the network.
    first_calls = ["UpdateItem"] if intent == "out" else ["UpdateItem", "UpdateItem"]
    assert calls[1:] == [["UpdateItem", "UpdateItem", "SendMessage"]] * (len(RECIPIENTS) - 1)
    assert calls[0] == [*first_calls, "SendMessage"]


def test_a_failed_queue_is_answered_with_503(world: World) -> None:
    boto3.client("sqs").delete_queue(QueueUrl=world.queues["CONFIRMATION_REQUESTS_QUEUE_URL"])
    answer = submit(world)
    assert answer["statusCode"] == 503 and answer["headers"]["Retry-After"]


def test_a_deployment_without_a_sender_offers_no_form(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    restart(MAIL_FROM="")
    for answer in (show(world, "/subscribe"), submit(world)):
        assert answer["statusCode"] == 404
        assert "<form" not in answer["body"] and "mailto:preferences@example.com" in answer["body"]
    assert queued(world) == []
    assert 'href="/subscribe' not in show(world, "/c/nonsense")["body"]


def test_an_invalid_link_gets_a_page_with_a_link_to_the_form(world: World) -> None:
    answer = show(world, "/c/nonsense")
    assert answer["statusCode"] == 404
    assert 'href="/subscribe?intent=out&amp;lang=en"' in answer["body"]
    assert answer["body"] == show(world, path(world)[:-1])["body"]


@pytest.mark.parametrize("link", ["/subscribe", "/c/x"])
def test_other_methods_are_refused_and_head_has_no_body(world: World, link: str) -> None:
    assert show(world, link, "PUT")["statusCode"] == 405
    assert show(world, link, "HEAD")["body"] == ""


# ---- The link


@pytest.mark.parametrize("intent", Intent)
def test_showing_the_page_changes_nothing(world: World, intent: Intent) -> None:
    for method in ("GET", "HEAD"):
        answer = show(world, path(world, intent=intent), method, headers={"sec-gpc": "1"})
        assert answer["statusCode"] == 200
    assert world.items() == [] and world.messages("CONFIRMED_OPT_INS_QUEUE_URL") == []


def test_a_press_opts_in_to_each_topic_at_the_time_of_the_request(world: World) -> None:
    world.apply_changes(READER, Change(out(0), entry(Millis(REQUESTED_AT - 1))))
    answer = press_and_open(world)
    assert answer["statusCode"] == 200 and "Offers" in answer["body"] and "Research" in answer["body"]
    assert sendable(world) >= {"offers", "research"} and "news" not in sendable(world)
    (item,) = world.items()
    for register in ("k:2", "k:5", "l:undeliverable"):
        value = item[register]["M"]
        assert value["t"] == {"N": str(REQUESTED_AT)} and value["by"] == {"S": "confirmation"}
        assert value["pv"] == {"S": "2026-01"} and '"wording":"' in value["ev"]["S"]


def test_a_second_press_changes_nothing(world: World) -> None:
    first, before = press_and_open(world), world.items()
    second = press_and_open(world, at=NOW + 60_000)
    assert (second["statusCode"], second["body"]) == (200, first["body"])
    assert world.items() == before


@pytest.mark.parametrize("intent", Intent)
def test_the_page_after_a_press_can_be_reloaded_and_the_link_opened_again(
    world: World, intent: Intent
) -> None:
    link = path(world, intent=intent)
    pressed = press(world, link, query={"c": "may", "lang": "ja"})
    assert pressed["headers"]["Location"] == f"{link}?done=1&c=may&lang=ja"
    after, waiting = (
        world.items(),
        boto3.client("sqs").get_queue_attributes(
            QueueUrl=world.queues["CONFIRMED_OPT_INS_QUEUE_URL"], AttributeNames=["All"]
        )["Attributes"]["ApproximateNumberOfMessages"],
    )
    pages = [
        *(follow_redirect(app.handler, pressed, world, at=NOW + later) for later in (1, 2)),
        show(world, link, query={"c": "may", "lang": "ja"}, at=NOW + DAY_MS),
    ]

    assert {page["body"] for page in pages} == {pages[0]["body"]}
    assert 'class="tick"' in pages[0]["body"] and 'class="actions"><button>' not in pages[0]["body"]
    assert world.items() == after
    assert waiting == ("1" if intent is Intent.IN else "0")
    assert len(world.messages("CONFIRMED_OPT_INS_QUEUE_URL")) == int(waiting)


def test_an_opt_out_from_before_the_request_does_not_replace_the_press(world: World) -> None:
    """An opt-in between the two, which is not confirmed yet, would otherwise bring the mail back."""
    world.apply_changes(READER, Change(out(0), entry(Millis(REQUESTED_AT - 2))))
    assert 'class="actions"><button>' in show(world, path(world, (), Intent.OUT))["body"]
    press(world, path(world, (), Intent.OUT))
    press(world, path(world, issued=Millis(REQUESTED_AT - 1)))

    assert "offers" not in sendable(world)


def test_a_stored_confirmation_is_not_called_lost_if_its_page_cannot_be_read(world: World) -> None:
    pressed = press(world)
    fault = FailingCalls("dynamodb", "GetItem")
    page = follow_redirect(app.handler, pressed, world)

    assert fault.calls and page["statusCode"] == 503
    assert "<h1>We can’t show this page right now</h1>" in page["body"] and "saved" not in page["body"]


def test_a_request_from_before_an_erasure_has_no_effect_and_the_page_says_so(world: World) -> None:
    erasure = ErasureRequest(
        ErasureCause.ERASURE, Millis(REQUESTED_AT + 1), Source.PHONE, "call 1", "key", ""
    )
    parts().erase(world.recipient(READER), erasure)
    page = press_and_open(world)["body"]

    assert "This link no longer changes anything." in page and 'class="actions"><button>' not in page


@pytest.mark.threat(
    "W7",
    "An attacker presses one confirmation link a hundred times a second, so that other opt-ins wait.",
    "A confirmation is queued once: any number of presses of one link makes one message.",
)
def test_eighty_presses_queue_one_message(world: World) -> None:
    link = path(world)
    for number in range(80):
        assert press(world, link, at=NOW + number)["statusCode"] == 303
    assert len(world.messages("CONFIRMED_OPT_INS_QUEUE_URL")) == 1
    press(world, path(world, issued=Millis(REQUESTED_AT + 1)))
    assert len(world.messages("CONFIRMED_OPT_INS_QUEUE_URL")) == 1, "another request is another opt-in"


def test_a_press_after_a_failed_claim_queues_the_message_again(world: World) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts().opt_in_notifications, "mark_queued", unavailable)
        assert press(world)["statusCode"] == 503
    assert 'class="actions"><button>' in show(world, path(world))["body"]
    assert press(world)["statusCode"] == 303
    assert 'class="actions"><button>' not in show(world, path(world))["body"]
    assert len(world.messages("CONFIRMED_OPT_INS_QUEUE_URL")) == 2, "the claim prevents a second notification"


def unavailable(*_: object) -> None:
    raise StoreUnavailable("throttled")


@pytest.mark.threat(
    "T4",
    "An attacker uses a confirmation link again after a newer opt-out.",
    "A confirmation counts from the time of its request, so the newer opt-out wins.",
)
def test_a_press_after_a_newer_opt_out_changes_no_decision(world: World) -> None:
    world.apply_changes(READER, Change(out(0), entry(Millis(REQUESTED_AT + 1))))
    answer = press_and_open(world)
    assert answer["statusCode"] == 200 and "You’ve since unsubscribed." in answer["body"]
    assert not {"offers", "research"} & sendable(world)
    assert world.messages("CONFIRMED_OPT_INS_QUEUE_URL") == []


def test_the_page_names_only_topics_without_a_newer_opt_out(world: World) -> None:
    world.apply_changes(READER, Change(out(2), entry(Millis(REQUESTED_AT + 1))))
    page = press_and_open(world)["body"]
    assert "<li>Research</li>" in page and "<li>Offers</li>" not in page
    (message,) = world.messages("CONFIRMED_OPT_INS_QUEUE_URL")
    assert json.loads(message)["topics"] == ["research"]


def test_a_press_lifts_undeliverable_and_overrides_a_complaint_for_its_topics(world: World) -> None:
    soft_bounces = [
        Change(SOFT_BOUNCE, entry(Millis(REQUESTED_AT - day * DAY_MS), Source.BOUNCE)) for day in range(5)
    ]
    for change in (
        Change(UNDELIVERABLE, entry(Millis(REQUESTED_AT - 2), Source.BOUNCE)),
        Change(COMPLAINT, entry(Millis(REQUESTED_AT - 3), Source.COMPLAINT)),
        *soft_bounces,
    ):
        world.apply_changes(READER, change)
    assert sendable(world) == set()
    press(world)
    assert sendable(world) == {"offers", "research", "service", "targeted-advertising"}


def test_an_opt_out_press_stops_all_marketing_at_once(world: World) -> None:
    world.apply_changes(
        READER, Change(confirmed(2), entry(Millis(NOW - 1)))
    )  # newer than the request, older than the press
    answer = press_and_open(world, path(world, (), Intent.OUT))
    assert answer["statusCode"] == 200 and "won’t send you marketing emails anymore" in answer["body"]
    assert sendable(world) == {"service", "targeted-advertising"}
    assert world.items()[0]["o:0"]["M"]["by"] == {"S": "link"}
    assert world.messages("CONFIRMED_OPT_INS_QUEUE_URL") == []


@pytest.mark.parametrize("intent", Intent)
def test_a_link_expires_after_48_hours(world: World, intent: Intent) -> None:
    link, last = path(world, intent=intent), REQUESTED_AT + CONFIRMATION_LIFETIME - 1
    for answer in (show(world, link, at=last + 1), press_and_open(world, link, at=last + 1)):
        assert answer["statusCode"] == 410 and 'href="/subscribe?' in answer["body"]
    assert world.items() == []
    assert show(world, link, at=last)["statusCode"] == 200
    assert press_and_open(world, link, at=last)["statusCode"] == 200
    assert len(world.items()) == 1
    assert 'class="tick"' in show(world, link, query={"done": "1"}, at=last + 1)["body"]
    assert show(world, link, at=last + 1)["statusCode"] == 410


@pytest.mark.parametrize("register", [MINOR, HOLD])
def test_a_minor_and_an_address_on_hold_get_the_neutral_page(world: World, register: Register) -> None:
    parts().preferences.apply(world.recipient(READER), [Change(register, entry(Millis(5)))], NOW)
    before = world.items()
    pressed, shown = press_and_open(world), show(world, path(world))
    assert (pressed["statusCode"], pressed["body"]) == (200, shown["body"])
    assert "We don’t email this address" in shown["body"]
    assert world.items() == before and world.messages("CONFIRMED_OPT_INS_QUEUE_URL") == []


def test_an_opt_out_during_a_hold_is_active_after_the_lift(world: World) -> None:
    parts().preferences.apply(world.recipient(READER), [Change(HOLD, entry(Millis(5)))], NOW)
    pressed = press_and_open(world, path(world, (), Intent.OUT))
    assert "We don’t email this address" in pressed["body"]
    parts().preferences.apply(world.recipient(READER), [Change(LIFT_HOLD, entry(Millis(6)))], NOW)
    assert sendable(world) == {"service", "targeted-advertising"}


def test_an_opt_in_during_a_hold_records_only_the_privacy_signal(world: World) -> None:
    parts().preferences.apply(world.recipient(READER), [Change(HOLD, entry(Millis(5)))], NOW)
    press(world, headers={"sec-gpc": "1"})
    assert {name for name in world.items()[0] if ":" in name} == {"x:hold", "o:7"}


def test_a_privacy_signal_is_shown_and_recorded_with_the_press(world: World) -> None:
    assert "Global Privacy Control" in show(world, path(world), headers={"sec-gpc": "1"})["body"]
    page = press_and_open(world, headers={"dnt": "1"})["body"]
    assert "Targeted advertising is off" in page
    assert "targeted-advertising" not in sendable(world)


def test_a_press_that_cannot_be_queued_is_answered_with_503(world: World) -> None:
    sqs = boto3.client("sqs")
    sqs.delete_queue(QueueUrl=world.queues["CONFIRMED_OPT_INS_QUEUE_URL"])
    assert press(world)["statusCode"] == 503
    sqs.create_queue(QueueName="CONFIRMED_OPT_INS_QUEUE_URL")
    assert press(world)["statusCode"] == 303
    assert len(world.messages("CONFIRMED_OPT_INS_QUEUE_URL")) == 1


def test_no_address_is_logged_or_stored(world: World, log: io.StringIO) -> None:
    submit(world)
    submit(world, [("address", "secret at example"), ("topics", "news")])
    boto3.client("sqs").delete_queue(QueueUrl=world.queues["CONFIRMATION_REQUESTS_QUEUE_URL"])
    submit(world)
    press(world)
    stored = log.getvalue() + str(world.items()) + str(world.items("Control"))
    assert "reader@" not in stored and "secret" not in stored and "192.0.2" not in stored
