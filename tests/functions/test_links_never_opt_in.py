"""A link can only opt out: no holder of a link can opt a person in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from functions.agents import app as agents
from functions.platform import app as platform
from functions.preferences import app as preferences
from functions.unsubscribe import app as unsubscribe
from heed.domain.api_key import KeyScope
from heed.domain.links.link_token import TokenPurpose
from heed.domain.milliseconds import Millis
from heed.domain.preferences.decision import decide
from heed.domain.preferences.register import COMPLAINT, Change, Entry, Source
from tests.support.deployment import NOW, World, http_event, parts
from tests.support.registers import confirmed, out, pause

READER = "reader@example.com"
DAY = 86_400_000
_FIELDS = ("topic.offers", "topic.news", "topic.events", "topic.research", "targeted-advertising")


def forms() -> Iterator[dict[str, str]]:
    """Yields the forms of an attacker: everything on, in each way that a form can express it."""
    for shown_value in ("out", "in", None):
        chosen = dict.fromkeys(_FIELDS, "in")
        shown = {} if shown_value is None else {f"was.{name}": shown_value for name in _FIELDS}
        yield {**chosen, **shown}
        yield {**chosen, **shown, "was.all": "out", "all": "in"}
    yield {"was.all": "out", "all": "in"}
    for days in ("0", "30", "60"):
        yield {"pause": days}
    yield {"undo": "1"}


def sendable(world: World, at: Millis) -> set[str]:
    record, catalogue = parts().preferences.read(world.recipient(READER)), parts().catalogue
    return {topic.name for topic in catalogue.topics.values() if decide(record, topic, at).sendable}


def key_of(*scopes: KeyScope) -> dict[str, str]:
    _, key = parts().api_keys.create("test", "test", list(scopes))
    return {"Authorization": f"Bearer {key}"}


def attack(world: World, link: str, at: int) -> None:
    """Posts all forms to a link of the preference centre, and opens done pages with made-up tokens."""
    for form, headers in product(forms(), ({}, {"sec-gpc": "1"})):
        preferences.handler(http_event("POST", link, form=form, headers=headers, at=at), world.context)
    for guess in ("1", "x", link.removeprefix("/p/")):
        preferences.handler(http_event("GET", link, query={"saved": guess}, at=at), world.context)
        path = f"/u/{world.token(READER)}"
        page = unsubscribe.handler(http_event("GET", path, query={"done": guess}, at=at), world.context)
        assert 'name="undo"' not in page["body"]


SUPPRESSIONS = {
    "by letter": Change(out(0), Entry(Millis(NOW - 5), Source.LETTER, "{}")),
    "by phone, of one topic": Change(out(2), Entry(Millis(NOW - 5), Source.PHONE, "{}")),
    "by the mail client": Change(out(2), Entry(Millis(NOW - 5), Source.ONE_CLICK, "{}")),
    "by a browser": Change(out(0), Entry(Millis(NOW - 5), Source.LINK, "{}")),
    "a complaint": Change(COMPLAINT, Entry(Millis(NOW - 5), Source.COMPLAINT, "{}")),
    "a signal": Change(out(7), Entry(Millis(NOW - 5), Source.SIGNAL, "{}")),
    "a pause": Change(pause(0), Entry(Millis(NOW - 5), Source.PHONE, "{}", until=Millis(NOW + 90 * DAY))),
    "a pause of the brand": Change(
        pause(1), Entry(Millis(NOW - 5), Source.PHONE, "{}", until=Millis(NOW + DAY))
    ),
}


@pytest.mark.threat(
    "B1",
    "A holder of an API key with the scope `links`, or of a forwarded mail, turns a person's mail on again.",
    "A link can only opt out. An opt-in needs a confirmation mail.",
)
@pytest.mark.parametrize("suppression", SUPPRESSIONS.values(), ids=SUPPRESSIONS.keys())
def test_a_key_that_creates_links_cannot_opt_people_in(world: World, suppression: Change) -> None:
    world.apply_changes(READER, suppression)
    sendable_before = sendable(world, Millis(NOW + 1))
    answer = platform.handler(
        http_event(
            "POST",
            "/v1/links",
            body=json.dumps({"topic": "offers", "addresses": [READER]}),
            headers=key_of(KeyScope.LINKS),
        ),
        world.context,
    )
    (link,) = json.loads(answer["body"])["links"]
    attack(world, link["preferences_url"].removeprefix("https://prefs.example.com"), NOW + 1)

    assert sendable(world, Millis(NOW + 2)) <= sendable_before


@pytest.mark.threat(
    "B11",
    "An attacker uses a link from before an erasure to turn the erased person's mail on again.",
    "A link can only opt out, and the opt-out of an erasure has no end.",
)
def test_a_link_from_before_an_erasure_cannot_opt_in(world: World) -> None:
    link = f"/p/{world.token(READER, issued=Millis(NOW - DAY), purpose=TokenPurpose.PREFERENCES)}"
    answer = agents.handler(
        http_event(
            "POST",
            "/v1/erasures",
            body=json.dumps({"address": READER, "source": "letter", "reference": "L-1"}),
            headers=key_of(*KeyScope),
        ),
        world.context,
    )
    assert answer["statusCode"] == 202
    attack(world, link, NOW + 1)

    assert sendable(world, Millis(NOW + 2)) <= {"service", "targeted-advertising"}


@pytest.mark.threat(
    "T3",
    "An attacker uses an old link again after the person opted in.",
    "An old link opts out, as its holder requests. It can do nothing else.",
)
def test_an_old_link_opts_out_but_never_in(world: World) -> None:
    world.apply_changes(READER, Change(confirmed(2), Entry(Millis(NOW - 5), Source.CONFIRMATION, "{}")))
    event = http_event("POST", f"/u/{world.token(READER, issued=Millis(NOW - 900 * DAY))}", body="")
    assert unsubscribe.handler(event, world.context)["statusCode"] == 200

    assert "offers" not in sendable(world, Millis(NOW + 1))


@pytest.mark.threat(
    "U1",
    "An attacker presses a person's link, waits for the person's own press, and takes that press back.",
    "An Undo takes back only its own press. A press that found an active opt-out cannot be taken back.",
)
def test_an_attacker_cannot_undo_the_press_of_the_person(world: World) -> None:
    path = f"/u/{world.token(READER)}"

    def press(at: int, **more: Any) -> dict[str, Any]:
        event = http_event("POST", path, form={"scope": "all"}, at=at, **more)
        return dict(unsubscribe.handler(event, world.context))

    location = press(NOW)["headers"]["Location"]
    undo = location.partition("done=")[2].partition("&")[0]
    press(NOW + 1_000, request_id="another")
    link = f"/p/{world.token(READER, purpose=TokenPurpose.PREFERENCES)}"
    preferences.handler(http_event("POST", link, form={"undo": undo}, at=NOW + 2_000), world.context)

    assert sendable(world, Millis(NOW + 3_000)) == {"service", "targeted-advertising"}
