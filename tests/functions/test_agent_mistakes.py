"""Each mistake of an agent has an inverse. After both, the person gets the same mail as before.

docs/data-subjects.md lists the inverses. These tests leave out the states that the page says do not return.
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
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import (
    ALL_SCOPES,
    COMPLAINT,
    DAY_MS,
    UNDELIVERABLE,
    Change,
    Entry,
    Source,
)
from tests.support.deployment import NOW, ROOT, World, http_event, parts
from tests.support.registers import confirmed, in_, out, pause

JANE = "jane.doe@example.com"
OFFERS, RESEARCH = 2, 5
ON_FILE = {"source": "phone", "reference": "call 17"}
WHY = {"reason": "a mistake", "reference": "call 18"}


def _entry(at: Millis, until: Millis | None = None) -> Entry:
    return Entry(at, Source.LINK, "{}", until=until)


# The state of the record when the mistake is made.
STATES = {
    "nothing": [],
    "one topic off": [Change(out(OFFERS), _entry(Millis(NOW - DAY_MS)))],
    "everything off": [Change(out(ALL_SCOPES), _entry(Millis(NOW - DAY_MS)))],
    "everything off but one": [
        Change(out(ALL_SCOPES), _entry(Millis(NOW - 2 * DAY_MS))),
        Change(in_(OFFERS), _entry(Millis(NOW - DAY_MS))),
    ],
    "opted in": [Change(confirmed(RESEARCH), _entry(Millis(NOW - DAY_MS)))],
    "paused": [Change(pause(ALL_SCOPES), _entry(Millis(NOW - DAY_MS), Millis(NOW + 90 * DAY_MS)))],
    "complained": [Change(COMPLAINT, _entry(Millis(NOW - DAY_MS)))],
    "undeliverable": [Change(UNDELIVERABLE, _entry(Millis(NOW - DAY_MS)))],
}


class Agents:
    """Two agents with all scopes, and a clock that moves on with each call."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._keys = {
            owner: parts().api_keys.create("officers", owner, list(KeyScope))[1]
            for owner in ("officer 1", "officer 2")
        }
        self._clock = count(NOW, 1_000)

    def post(self, path: str, by: str = "officer 1", **body: str) -> None:
        headers = {"Authorization": f"Bearer {self._keys[by]}"}
        text = json.dumps({"address": JANE, **body})
        event = http_event("POST", path, body=text, headers=headers, at=next(self._clock))
        assert app.handler(event, self.world.context)["statusCode"] in (200, 202), body

    def change(self, scope: str, state: str, **more: str) -> None:
        self.post("/v1/changes", scope=scope, state=state, **more, **ON_FILE)

    def hold(self) -> None:
        self.post("/v1/holds", **WHY, source="phone")

    def lift(self, register: str, by: str = "officer 1", **more: str) -> None:
        self.post("/v1/lifts", by=by, register=register, **WHY, **more)

    def lift_minor(self) -> None:
        self.lift("minor")
        self.lift("minor", by="officer 2")

    def sendable(self) -> dict[str, bool]:
        """Returns for each topic whether mail may be sent a minute later."""
        headers = {"Authorization": f"Bearer {self._keys['officer 1']}"}
        at = next(self._clock) + 60_000
        event = http_event(
            "POST",
            "/v1/recipients/lookup",
            body=json.dumps({"address": JANE}),
            headers=headers,
            at=at,
        )
        person = json.loads(app.handler(event, self.world.context)["body"])
        return {name: decision["sendable"] for name, decision in person["decisions"].items()}


@pytest.fixture
def agents(world: World) -> Agents:
    return Agents(world)


def _soon(agents: Agents) -> str:
    return rfc3339.format_time(Millis(next(agents._clock) + 5_000))


Action = Callable[[Agents], None]
# For each row of the page: the mistake, its inverse, and the states that the inverse restores.
INVERSES: dict[str, tuple[Action, Action, set[str]]] = {
    "`heed change --out`": (
        lambda agents: agents.change("*", "out"),
        lambda agents: agents.change("*", "in"),
        {"nothing", "one topic off", "complained", "undeliverable"},
    ),
    "`heed change --in`": (
        lambda agents: agents.change("offers", "in"),
        lambda agents: agents.change("offers", "out"),
        {"one topic off", "everything off", "complained", "undeliverable"},
    ),
    "`heed change --pause-until`": (
        lambda agents: agents.change("offers", "paused", until="2027-01-01"),
        lambda agents: agents.change("offers", "paused", until=_soon(agents)),
        set(STATES),
    ),
    "`heed hold`": (Agents.hold, lambda agents: agents.lift("hold"), set(STATES)),
    "`heed lift --suppression hold`": (
        lambda agents: agents.lift("hold"),
        Agents.hold,
        set(),  # needs a hold first; see the test below
    ),
    "`heed lift --suppression undeliverable`": (
        lambda agents: agents.lift("undeliverable"),
        Agents.hold,
        {"undeliverable"},
    ),
    "`heed lift --suppression complaint`": (
        lambda agents: agents.lift("complaint", scope="offers"),
        lambda agents: agents.change("offers", "out"),
        {"complained", "one topic off", "everything off"},
    ),
    "`heed minor`": (
        lambda agents: agents.post("/v1/minors", **ON_FILE),
        Agents.lift_minor,
        {"everything off"},
    ),
    "`heed lift --suppression minor`": (
        Agents.lift_minor,
        lambda agents: agents.post("/v1/minors", **ON_FILE),
        set(),  # needs a minor first; see the test below
    ),
    "`heed erase`": (
        lambda agents: agents.post("/v1/erasures", **ON_FILE),
        lambda agents: agents.change("*", "in"),
        {"nothing"},
    ),
}


@pytest.mark.parametrize(
    ("row", "state"),
    [(row, state) for row, (_, _, states) in INVERSES.items() for state in sorted(states)],
)
def test_a_mistake_and_its_inverse_restore_the_decisions(agents: Agents, row: str, state: str) -> None:
    if changes := STATES[state]:
        agents.world.apply_changes(JANE, *changes)
    before = agents.sendable()
    mistake, inverse, _ = INVERSES[row]

    mistake(agents)
    inverse(agents)

    assert agents.sendable() == before


def test_a_hold_that_was_lifted_by_mistake_can_be_placed_again(agents: Agents) -> None:
    agents.hold()
    before = agents.sendable()
    agents.lift("hold")
    assert agents.sendable() != before
    agents.hold()
    assert agents.sendable() == before


def test_a_minor_who_was_lifted_by_mistake_can_be_reported_again(agents: Agents) -> None:
    agents.post("/v1/minors", **ON_FILE)
    before = agents.sendable()
    agents.lift_minor()
    assert agents.sendable() != before
    agents.post("/v1/minors", **ON_FILE)
    assert agents.sendable() == before


@pytest.mark.parametrize("state", sorted(STATES))
@pytest.mark.parametrize("row", ["`heed minor`", "`heed erase`"])
def test_an_erasure_by_mistake_never_makes_mail_sendable(agents: Agents, row: str, state: str) -> None:
    if changes := STATES[state]:
        agents.world.apply_changes(JANE, *changes)
    before = agents.sendable()
    mistake, _, _ = INVERSES[row]
    mistake(agents)
    if row == "`heed minor`":
        agents.lift_minor()
    after = agents.sendable()
    marketing = set(after) - {"service", "targeted-advertising"}
    assert not any(after[topic] for topic in marketing)
    if state != "undeliverable":  # that state also stopped advertising, without a choice of the person
        assert after["targeted-advertising"] == before["targeted-advertising"]


def test_the_page_for_data_subjects_lists_exactly_these_inverses() -> None:
    section = (ROOT / "docs" / "data-subjects.md").read_text().split("## Correct a mistake\n")[1]
    rows = re.findall(r"^\| (`heed [^|]+?) \|", section.split("\n## ")[0], re.MULTILINE)
    assert rows == list(INVERSES)
