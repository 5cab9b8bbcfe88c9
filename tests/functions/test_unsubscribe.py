from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import boto3
import pytest

from functions.opt_out_retry import app as later
from functions.preferences import app as preferences
from functions.resubscribe import app as resubscribe
from functions.unsubscribe import app
from heed.domain.links.link_token import TokenPurpose, verify_link_token
from heed.domain.preferences.decision import decide
from heed.domain.preferences.register import HOLD, MINOR, Change, Entry, Register, Source
from heed.use_cases.links.unsubscribe import opt_out_of
from tests.support.deployment import NOW, World, http, parts, restart
from tests.support.failing_client import Fault
from tests.support.forms import unreadable
from tests.support.registers import in_, out

EVENTS = Path(__file__).parents[2] / "events"
SAMPLES = sorted(path.name for path in EVENTS.glob("unsubscribe-*.json"))
POSTS = [name for name in SAMPLES if "post" in name and "missing-token" not in name]
READER = "reader@example.com"
DAY = 86_400_000


def ask(world: World, event: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = app.handler(event, world.context)
    return answer


def sample(name: str, token: str) -> dict[str, Any]:
    """A sample event as AWS shapes it, for a link of ours in place of its dummy."""
    text = (EVENTS / name).read_text()
    event: dict[str, Any] = json.loads(text)
    dummy = (event.get("pathParameters") or {}).get("token")
    if dummy:
        event = json.loads(text.replace(dummy, token))
    return event


def header(answer: dict[str, Any], name: str) -> str:
    found = {key.lower(): value for key, value in answer.get("headers", {}).items()}
    found |= {key.lower(): values[0] for key, values in answer.get("multiValueHeaders", {}).items()}
    return str(found.get(name, ""))


def sendable(world: World, topic: str, address: str = READER) -> bool:
    record = parts().preferences.read(world.recipient(address))
    return decide(record, parts().catalogue.topic(topic), NOW + 1).sendable


@pytest.mark.parametrize("name", POSTS)
def test_every_form_of_a_post_opts_out_of_the_topic_of_the_link(world: World, name: str) -> None:
    answer = ask(world, sample(name, world.token(READER)))

    assert answer["statusCode"] == 200
    assert not answer.get("cookies") and not header(answer, "set-cookie")
    assert not sendable(world, "offers") and sendable(world, "news")


@pytest.mark.parametrize("depth", [10, 1_500])
def test_a_form_nested_beyond_reading_opts_out_all_the_same(world: World, depth: int) -> None:
    nested = "".join(
        f"--{n}\r\nContent-Type: multipart/mixed; boundary={n + 1}\r\n\r\n" for n in range(depth)
    )
    form = {"content-type": "multipart/form-data; boundary=0"}
    sent = http("POST", f"/u/{world.token(READER)}", body=nested.encode()[:65_000], headers=form)

    assert ask(world, sent)["statusCode"] == 200
    assert not sendable(world, "offers") and sendable(world, "news")


@pytest.mark.parametrize("form", [[("x", "y")] * 300, [("x", "y" * 70_000)]])
@pytest.mark.parametrize(
    ("scope", "stopped"), [("all", {"offers", "news"}), ("topic", {"offers"}), ("ball", {"offers"})]
)
def test_a_form_too_long_to_be_read_opts_out_of_what_it_asks_for(
    world: World, form: list[tuple[str, str]], scope: str, stopped: set[str]
) -> None:
    sent = http("POST", f"/u/{world.token(READER)}", form=[*form, ("scope", scope)])

    assert ask(world, sent)["statusCode"] in (200, 303)
    assert {topic for topic in ("offers", "news") if not sendable(world, topic)} == stopped


@pytest.mark.parametrize("fault", unreadable(""))
@pytest.mark.parametrize(("scope", "stopped"), [("all", {"offers", "news"}), ("this", {"offers"})])
def test_a_form_that_cannot_be_read_opts_out_of_what_it_asks_for(
    world: World, fault: str, scope: str, stopped: set[str]
) -> None:
    body, content_type = unreadable(scope)[fault]
    path, form = f"/u/{world.token(READER)}", {"content-type": content_type}

    assert ask(world, http("POST", path, body=body, headers=form))["statusCode"] in (200, 303)
    assert {topic for topic in ("offers", "news") if not sendable(world, topic)} == stopped


class Sealed(dict[str, Any]):
    """An event whose body nobody may look at."""

    def __getitem__(self, name: str) -> Any:
        assert name != "body"
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        assert name != "body"
        return super().get(name, default)


@pytest.mark.threat(
    "B3",
    "Large, costly bodies are sent to made-up links until no function is left for honest opt-outs.",
    "Nothing of a body is read before the token of its link is known to be ours.",
)
@pytest.mark.parametrize(
    ("handler", "path"),
    [(app.handler, "/u/AAAA"), (preferences.handler, "/p/AAAA"), (resubscribe.handler, "/c/AAAA")],
)
def test_of_a_made_up_link_no_body_is_read(world: World, handler: Any, path: str) -> None:
    sent = Sealed(http("POST", path, form=[("scope", "all")] * 5_000))

    assert handler(sent, world.context)["statusCode"] == 404
    with pytest.raises(AssertionError):
        ask(world, Sealed(http("POST", f"/u/{world.token(READER)}", form={"scope": "all"})))


@pytest.mark.parametrize("name", [name for name in SAMPLES if name not in POSTS])
def test_whatever_is_no_post_with_a_link_changes_nothing(world: World, name: str) -> None:
    answer = ask(world, sample(name, world.token(READER)))

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
def test_reading_a_link_changes_nothing_whatever_it_pretends(
    world: World, method: str, disguise: dict[str, Any]
) -> None:
    for _ in range(3):
        answer = ask(world, http(method, f"/u/{world.token(READER)}", **disguise))

    assert answer["statusCode"] == 200 and world.items() == []


def test_head_answers_as_get_does_but_without_a_body(world: World) -> None:
    path = f"/u/{world.token(READER)}"
    get, head = ask(world, http("GET", path)), ask(world, http("HEAD", path))

    assert head["body"] == "" and "<h1" in get["body"]
    assert head["headers"] == get["headers"]


def test_a_mail_client_gets_a_few_bytes_and_a_browser_the_done_page(world: World) -> None:
    path = f"/u/{world.token(READER)}"
    client = ask(world, http("POST", path, form={"List-Unsubscribe": "One-Click"}))
    browser = ask(world, http("POST", path, form={"scope": "this"}))

    assert client["body"] == "Unsubscribed.\n" and header(client, "content-type")[:10] == "text/plain"
    assert browser["statusCode"] == 303 and header(browser, "location").startswith(f"{path}?done=")
    done = ask(world, http("GET", path, query={"done": "1"}))
    assert "<h1" in done["body"] and header(done, "content-type")[:9] == "text/html"


def test_the_second_button_opts_out_of_everything_but_service_mail(world: World) -> None:
    ask(world, http("POST", f"/u/{world.token(READER)}", form={"scope": "all"}))

    assert not any(sendable(world, topic) for topic in ("offers", "news", "events", "research"))
    assert sendable(world, "service") and sendable(world, "targeted-advertising")


def test_of_a_scope_said_twice_the_wider_counts(world: World) -> None:
    form = [("scope", "all"), ("scope", "this")]
    ask(world, http("POST", f"/u/{world.token(READER)}", form=form))

    assert not sendable(world, "news")


@pytest.mark.parametrize(
    ("scope", "written"), [(0, {"o:0"}), (1, {"o:1"}), (6, {"o:1"}), (999, {"o:999", "o:1"})]
)
def test_a_link_of_any_scope_stops_what_its_holder_means(world: World, scope: int, written: set[str]) -> None:
    answer = ask(world, http("POST", f"/u/{world.token(READER, scope)}"))

    assert answer["statusCode"] == 200 and not sendable(world, "offers")
    assert {name for name in world.items()[0] if name.startswith("o:")} == written


def test_pressing_twice_is_pressing_once_and_no_link_is_ever_used_up(world: World) -> None:
    path = f"/u/{world.token(READER, issued=0)}"
    answers = [ask(world, http("POST", path))["statusCode"] for _ in range(5)]

    assert answers == [200] * 5 and world.items()[0]["n"] == {"N": "1"}


def test_an_old_link_pressed_after_a_newer_yes_opts_out_again(world: World) -> None:
    world.put(READER, Change(in_(2), Entry(NOW - 5, Source.LINK, "{}")))

    assert ask(world, http("POST", f"/u/{world.token(READER)}"))["statusCode"] == 200
    assert not sendable(world, "offers")


def test_what_a_newer_yes_would_undo_is_not_acknowledged(world: World) -> None:
    world.put(READER, Change(in_(2), Entry(NOW + 5, Source.LINK, "{}")))

    assert ask(world, http("POST", f"/u/{world.token(READER)}"))["statusCode"] == 503


def test_what_is_no_link_of_ours_gets_one_page_whatever_is_wrong_with_it(world: World) -> None:
    good = world.token(READER)
    wrong = [
        "x",
        good[:-1],
        good[:-1] + chr(ord(good[-1]) ^ 1),
        world.token(READER, purpose=TokenPurpose.PREFERENCES),
        world.token(READER, purpose=TokenPurpose.MAILTO),
        good.upper(),
        "é" * 54,
        *(mangled + good for mangled in ('"', "\u201d", "\\", "/", "?x", "\u200b", "%22", ">")),
        "",
    ]
    answers = [ask(world, http(method, f"/u/{token}")) for token in wrong for method in ("GET", "POST")]

    assert {answer["statusCode"] for answer in answers} == {404}
    assert len({answer["body"] for answer in answers}) == 1
    assert world.items() == []


@pytest.mark.parametrize("register", [MINOR, HOLD])
def test_a_minor_and_a_held_address_see_the_same_neutral_page(world: World, register: Register) -> None:
    parts().preferences.apply(
        world.recipient(READER), [Change(register, Entry(5, Source.AGE_REPORT, "{}"))], NOW
    )
    path = f"/u/{world.token(READER)}"
    pages = [
        ask(world, http("GET", path)),
        ask(world, http("POST", path, form={"scope": "this"})),
        ask(world, http("POST", path, form={"scope": "all"})),
    ]

    assert {page["statusCode"] for page in pages} == {200}
    assert len({page["body"] for page in pages}) == 1 and "<form" not in pages[0]["body"]


def test_undo_is_not_offered_for_what_was_off_before(world: World) -> None:
    world.put(READER, Change(out(0), Entry(5, Source.PHONE, "{}")))
    pressed = ask(world, http("POST", f"/u/{world.token(READER)}", form={"scope": "this"}))

    assert "?done=1&" in header(pressed, "location")


def test_the_language_is_the_link_s_then_the_reader_s(world: World) -> None:
    path = f"/u/{world.token(READER)}"
    link = ask(world, http("GET", path, query={"lang": "ja"}, headers={"accept-language": "fr"}))
    reader = ask(world, http("GET", path, headers={"accept-language": "xx, fr;q=0.5"}))

    assert 'lang="ja"' in link["body"] and 'lang="fr"' in reader["body"]


def test_the_campaign_becomes_evidence_and_nothing_else_of_the_query_does(world: World) -> None:
    path = f"/u/{world.token(READER)}"
    ask(world, http("POST", path, query={"c": "2026-03", "email": "victim@example.com"}))
    ask(world, http("POST", path, query={"c": "bad campaign<"}, at=NOW + 1))

    evidence = world.items()[0]["o:2"]["M"]["ev"]["S"]
    assert evidence.startswith(f'one-click {{"issued":{NOW - 60_000 - NOW % 60_000},"key":1}}')


def test_every_page_carries_the_headers_of_the_contract(world: World) -> None:
    path = f"/u/{world.token(READER)}"
    for answer in (
        ask(world, http("GET", path)),
        ask(world, http("POST", path)),
        ask(world, http("POST", path, form={"scope": "this"})),
        ask(world, http("GET", "/u/none")),
    ):
        policy = header(answer, "content-security-policy")
        assert policy.startswith("default-src 'none'") and "frame-ancestors 'none'" in policy
        assert header(answer, "referrer-policy") == "no-referrer"
        assert header(answer, "cache-control") == "no-store"
        assert header(answer, "x-robots-tag").startswith("noindex")
        assert header(answer, "x-content-type-options") == "nosniff"
        assert header(answer, "strict-transport-security") and header(answer, "tk") == "N"


def test_a_write_that_fails_is_queued_and_still_503_and_heals_from_the_queue(world: World) -> None:
    token = world.token(READER)
    Fault("dynamodb", "UpdateItem")
    answer = ask(world, http("POST", f"/u/{token}", form={"scope": "all"}))

    assert answer["statusCode"] == 503 and int(header(answer, "retry-after")) > 0
    [message] = world.messages("OPT_OUT_RETRY_QUEUE_URL")
    assert token not in message and "@" not in message
    restart()
    batch = {"Records": [{"messageId": "m1", "body": message}]}
    assert later.handler(batch, world.context) == {"batchItemFailures": []}
    assert not sendable(world, "news")
    [item] = world.items()
    assert item["o:0"]["M"]["t"] == {"N": str(NOW)}
    assert int(item["chg_at"]["S"][:15]) > NOW  # followers of the feed hear of it now


def test_when_the_queue_fails_too_it_is_503_all_the_same(world: World) -> None:
    token = world.token(READER)
    Fault("dynamodb", "UpdateItem")
    Fault("sqs", "SendMessage")

    assert ask(world, http("POST", f"/u/{token}"))["statusCode"] == 503


def test_without_the_key_service_nothing_is_claimed(world: World) -> None:
    token = world.token(READER)
    restart()
    Fault("kms", "GenerateMac")
    answers = [ask(world, http(method, f"/u/{token}")) for method in ("GET", "POST")]

    assert [answer["statusCode"] for answer in answers] == [503, 503]
    assert world.items() == [] and world.messages("OPT_OUT_RETRY_QUEUE_URL") == []


def test_a_page_that_cannot_be_read_is_503(world: World) -> None:
    token = world.token(READER)
    Fault("dynamodb", "GetItem")

    assert ask(world, http("GET", f"/u/{token}"))["statusCode"] == 503


def test_an_unreadable_record_is_no_acknowledgement(world: World) -> None:
    boto3.client("dynamodb").put_item(
        TableName=world.table,
        Item={"id": {"S": world.recipient(READER)}, "n": {"N": "1"}, "o:3": {"S": "mangled"}},
    )
    assert ask(world, http("POST", f"/u/{world.token(READER)}"))["statusCode"] == 503
    assert len(world.messages("OPT_OUT_RETRY_QUEUE_URL")) == 1


def test_a_message_of_the_later_queue_that_nobody_can_read_is_put_aside_at_once(
    world: World,
) -> None:
    batch = {
        "Records": [
            {"messageId": "bad", "body": "{}"},
            {"messageId": "good", "body": _message(world)},
        ]
    }
    answer = later.handler(batch, world.context)

    assert answer == {"batchItemFailures": []}
    assert world.messages("OPT_OUT_RETRY_DLQ_URL") == ["{}"], "a thousand deliveries would read it no better"
    assert not sendable(world, "offers")


def test_one_that_cannot_be_put_aside_goes_back_alone(world: World) -> None:
    boto3.client("sqs").delete_queue(QueueUrl=world.queues["OPT_OUT_RETRY_DLQ_URL"])
    records = [{"messageId": "bad", "body": "{}"}, {"messageId": "good", "body": _message(world)}]
    answer = later.handler({"Records": records}, world.context)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "bad"}]}
    assert not sendable(world, "offers")


def test_with_no_time_left_messages_go_back_untouched(world: World) -> None:
    world.context.left = 1_000
    batch = {"Records": [{"messageId": "late", "body": _message(world)}]}

    assert later.handler(batch, world.context) == {"batchItemFailures": [{"itemIdentifier": "late"}]}
    assert world.items() == []


def _message(world: World) -> str:
    token = verify_link_token(world.token(READER), TokenPurpose.UNSUBSCRIBE, parts().link_keys.link_key)
    return opt_out_of(
        token, parts().catalogue, NOW, Source.ONE_CLICK, "", everything=False, signal=False
    ).to_message()


def test_one_press_is_one_write_request_and_no_read(world: World) -> None:
    token, calls = world.token(READER), []
    parts().client("dynamodb").meta.events.register(
        "before-send.dynamodb", lambda request, **_: calls.append(request.headers["X-Amz-Target"])
    )
    ask(world, http("POST", f"/u/{token}"))

    assert [str(call).split(".")[-1].rstrip("'") for call in calls] == ["UpdateItem"]


def test_nothing_of_a_visit_is_logged_but_that_it_was(
    world: World, log: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    token = world.token("canary@example.com")
    for method in ("GET", "POST"):
        ask(world, http(method, f"/u/{token}", query={"email": "canary@example.com"}))
    Fault("dynamodb", "UpdateItem")
    ask(world, http("POST", f"/u/{token}", headers={"cookie": "canary@example.com"}))
    ask(world, http("POST", f"/u/{token}x"))

    written = "".join(capsys.readouterr()) + log.getvalue()
    assert "OptedOut" in written and "unavailable" in written
    assert "canary" not in written and token not in written
    assert world.recipient("canary@example.com") not in written


def test_one_click_with_other_fields_beside_it_is_one_click(world: World) -> None:
    form = {"List-Unsubscribe": "One-Click", "scope": "this"}
    answer = ask(world, http("POST", f"/u/{world.token(READER)}", form=form))

    assert (answer["statusCode"], answer["body"]) == (200, "Unsubscribed.\n")
    assert parts().preferences.read(world.recipient(READER)).get(out(2)) is not None
