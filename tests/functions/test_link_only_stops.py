"""A link only stops: whoever holds one, however they came by it, brings nobody back."""

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
from heed.domain.preferences.decision import decide
from heed.domain.preferences.register import COMPLAINT, Change, Entry, Source
from tests.support.deployment import NOW, World, http, parts
from tests.support.registers import out, pause, yes

READER = "reader@example.com"
DAY = 86_400_000
_FIELDS = ("topic.offers", "topic.news", "topic.events", "topic.research", "targeted-advertising")


def forms() -> Iterator[dict[str, str]]:
    """What an attacker would send: everything on, in each way that a form can say it."""
    for was in ("out", "in", None):
        on = dict.fromkeys(_FIELDS, "in")
        shown = {} if was is None else {f"was.{name}": was for name in _FIELDS}
        yield {**on, **shown}
        yield {**on, **shown, "was.all": "out", "all": "in"}
    yield {"was.all": "out", "all": "in"}
    for days in ("0", "30", "60"):
        yield {"pause": days}
    yield {"undo": "1"}


def sendable(world: World, at: int) -> set[str]:
    record, catalogue = parts().preferences.read(world.recipient(READER)), parts().catalogue
    return {topic.name for topic in catalogue.topics.values() if decide(record, topic, at).sendable}


def key_of(*scopes: KeyScope) -> dict[str, str]:
    _, key = parts().api_keys.create("test", "test", list(scopes))
    return {"Authorization": f"Bearer {key}"}


def attack(world: World, link: str, at: int) -> None:
    """Post every form to a link of the preference centre, and try to have done pages make an Undo."""
    for form, headers in product(forms(), ({}, {"sec-gpc": "1"})):
        preferences.handler(http("POST", link, form=form, headers=headers, at=at), world.context)
    for guess in ("1", "x", link.removeprefix("/p/")):
        preferences.handler(http("GET", link, query={"saved": guess}, at=at), world.context)
        where = f"/u/{world.token(READER)}"
        page = unsubscribe.handler(http("GET", where, query={"done": guess}, at=at), world.context)
        assert 'name="undo"' not in page["body"]


STOPS = {
    "by letter": Change(out(0), Entry(NOW - 5, Source.LETTER, "{}")),
    "by phone, of one topic": Change(out(2), Entry(NOW - 5, Source.PHONE, "{}")),
    "by the mail client": Change(out(2), Entry(NOW - 5, Source.ONE_CLICK, "{}")),
    "by a browser": Change(out(0), Entry(NOW - 5, Source.LINK, "{}")),
    "a complaint": Change(COMPLAINT, Entry(NOW - 5, Source.COMPLAINT, "{}")),
    "a signal": Change(out(7), Entry(NOW - 5, Source.SIGNAL, "{}")),
    "a pause": Change(pause(0), Entry(NOW - 5, Source.PHONE, "{}", until=NOW + 90 * DAY)),
    "a pause of the brand": Change(pause(1), Entry(NOW - 5, Source.PHONE, "{}", until=NOW + DAY)),
}


@pytest.mark.threat(
    "B1",
    "Whoever has an API key with the scope `links`, or a forwarded mail, turns a person's mail on again.",
    "A link only stops. What turns mail on needs a confirmation mail.",
)
@pytest.mark.parametrize("stop", STOPS.values(), ids=STOPS.keys())
def test_a_key_that_mints_links_brings_nobody_back(world: World, stop: Change) -> None:
    world.put(READER, stop)
    was = sendable(world, NOW + 1)
    minted = platform.handler(
        http(
            "POST",
            "/v1/links",
            body=json.dumps({"topic": "offers", "addresses": [READER]}),
            headers=key_of(KeyScope.LINKS),
        ),
        world.context,
    )
    (link,) = json.loads(minted["body"])["links"]
    attack(world, link["preferences_url"].removeprefix("https://prefs.example.com"), NOW + 1)

    assert sendable(world, NOW + 2) <= was


@pytest.mark.threat(
    "B11",
    "Somebody uses a link of before an erasure to turn the erased person's mail on again.",
    "A link only stops, and an erasure's stop has no end.",
)
def test_a_link_of_before_an_erasure_brings_nobody_back(world: World) -> None:
    link = f"/p/{world.token(READER, issued=NOW - DAY, purpose=TokenPurpose.PREFERENCES)}"
    erased = agents.handler(
        http(
            "POST",
            "/v1/erasures",
            body=json.dumps({"address": READER, "source": "letter", "reference": "L-1"}),
            headers=key_of(*KeyScope),
        ),
        world.context,
    )
    assert erased["statusCode"] == 202
    attack(world, link, NOW + 1)

    assert sendable(world, NOW + 2) <= {"service", "targeted-advertising"}


@pytest.mark.threat(
    "T3",
    "Somebody replays an old link after the person came back.",
    "An old link opts out again, since that is what its holder asks for; it can do nothing else.",
)
def test_an_old_link_opts_out_again_and_never_in(world: World) -> None:
    world.put(READER, Change(yes(2), Entry(NOW - 5, Source.CONFIRMATION, "{}")))
    old = http("POST", f"/u/{world.token(READER, issued=NOW - 900 * DAY)}", body="")
    assert unsubscribe.handler(old, world.context)["statusCode"] == 200

    assert "offers" not in sendable(world, NOW + 1)


@pytest.mark.threat(
    "U1",
    "Somebody presses a person's link first, waits until the person presses too, and takes the press back.",
    "An Undo takes back its own press alone; a press that found a stop standing cannot be taken back.",
)
def test_who_pressed_first_cannot_take_the_person_s_own_press_back(world: World) -> None:
    where = f"/u/{world.token(READER)}"

    def press(at: int, **more: Any) -> dict[str, Any]:
        event = http("POST", where, form={"scope": "all"}, at=at, **more)
        return dict(unsubscribe.handler(event, world.context))

    location = press(NOW)["headers"]["Location"]
    undo = location.partition("done=")[2].partition("&")[0]
    press(NOW + 1_000, request_id="another")
    link = f"/p/{world.token(READER, purpose=TokenPurpose.PREFERENCES)}"
    preferences.handler(http("POST", link, form={"undo": undo}, at=NOW + 2_000), world.context)

    assert sendable(world, NOW + 3_000) == {"service", "targeted-advertising"}
