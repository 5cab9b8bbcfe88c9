"""A brand of as many topics as the build takes: every page works, and every choice is written."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from brand_compiler.catalogue import MAX_TOPICS
from functions.ledger import app as ledger
from functions.preferences import app as preferences
from functions.resubscribe import app as resubscribe
from functions.send_confirmation import app as send_confirmation
from functions.unsubscribe import app as unsubscribe
from heed.domain.links.link_token import TokenPurpose
from heed.domain.preferences.decision import decide, decide_by_choice
from heed.domain.preferences.register import ALL_SCOPES, DAY_MS, Change, Entry, Source
from tests.support import mailbox
from tests.support.brands import build_brand_of
from tests.support.deployment import NOW, World, http, parts, restart
from tests.support.registers import pause
from tests.support.stream_events import event, record

READER = "reader@example.com"
MORE = MAX_TOPICS - 6  # than the sample brand has
EXPRESSION = 4_096  # bytes of an expression that DynamoDB takes


class Fields(HTMLParser):
    """What a browser would send of the forms of a page: their hidden fields and what is chosen in them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.forms: list[list[tuple[str, str]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append([])
        is_sent = given.get("type") == "hidden" or "checked" in given
        if tag == "input" and is_sent and self.forms:
            self.forms[-1].append((given["name"], given.get("value", "on")))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_brand_of(tmp_path_factory.mktemp("many"), MORE)


@pytest.fixture(autouse=True)
def _many(world: World, built: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The brand; and every expression is held to what DynamoDB takes, which moto does not look at."""
    restart(BRAND_DIR=str(built))
    events = parts().client("dynamodb").meta.events

    def check(params: dict[str, Any], **_: Any) -> None:
        assert len(params["UpdateExpression"].encode()) <= EXPRESSION

    events.register("provide-client-params.dynamodb.UpdateItem", check)
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(100_000)  # moto copies an expression by a recursion for each of its parts
    yield
    sys.setrecursionlimit(limit)
    events.unregister("provide-client-params.dynamodb.UpdateItem", check)


def sendable(world: World) -> int:
    found = parts().preferences.read(world.recipient(READER))
    return sum(decide_by_choice(found, topic).sendable for topic in parts().catalogue.marketing(ALL_SCOPES))


def preference_centre(world: World) -> str:
    return f"/p/{world.token(READER, purpose=TokenPurpose.PREFERENCES)}"


def turn_all_off(world: World, at: int) -> dict[str, Any]:
    form = [(f"topic.{t.name}", "out") for t in parts().catalogue.marketing(ALL_SCOPES)]
    pressed = http("POST", preference_centre(world), form=form, at=at)
    return dict(preferences.handler(pressed, world.context))


def confirm_all(world: World, now: int, ends: Iterable[str] = ()) -> list[str]:
    """Ask for every topic just before now, which the mail's function compares with the clock; confirm.

    `ends` names the scopes whose pause is to end with it.
    """
    page = resubscribe.handler(http("GET", "/subscribe"), world.context)["body"]
    topics = re.findall(r'name="topics" value="([^"]+)"', page)
    chosen_topics = [("topics", topic) for topic in topics]
    form = [("address", READER), ("intent", "in"), *chosen_topics, ("resume", ",".join(ends))]
    asked = http("POST", "/subscribe", form=form, at=now - 30_000)
    assert resubscribe.handler(asked, world.context)["statusCode"] == 202

    mailbox.deliver(world, "CONFIRMATION_REQUESTS_QUEUE_URL", send_confirmation.handler)
    (mail,) = mailbox.sent()
    pressed = http("POST", mailbox.link(mail), at=now)
    assert resubscribe.handler(pressed, world.context)["statusCode"] == 200
    return topics


def test_the_brand_has_as_many_topics_as_the_build_takes() -> None:
    assert len(parts().catalogue.topics) == MAX_TOPICS


@pytest.mark.threat(
    "B4",
    "A brand has so many topics that its own form is longer than what is read of a form: the page says that "
    "the choices are saved, and none is.",
    "How much of a form is read follows the catalogue, and the build bounds the catalogue.",
)
@pytest.mark.system
def test_the_preference_centre_s_own_form_turns_each_topic_off(world: World) -> None:
    page = preferences.handler(http("GET", preference_centre(world)), world.context)["body"]
    fields = max(Fields(page).forms, key=len)
    form = [(name, re.sub("^in$", "out", value) if name[:6] == "topic." else value) for name, value in fields]
    assert len(form) > 2 * MORE

    answer = preferences.handler(http("POST", preference_centre(world), form=form), world.context)

    assert answer["statusCode"] == 303 and sendable(world) == 0


def test_everything_is_stopped_by_one_press_and_the_page_of_it_is_shown(world: World) -> None:
    before, path = sendable(world), f"/u/{world.token(READER)}"
    done = unsubscribe.handler(http("POST", path, form={"scope": "all"}), world.context)
    if done["statusCode"] == 303:
        where, _, query = done["headers"]["Location"].partition("?")
        shown = http("GET", where, query=dict(parse_qsl(query)))
        done = unsubscribe.handler(shown, world.context)

    assert done["statusCode"] == 200 and "<h1" in done["body"]
    assert before > MORE and sendable(world) == 0


@pytest.mark.system
def test_every_topic_is_asked_for_and_confirmed(world: World) -> None:
    now = time.time_ns() // 1_000_000
    stop = http("POST", f"/u/{world.token(READER)}", form={"scope": "all"}, at=now - 60_000)
    assert unsubscribe.handler(stop, world.context)["statusCode"] in (200, 303)

    topics = confirm_all(world, now)

    assert len(topics) == sendable(world) > MORE


@pytest.mark.system
def test_the_pause_of_each_topic_ends_with_it(world: World) -> None:
    now = time.time_ns() // 1_000_000
    topics = [t for t in parts().catalogue.marketing(ALL_SCOPES) if not t.retired]
    paused = Entry(now - DAY_MS, Source.PHONE, "{}", until=now + DAY_MS)
    world.put(READER, *(Change(pause(topic.number), paused) for topic in topics))
    page = preferences.handler(http("POST", preference_centre(world), form={"pause": "0"}), world.context)[
        "body"
    ]
    (ends,) = re.findall(r'name="resume" value="([^"]+)"', page)

    confirm_all(world, now, ends.split(","))

    record = parts().preferences.read(world.recipient(READER))
    assert len(topics) > MORE
    assert all(decide(record, topic, now).sendable for topic in topics)


@pytest.mark.threat(
    "B4",
    "Somebody turns every topic of a large brand off, confirms them all, and turns them off again, which "
    "writes two registers a topic: the update is longer than the table takes, and no opt-out is ever saved.",
    "What one press writes is bounded: where it would be more, the press offers no Undo and is one register "
    "a topic.",
)
@pytest.mark.system
def test_each_topic_is_turned_off_again_after_it_was_confirmed(world: World) -> None:
    now = time.time_ns() // 1_000_000
    assert turn_all_off(world, now - 2 * DAY_MS)["headers"]["Location"].partition("saved=")[2] != "1"
    confirm_all(world, now)
    assert sendable(world) > MORE

    again = turn_all_off(world, now + 1)

    assert again["statusCode"] == 303 and sendable(world) == 0
    assert again["headers"]["Location"].partition("saved=")[2].partition("&")[0] == "1"
    (item,) = world.items()
    assert sum(name.startswith("c:") for name in item) > MORE  # what was pressed first stays
    assert sum(name.startswith("o:") for name in item) > MORE


@pytest.mark.system
def test_the_ledger_enters_each_choice(world: World) -> None:
    form = [(f"topic.{t.name}", "out") for t in parts().catalogue.marketing(ALL_SCOPES)]
    preferences.handler(http("POST", preference_centre(world), form=form), world.context)
    (item,) = world.items()
    told = ledger.handler(event([record(None, item, NOW)]), world.context)

    assert told == {"batchItemFailures": []}
    assert len(world.items("Ledger")) == sum(name[:2] in ("c:", "o:") for name in item) > MORE
