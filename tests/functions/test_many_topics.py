"""A brand with the largest permitted number of topics: each page works, and each choice is stored."""

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
from heed.domain.milliseconds import Millis
from heed.domain.preferences.decision import decide, decide_by_choice
from heed.domain.preferences.register import ALL_SCOPES, DAY_MS, Change, Entry, Source
from tests.support import mailbox
from tests.support.brands import build_brand_with_topics
from tests.support.deployment import NOW, World, http_event, parts, restart
from tests.support.registers import pause
from tests.support.stream_events import stream_event, stream_record

READER = "reader@example.com"
MORE = MAX_TOPICS - 6  # the sample brand has six topics
MAX_EXPRESSION_BYTES = 4_096  # DynamoDB accepts no longer expression


class Fields(HTMLParser):
    """The fields that a browser would send for each form of a page: hidden fields and selected fields."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.forms: list[list[tuple[str, str]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append([])
        is_sent = attributes.get("type") == "hidden" or "checked" in attributes
        if tag == "input" and is_sent and self.forms:
            self.forms[-1].append((attributes["name"], attributes.get("value", "on")))


@pytest.fixture(scope="module")
def brand_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_brand_with_topics(tmp_path_factory.mktemp("many"), MORE)


@pytest.fixture(autouse=True)
def _large_brand(world: World, brand_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Deploys the brand, and checks the length of each expression, which moto does not check."""
    restart(BRAND_DIR=str(brand_folder))
    events = parts().client("dynamodb").meta.events

    def check(params: dict[str, Any], **_: Any) -> None:
        assert len(params["UpdateExpression"].encode()) <= MAX_EXPRESSION_BYTES

    events.register("provide-client-params.dynamodb.UpdateItem", check)
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(100_000)  # moto copies an expression with one recursion for each part
    yield
    sys.setrecursionlimit(limit)
    events.unregister("provide-client-params.dynamodb.UpdateItem", check)


def sendable(world: World) -> int:
    preferences_record = parts().preferences.read(world.recipient(READER))
    return sum(
        decide_by_choice(preferences_record, topic).sendable
        for topic in parts().catalogue.marketing_topics(ALL_SCOPES)
    )


def preference_centre(world: World) -> str:
    return f"/p/{world.token(READER, purpose=TokenPurpose.PREFERENCES)}"


def turn_all_off(world: World, at: int) -> dict[str, Any]:
    form = [(f"topic.{topic.name}", "out") for topic in parts().catalogue.marketing_topics(ALL_SCOPES)]
    request = http_event("POST", preference_centre(world), form=form, at=at)
    return dict(preferences.handler(request, world.context))


def confirm_all(world: World, now: int, ends: Iterable[str] = ()) -> list[str]:
    """Requests all topics shortly before `now`, and confirms them; returns their names.

    `ends` names the scopes whose pause must end with the confirmation. `now` must be near the real time,
    because the function that sends the mail reads the clock.
    """
    page = resubscribe.handler(http_event("GET", "/subscribe"), world.context)["body"]
    topics = re.findall(r'name="topics" value="([^"]+)"', page)
    chosen_topics = [("topics", topic) for topic in topics]
    form = [("address", READER), ("intent", "in"), *chosen_topics, ("resume", ",".join(ends))]
    request = http_event("POST", "/subscribe", form=form, at=now - 30_000)
    assert resubscribe.handler(request, world.context)["statusCode"] == 202

    mailbox.deliver_messages(world, "CONFIRMATION_REQUESTS_QUEUE_URL", send_confirmation.handler)
    (mail,) = mailbox.sent_mails()
    press = http_event("POST", mailbox.link_path(mail), at=now)
    assert resubscribe.handler(press, world.context)["statusCode"] == 303
    return topics


def test_the_brand_has_the_largest_number_of_topics() -> None:
    assert len(parts().catalogue.topics) == MAX_TOPICS


@pytest.mark.threat(
    "B4",
    "A brand has so many topics that its own form exceeds the limit for forms. The page says that the "
    "choices are saved, but none is.",
    "The limit for forms depends on the catalogue, and the build limits the catalogue.",
)
@pytest.mark.system
def test_the_form_of_the_preference_centre_turns_each_topic_off(world: World) -> None:
    page = preferences.handler(http_event("GET", preference_centre(world)), world.context)["body"]
    ticked = max(Fields(page).forms, key=len)
    assert len(ticked) > 2 * MORE
    request = http_event("POST", preference_centre(world), form=ticked)
    assert preferences.handler(request, world.context)["statusCode"] != 422 and sendable(world) > MORE

    form = [(name, value) for name, value in ticked if not name.startswith("topic.")]
    answer = preferences.handler(http_event("POST", preference_centre(world), form=form), world.context)

    assert answer["statusCode"] == 303 and sendable(world) == 0


def test_one_press_stops_all_marketing_and_its_page_is_shown(world: World) -> None:
    before, path = sendable(world), f"/u/{world.token(READER)}"
    answer = unsubscribe.handler(http_event("POST", path, form={"scope": "all"}), world.context)
    if answer["statusCode"] == 303:
        location, _, query = answer["headers"]["Location"].partition("?")
        request = http_event("GET", location, query=dict(parse_qsl(query)))
        answer = unsubscribe.handler(request, world.context)

    assert answer["statusCode"] == 200 and "<h1" in answer["body"]
    assert before > MORE and sendable(world) == 0


@pytest.mark.system
def test_all_topics_can_be_confirmed_at_once(world: World) -> None:
    now = time.time_ns() // 1_000_000
    opt_out = http_event("POST", f"/u/{world.token(READER)}", form={"scope": "all"}, at=now - 60_000)
    assert unsubscribe.handler(opt_out, world.context)["statusCode"] in (200, 303)

    topics = confirm_all(world, now)

    assert len(topics) == sendable(world) > MORE


@pytest.mark.system
def test_a_confirmation_ends_the_pauses_of_all_topics(world: World) -> None:
    now = Millis(time.time_ns() // 1_000_000)
    topics = [topic for topic in parts().catalogue.marketing_topics(ALL_SCOPES) if not topic.retired]
    entry = Entry(Millis(now - DAY_MS), Source.PHONE, "{}", until=Millis(now + DAY_MS))
    world.apply_changes(READER, *(Change(pause(topic.number), entry) for topic in topics))
    page = preferences.handler(
        http_event("POST", preference_centre(world), form={"pause": "0"}), world.context
    )["body"]
    (ends,) = re.findall(r'name="resume" value="([^"]+)"', page)

    confirm_all(world, now, ends.split(","))

    record = parts().preferences.read(world.recipient(READER))
    assert len(topics) > MORE
    assert all(decide(record, topic, now).sendable for topic in topics)


@pytest.mark.threat(
    "B4",
    "A person turns all topics of a large brand off, confirms them all, and turns them off again. Two "
    "registers per topic make the update too long for the table, and no opt-out is ever saved.",
    "The size of one write is limited. Above the limit a press writes one register per topic and offers no "
    "Undo.",
)
@pytest.mark.system
def test_all_topics_can_be_turned_off_again_after_a_confirmation(world: World) -> None:
    now = time.time_ns() // 1_000_000
    assert turn_all_off(world, now - 2 * DAY_MS)["headers"]["Location"].partition("saved=")[2] != "1"
    confirm_all(world, now)
    assert sendable(world) > MORE

    answer = turn_all_off(world, now + 1)

    assert answer["statusCode"] == 303 and sendable(world) == 0
    assert answer["headers"]["Location"].partition("saved=")[2].partition("&")[0] == "1"
    (item,) = world.items()
    assert sum(name.startswith("c:") for name in item) > MORE  # the registers of the first press stay
    assert sum(name.startswith("o:") for name in item) > MORE


@pytest.mark.system
def test_the_ledger_enters_each_choice(world: World) -> None:
    form = [(f"topic.{topic.name}", "out") for topic in parts().catalogue.marketing_topics(ALL_SCOPES)]
    preferences.handler(http_event("POST", preference_centre(world), form=form), world.context)
    (item,) = world.items()
    answer = ledger.handler(stream_event([stream_record(None, item, NOW)]), world.context)

    assert answer == {"batchItemFailures": []}
    assert len(world.items("Ledger")) == sum(name[:2] in ("c:", "o:") for name in item) > MORE
