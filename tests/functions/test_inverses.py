"""An agent's mistake has an inverse: after the one and the other everybody gets what they got before.

docs/privacy.md tells people of each; what it says does not come back is what is not asked for here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from itertools import count

import pytest

from functions.agents import app
from heed.domain import rfc3339
from heed.domain.api_key import KeyScope
from heed.domain.preferences.register import (
    ALL_SCOPES,
    COMPLAINT,
    DAY_MS,
    UNDELIVERABLE,
    Change,
    Entry,
    Source,
)
from tests.support.deployment import NOW, ROOT, World, http, parts
from tests.support.registers import in_, out, pause, yes

JANE = "jane.doe@example.com"
OFFERS, RESEARCH = 2, 5
ON_FILE = {"source": "phone", "reference": "call 17"}
WHY = {"reason": "a mistake", "reference": "call 18"}


def _entry(at: int, until: int | None = None) -> Entry:
    return Entry(at, Source.LINK, "{}", until=until)


# What may stand when somebody makes the mistake.
STATES = {
    "nothing": [],
    "one topic off": [Change(out(OFFERS), _entry(NOW - DAY_MS))],
    "everything off": [Change(out(ALL_SCOPES), _entry(NOW - DAY_MS))],
    "everything off but one": [
        Change(out(ALL_SCOPES), _entry(NOW - 2 * DAY_MS)),
        Change(in_(OFFERS), _entry(NOW - DAY_MS)),
    ],
    "asked for": [Change(yes(RESEARCH), _entry(NOW - DAY_MS))],
    "paused": [Change(pause(ALL_SCOPES), _entry(NOW - DAY_MS, NOW + 90 * DAY_MS))],
    "complained": [Change(COMPLAINT, _entry(NOW - DAY_MS))],
    "undeliverable": [Change(UNDELIVERABLE, _entry(NOW - DAY_MS))],
}


class Agents:
    """Two people with every right, and a clock that goes on with each thing they do."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._keys = {
            owner: parts().api_keys.create("office", owner, list(KeyScope))[1] for owner in ("kim", "lou")
        }
        self._clock = count(NOW, 1_000)

    def post(self, path: str, by: str = "kim", **body: str) -> None:
        headers = {"Authorization": f"Bearer {self._keys[by]}"}
        said = json.dumps({"address": JANE, **body})
        told = http("POST", path, body=said, headers=headers, at=next(self._clock))
        assert app.handler(told, self.world.context)["statusCode"] in (200, 202), body

    def change(self, scope: str, state: str, **more: str) -> None:
        self.post("/v1/changes", scope=scope, state=state, **more, **ON_FILE)

    def hold(self) -> None:
        self.post("/v1/holds", **WHY, source="phone")

    def lift(self, register: str, by: str = "kim", **more: str) -> None:
        self.post("/v1/lifts", by=by, register=register, **WHY, **more)

    def lift_minor(self) -> None:
        self.lift("minor")
        self.lift("minor", by="lou")

    def gets(self) -> dict[str, bool]:
        """What may be sent, topic by topic, a little later."""
        headers = {"Authorization": f"Bearer {self._keys['kim']}"}
        at = next(self._clock) + 60_000
        told = http(
            "POST",
            "/v1/recipients/lookup",
            body=json.dumps({"address": JANE}),
            headers=headers,
            at=at,
        )
        found = json.loads(app.handler(told, self.world.context)["body"])
        return {name: each["sendable"] for name, each in found["decisions"].items()}


@pytest.fixture
def agents(world: World) -> Agents:
    return Agents(world)


def _soon(agents: Agents) -> str:
    return rfc3339.format_time(next(agents._clock) + 5_000)


Do = Callable[[Agents], None]
# By the row of the page: the mistake, its inverse, and the states from which all comes back.
INVERSES: dict[str, tuple[Do, Do, set[str]]] = {
    "`heed change --out`": (
        lambda a: a.change("*", "out"),
        lambda a: a.change("*", "in"),
        {"nothing", "one topic off", "complained", "undeliverable"},
    ),
    "`heed change --in`": (
        lambda a: a.change("offers", "in"),
        lambda a: a.change("offers", "out"),
        {"one topic off", "everything off", "complained", "undeliverable"},
    ),
    "`heed change --pause-until`": (
        lambda a: a.change("offers", "paused", until="2027-01-01"),
        lambda a: a.change("offers", "paused", until=_soon(a)),
        set(STATES),
    ),
    "`heed hold`": (Agents.hold, lambda a: a.lift("hold"), set(STATES)),
    "`heed lift --register hold`": (
        lambda a: a.lift("hold"),
        Agents.hold,
        set(),  # of somebody who is held: below
    ),
    "`heed lift --register undeliverable`": (
        lambda a: a.lift("undeliverable"),
        Agents.hold,
        {"undeliverable"},
    ),
    "`heed lift --register complaint`": (
        lambda a: a.lift("complaint", scope="offers"),
        lambda a: a.change("offers", "out"),
        {"complained", "one topic off", "everything off"},
    ),
    "`heed minor`": (
        lambda a: a.post("/v1/minors", **ON_FILE),
        Agents.lift_minor,
        {"everything off"},
    ),
    "`heed lift --register minor`": (
        Agents.lift_minor,
        lambda a: a.post("/v1/minors", **ON_FILE),
        set(),  # of a minor: below
    ),
    "`heed erase`": (
        lambda a: a.post("/v1/erasures", **ON_FILE),
        lambda a: a.change("*", "in"),
        {"nothing"},
    ),
}


@pytest.mark.parametrize(
    ("row", "state"),
    [(row, state) for row, (_, _, states) in INVERSES.items() for state in sorted(states)],
)
def test_after_the_mistake_and_its_inverse_everybody_gets_what_they_got(
    agents: Agents, row: str, state: str
) -> None:
    if changes := STATES[state]:
        agents.world.put(JANE, *changes)
    before = agents.gets()
    mistake, inverse, _ = INVERSES[row]

    mistake(agents)
    inverse(agents)

    assert agents.gets() == before


def test_a_hold_that_was_lifted_by_mistake_is_put_again(agents: Agents) -> None:
    agents.hold()
    before = agents.gets()
    agents.lift("hold")
    assert agents.gets() != before
    agents.hold()
    assert agents.gets() == before


def test_a_minor_that_was_lifted_by_mistake_is_reported_again(agents: Agents) -> None:
    agents.post("/v1/minors", **ON_FILE)
    before = agents.gets()
    agents.lift_minor()
    assert agents.gets() != before
    agents.post("/v1/minors", **ON_FILE)
    assert agents.gets() == before


@pytest.mark.parametrize("state", sorted(STATES))
@pytest.mark.parametrize("row", ["`heed minor`", "`heed erase`"])
def test_what_does_not_come_back_after_an_epoch_never_becomes_permission(
    agents: Agents, row: str, state: str
) -> None:
    if changes := STATES[state]:
        agents.world.put(JANE, *changes)
    before = agents.gets()
    mistake, _, _ = INVERSES[row]
    mistake(agents)
    if row == "`heed minor`":
        agents.lift_minor()
    after = agents.gets()
    marketing = set(after) - {"service", "targeted-advertising"}
    assert not any(after[topic] for topic in marketing)
    if state != "undeliverable":  # which stopped more than the person ever asked for
        assert after["targeted-advertising"] == before["targeted-advertising"]


def test_the_page_for_people_tells_of_each_and_of_no_other() -> None:
    section = (ROOT / "docs" / "privacy.md").read_text().split("## A mistake has an inverse\n")[1]
    rows = re.findall(r"^\| (`heed [^|]+?) \|", section.split("\n## ")[0], re.MULTILINE)
    assert rows == list(INVERSES)
