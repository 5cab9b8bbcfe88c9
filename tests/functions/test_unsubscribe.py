"""Unsubscribe links: their page, their presses, and opt-outs that are stored later from a queue."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import boto3
import pytest

from functions.opt_out_retry import app as opt_out_retry
from functions.preferences import app as preferences
from functions.resubscribe import app as resubscribe
from functions.unsubscribe import app
from heed.domain.links.link_hints import LinkHints
from heed.domain.links.link_token import TokenPurpose, verify_link_token
from heed.domain.milliseconds import Millis
from heed.domain.preferences.decision import decide
from heed.domain.preferences.register import HOLD, MINOR, Change, Entry, Register, Source
from heed.use_cases.links.unsubscribe import opt_out_for
from tests.support.deployment import NOW, World, follow_redirect, http_event, parts, restart
from tests.support.failing_client import FailingCalls
from tests.support.forms import unreadable_bodies
from tests.support.registers import in_, out

EVENTS = Path(__file__).parents[2] / "events"
SAMPLES = sorted(path.name for path in EVENTS.glob("unsubscribe-*.json"))
POSTS = [name for name in SAMPLES if "post" in name and "missing-token" not in name]
READER = "reader@example.com"
DAY = 86_400_000


def call(world: World, event: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = app.handler(event, world.context)
    return answer


def sample(name: str, token: str) -> dict[str, Any]:
    """Returns a sample event as AWS sends it, with the given token instead of its dummy."""
    text = (EVENTS / name).read_text()
    event: dict[str, Any] = json.loads(text)
    dummy = (event.get("pathParameters") or {}).get("token")
    if dummy:
        event = json.loads(text.replace(dummy, token))
    return event


def header(answer: dict[str, Any], name: str) -> str:
    names = {key.lower(): value for key, value in answer.get("headers", {}).items()}
    names |= {key.lower(): values[0] for key, values in answer.get("multiValueHeaders", {}).items()}
    return str(names.get(name, ""))


def sendable(world: World, topic: str, address: str = READER) -> bool:
    record = parts().preferences.read(world.recipient(address))
    return decide(record, parts().catalogue.topic_by_name(topic), Millis(NOW + 1)).sendable


def press_and_open(world: World, path: str, scope: str, **more: Any) -> dict[str, Any]:
    """Presses a button of the page, and opens the page to which the answer leads."""
    pressed = call(world, http_event("POST", path, form={"scope": scope}, **more))
    return follow_redirect(app.handler, pressed, world, **more)


@pytest.mark.parametrize("name", POSTS)
def test_each_kind_of_post_opts_out_of_the_topic_of_the_link(world: World, name: str) -> None:
    answer = call(world, sample(name, world.token(READER)))

    assert answer["statusCode"] == 200
    assert not answer.get("cookies") and not header(answer, "set-cookie")
    assert not sendable(world, "offers") and sendable(world, "news")


@pytest.mark.parametrize("depth", [10, 1_500])
def test_a_deeply_nested_form_opts_out(world: World, depth: int) -> None:
    nested = "".join(
        f"--{level}\r\nContent-Type: multipart/mixed; boundary={level + 1}\r\n\r\n" for level in range(depth)
    )
    headers = {"content-type": "multipart/form-data; boundary=0"}
    event = http_event("POST", f"/u/{world.token(READER)}", body=nested.encode()[:65_000], headers=headers)

    assert call(world, event)["statusCode"] == 200
    assert not sendable(world, "offers") and sendable(world, "news")


@pytest.mark.parametrize("form", [[("x", "y")] * 300, [("x", "y" * 70_000)]])
@pytest.mark.parametrize(
    ("scope", "stopped"), [("all", {"offers", "news"}), ("topic", {"offers"}), ("ball", {"offers"})]
)
def test_a_form_that_is_too_long_opts_out_of_its_scope(
    world: World, form: list[tuple[str, str]], scope: str, stopped: set[str]
) -> None:
    event = http_event("POST", f"/u/{world.token(READER)}", form=[*form, ("scope", scope)])

    assert call(world, event)["statusCode"] in (200, 303)
    assert {topic for topic in ("offers", "news") if not sendable(world, topic)} == stopped


@pytest.mark.parametrize("fault", unreadable_bodies(""))
@pytest.mark.parametrize(("scope", "stopped"), [("all", {"offers", "news"}), ("this", {"offers"})])
def test_an_unreadable_form_opts_out_of_its_scope(
    world: World, fault: str, scope: str, stopped: set[str]
) -> None:
    body, content_type = unreadable_bodies(scope)[fault]
    path, headers = f"/u/{world.token(READER)}", {"content-type": content_type}

    assert call(world, http_event("POST", path, body=body, headers=headers))["statusCode"] in (200, 303)
    assert {topic for topic in ("offers", "news") if not sendable(world, topic)} == stopped


class UnreadableBody(dict[str, Any]):
    """An event whose body must not be read."""

    def __getitem__(self, name: str) -> Any:
        assert name != "body"
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        assert name != "body"
        return super().get(name, default)


@pytest.mark.threat(
    "B3",
    "An attacker sends large bodies to invalid links until no function is left for real opt-outs.",
    "Heed verifies the token of a link before it reads the body.",
)
@pytest.mark.parametrize(
    ("handler", "path"),
    [(app.handler, "/u/AAAA"), (preferences.handler, "/p/AAAA"), (resubscribe.handler, "/c/AAAA")],
)
def test_the_body_of_an_invalid_link_is_not_read(world: World, handler: Any, path: str) -> None:
    event = UnreadableBody(http_event("POST", path, form=[("scope", "all")] * 5_000))

    assert handler(event, world.context)["statusCode"] == 404
    with pytest.raises(AssertionError):
        call(world, UnreadableBody(http_event("POST", f"/u/{world.token(READER)}", form={"scope": "all"})))


@pytest.mark.parametrize("name", [name for name in SAMPLES if name not in POSTS])
def test_a_request_other_than_a_post_with_a_link_changes_nothing(world: World, name: str) -> None:
    answer = call(world, sample(name, world.token(READER)))

    expected = 405 if ("put" in name or "options" in name) else 404 if "missing" in name else 200
    assert answer["statusCode"] == expected
    assert world.items() == []


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    "disguise",
    [
        {"query": {"List-Unsubscribe": "One-Click"}},
        {"headers": {"x-http-method-override": "POST"}},
        {"form": {"List-Unsubscribe": "One-Click", "scope": "all", "_method": "POST"}},
    ],
)
def test_opening_a_link_changes_nothing(world: World, method: str, disguise: dict[str, Any]) -> None:
    for _ in range(3):
        answer = call(world, http_event(method, f"/u/{world.token(READER)}", **disguise))

    assert answer["statusCode"] == 200 and world.items() == []


def test_head_answers_as_get_but_without_a_body(world: World) -> None:
    path = f"/u/{world.token(READER)}"
    get, head = call(world, http_event("GET", path)), call(world, http_event("HEAD", path))

    assert head["body"] == "" and "<h1" in get["body"]
    assert head["headers"] == get["headers"]


def test_a_mail_client_gets_a_short_text_and_a_browser_the_done_page(world: World) -> None:
    path = f"/u/{world.token(READER)}"
    client_answer = call(world, http_event("POST", path, form={"List-Unsubscribe": "One-Click"}))
    browser_answer = call(world, http_event("POST", path, form={"scope": "this"}))

    assert (
        client_answer["body"] == "Unsubscribed.\n"
        and header(client_answer, "content-type")[:10] == "text/plain"
    )
    assert browser_answer["statusCode"] == 303 and header(browser_answer, "location").startswith(
        f"{path}?done="
    )
    done_page = call(world, http_event("GET", path, query={"done": "1"}))
    assert "<h1" in done_page["body"] and header(done_page, "content-type")[:9] == "text/html"


def test_the_second_button_opts_out_of_everything_but_service_mail(world: World) -> None:
    call(world, http_event("POST", f"/u/{world.token(READER)}", form={"scope": "all"}))

    assert not any(sendable(world, topic) for topic in ("offers", "news", "events", "research"))
    assert sendable(world, "service") and sendable(world, "targeted-advertising")


def test_the_wider_of_two_scopes_counts(world: World) -> None:
    form = [("scope", "all"), ("scope", "this")]
    call(world, http_event("POST", f"/u/{world.token(READER)}", form=form))

    assert not sendable(world, "news")


@pytest.mark.parametrize(
    ("scope", "registers"), [(0, {"o:0"}), (1, {"o:1"}), (6, {"o:1"}), (999, {"o:999", "o:1"})]
)
def test_a_link_stops_its_scope_or_the_whole_brand(world: World, scope: int, registers: set[str]) -> None:
    answer = call(world, http_event("POST", f"/u/{world.token(READER, scope)}"))

    assert answer["statusCode"] == 200 and not sendable(world, "offers")
    assert {name for name in world.items()[0] if name.startswith("o:")} == registers


def test_a_link_works_again_and_repeated_presses_write_once(world: World) -> None:
    path = f"/u/{world.token(READER, issued=Millis(0))}"
    answers = [call(world, http_event("POST", path))["statusCode"] for _ in range(5)]

    assert answers == [200] * 5 and world.items()[0]["n"] == {"N": "1"}


def test_an_old_link_opts_out_after_a_newer_opt_in(world: World) -> None:
    world.apply_changes(READER, Change(in_(2), Entry(Millis(NOW - 5), Source.LINK, "{}")))

    assert call(world, http_event("POST", f"/u/{world.token(READER)}"))["statusCode"] == 200
    assert not sendable(world, "offers")


def test_an_opt_out_older_than_an_opt_in_is_not_acknowledged(world: World) -> None:
    world.apply_changes(READER, Change(in_(2), Entry(Millis(NOW + 5), Source.LINK, "{}")))

    assert call(world, http_event("POST", f"/u/{world.token(READER)}"))["statusCode"] == 503


def test_every_invalid_link_gets_the_same_page(world: World) -> None:
    valid = world.token(READER)
    invalid = [
        "x",
        valid[:-1],
        valid[:-1] + chr(ord(valid[-1]) ^ 1),
        world.token(READER, purpose=TokenPurpose.PREFERENCES),
        world.token(READER, purpose=TokenPurpose.MAILTO),
        valid.upper(),
        "é" * 54,
        *(prefix + valid for prefix in ('"', "\u201d", "\\", "/", "?x", "\u200b", "%22", ">")),
        "",
    ]
    answers = [
        call(world, http_event(method, f"/u/{token}")) for token in invalid for method in ("GET", "POST")
    ]

    assert {answer["statusCode"] for answer in answers} == {404}
    assert len({answer["body"] for answer in answers}) == 1
    assert world.items() == []


@pytest.mark.parametrize("register", [MINOR, HOLD])
def test_a_minor_and_an_address_on_hold_get_the_same_neutral_page(world: World, register: Register) -> None:
    parts().preferences.apply(
        world.recipient(READER), [Change(register, Entry(Millis(5), Source.AGE_REPORT, "{}"))], NOW
    )
    path = f"/u/{world.token(READER)}"
    pages = [
        call(world, http_event("GET", path)),
        press_and_open(world, path, "this"),
        press_and_open(world, path, "all"),
    ]

    assert {page["statusCode"] for page in pages} == {200}
    assert len({page["body"] for page in pages}) == 1 and "<form" not in pages[0]["body"]


def test_undo_is_not_offered_for_a_topic_that_was_off_before(world: World) -> None:
    world.apply_changes(READER, Change(out(0), Entry(Millis(5), Source.PHONE, "{}")))
    pressed = call(world, http_event("POST", f"/u/{world.token(READER)}", form={"scope": "this"}))

    assert "?done=1&" in header(pressed, "location")


def test_the_language_of_the_link_comes_before_that_of_the_reader(world: World) -> None:
    path = f"/u/{world.token(READER)}"
    link = call(world, http_event("GET", path, query={"lang": "ja"}, headers={"accept-language": "fr"}))
    reader = call(world, http_event("GET", path, headers={"accept-language": "xx, fr;q=0.5"}))

    assert 'lang="ja"' in link["body"] and 'lang="fr"' in reader["body"]


def test_only_the_campaign_of_the_query_becomes_evidence(world: World) -> None:
    path = f"/u/{world.token(READER)}"
    call(world, http_event("POST", path, query={"c": "2026-03", "email": "victim@example.com"}))
    call(world, http_event("POST", path, query={"c": "bad campaign<"}, at=NOW + 1))

    evidence = world.items()[0]["o:2"]["M"]["ev"]["S"]
    assert evidence.startswith(f'one-click {{"issued":{NOW - 60_000 - NOW % 60_000},"key":1}}')


def test_the_ref_of_the_link_becomes_evidence_if_it_is_one(world: World) -> None:
    path = f"/u/{world.token(READER)}"
    call(world, http_event("POST", path, query={"r": "customer.7", "c": "may"}))
    assert '"ref":"customer.7"}' in world.items()[0]["o:2"]["M"]["ev"]["S"]

    for at, text in enumerate((world.token(READER), "victim@example.com", "x" * 65), NOW + 1):
        call(world, http_event("POST", path, query={"r": text, "c": "may"}, at=at))
        assert "ref" not in world.items()[0]["o:2"]["M"]["ev"]["S"]


def test_the_pages_behind_a_link_keep_its_hints(world: World) -> None:
    path, hints = f"/u/{world.token(READER)}", {"c": "may", "r": "customer.7"}
    page = call(world, http_event("GET", path, query=hints))["body"]
    assert 'action="?c=may&amp;r=customer.7&amp;lang=en"' in page
    assert 'href="?c=may&amp;r=customer.7&amp;lang=de"' in page

    pressed = call(world, http_event("POST", path, query=hints, form={"scope": "this"}))
    assert header(pressed, "location").endswith("&c=may&r=customer.7&lang=en")
    done = follow_redirect(app.handler, pressed, world)["body"]
    assert "?c=may&amp;r=customer.7&amp;lang=en" in done, "the link to the preference centre"


def test_every_page_has_the_headers_of_the_contract(world: World) -> None:
    path = f"/u/{world.token(READER)}"
    for answer in (
        call(world, http_event("GET", path)),
        call(world, http_event("POST", path)),
        call(world, http_event("POST", path, form={"scope": "this"})),
        call(world, http_event("GET", "/u/none")),
    ):
        policy = header(answer, "content-security-policy")
        assert policy.startswith("default-src 'none'") and "frame-ancestors 'none'" in policy
        assert header(answer, "referrer-policy") == "no-referrer"
        assert header(answer, "cache-control") == "no-store"
        assert header(answer, "x-robots-tag").startswith("noindex")
        assert header(answer, "x-content-type-options") == "nosniff"
        assert header(answer, "strict-transport-security") and header(answer, "tk") == "N"


def test_a_failed_write_is_queued_answered_with_503_and_retried(world: World) -> None:
    token = world.token(READER)
    FailingCalls("dynamodb", "UpdateItem")
    answer = call(world, http_event("POST", f"/u/{token}", form={"scope": "all"}))

    assert answer["statusCode"] == 503 and int(header(answer, "retry-after")) > 0
    [message] = world.messages("OPT_OUT_RETRY_QUEUE_URL")
    assert token not in message and "@" not in message
    restart()
    batch = {"Records": [{"messageId": "m1", "body": message}]}
    assert opt_out_retry.handler(batch, world.context) == {"batchItemFailures": []}
    assert not sendable(world, "news")
    [item] = world.items()
    assert item["o:0"]["M"]["t"] == {"N": str(NOW)}
    assert int(item["chg_at"]["S"][:15]) > NOW  # the feed shows the change at the time of the write


def test_a_failed_write_and_a_failed_queue_are_answered_with_503(world: World) -> None:
    token = world.token(READER)
    FailingCalls("dynamodb", "UpdateItem")
    FailingCalls("sqs", "SendMessage")

    assert call(world, http_event("POST", f"/u/{token}"))["statusCode"] == 503


def test_a_link_that_cannot_be_verified_is_answered_with_503(world: World) -> None:
    token = world.token(READER)
    restart()
    FailingCalls("kms", "GenerateMac")
    answers = [call(world, http_event(method, f"/u/{token}")) for method in ("GET", "POST")]

    assert [answer["statusCode"] for answer in answers] == [503, 503]
    assert world.items() == [] and world.messages("OPT_OUT_RETRY_QUEUE_URL") == []


def test_a_failed_read_is_answered_with_503(world: World) -> None:
    token = world.token(READER)
    FailingCalls("dynamodb", "GetItem")

    assert call(world, http_event("GET", f"/u/{token}"))["statusCode"] == 503


def test_an_opt_out_of_an_unreadable_record_is_not_acknowledged(world: World) -> None:
    boto3.client("dynamodb").put_item(
        TableName=world.table,
        Item={"id": {"S": world.recipient(READER)}, "n": {"N": "1"}, "o:3": {"S": "mangled"}},
    )
    assert call(world, http_event("POST", f"/u/{world.token(READER)}"))["statusCode"] == 503
    assert len(world.messages("OPT_OUT_RETRY_QUEUE_URL")) == 1


def test_an_unreadable_message_is_dead_lettered_at_once(
    world: World,
) -> None:
    batch = {
        "Records": [
            {"messageId": "bad", "body": "{}"},
            {"messageId": "good", "body": _message(world)},
        ]
    }
    answer = opt_out_retry.handler(batch, world.context)

    assert answer == {"batchItemFailures": []}
    assert world.messages("OPT_OUT_RETRY_DLQ_URL") == ["{}"], "a retry would not help"
    assert not sendable(world, "offers")


def test_a_message_that_cannot_be_dead_lettered_is_retried_alone(world: World) -> None:
    boto3.client("sqs").delete_queue(QueueUrl=world.queues["OPT_OUT_RETRY_DLQ_URL"])
    records = [{"messageId": "bad", "body": "{}"}, {"messageId": "good", "body": _message(world)}]
    answer = opt_out_retry.handler({"Records": records}, world.context)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "bad"}]}
    assert not sendable(world, "offers")


def test_messages_without_time_left_are_retried(world: World) -> None:
    world.context.milliseconds_left = 1_000
    batch = {"Records": [{"messageId": "late", "body": _message(world)}]}

    assert opt_out_retry.handler(batch, world.context) == {"batchItemFailures": [{"itemIdentifier": "late"}]}
    assert world.items() == []


def _message(world: World) -> str:
    token = verify_link_token(world.token(READER), TokenPurpose.UNSUBSCRIBE, parts().link_keys.link_key)
    return opt_out_for(
        token, parts().catalogue, NOW, Source.ONE_CLICK, LinkHints(), all_marketing=False, signal=False
    ).to_message()


def test_one_press_makes_one_write_and_no_read(world: World) -> None:
    token, calls = world.token(READER), []
    parts().client("dynamodb").meta.events.register(
        "before-send.dynamodb", lambda request, **_: calls.append(request.headers["X-Amz-Target"])
    )
    call(world, http_event("POST", f"/u/{token}"))

    assert [str(target).split(".")[-1].rstrip("'") for target in calls] == ["UpdateItem"]


def test_a_visit_leaves_no_personal_data_in_the_log(
    world: World, log: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    token = world.token("canary@example.com")
    for method in ("GET", "POST"):
        call(world, http_event(method, f"/u/{token}", query={"email": "canary@example.com"}))
    FailingCalls("dynamodb", "UpdateItem")
    call(world, http_event("POST", f"/u/{token}", headers={"cookie": "canary@example.com"}))
    call(world, http_event("POST", f"/u/{token}x"))

    output = "".join(capsys.readouterr()) + log.getvalue()
    assert "OptedOut" in output and "unavailable" in output
    assert "canary" not in output and token not in output
    assert world.recipient("canary@example.com") not in output


def test_one_click_with_other_fields_is_one_click(world: World) -> None:
    form = {"List-Unsubscribe": "One-Click", "scope": "this"}
    answer = call(world, http_event("POST", f"/u/{world.token(READER)}", form=form))

    assert (answer["statusCode"], answer["body"]) == (200, "Unsubscribed.\n")
    assert parts().preferences.read(world.recipient(READER)).get(out(2)) is not None
