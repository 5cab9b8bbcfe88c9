"""Turns each step into the event that AWS would deliver, with the facts that it states."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from heed.domain.links.link_token import TokenPurpose
from heed.domain.milliseconds import Millis
from tests.domain.oracle import TOPICS
from tests.simulation.deployment import SPELLINGS, SimulatedDeployment
from tests.simulation.feedback_messages import format_aws_time
from tests.simulation.history import Fact
from tests.simulation.steps import DAY, Step
from tests.support.catalogues import DATA
from tests.support.deployment import http_event

BRANDS = {brand["number"]: brand["name"] for brand in DATA["brands"]}
HOUR = 3_600_000
KEPT = "we have your request and will carry it out"
LATER = (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.BAD_GATEWAY)
_GIVEN = re.compile(r"[?&](?:done|saved)=([\w-]{60,})")
_ONLY = "JKJaXmPLvHcESHA="  # the id of a request that has none


def name(scope: int) -> str:
    """Formats a scope as callers do."""
    if scope == 0:
        return "*"
    if scope in BRANDS:
        return str(BRANDS[scope])
    topic = TOPICS[scope]
    return f"aurora/{topic['name']}" if topic["brand"] == 10 else str(topic["name"])


def request(stage: SimulatedDeployment, step: Step, ring: str) -> tuple[dict[str, Any], tuple[Fact, ...]]:
    """Returns the HTTP request of a step, and its facts."""
    return REQUESTS[step.kind](stage, step, ring)


def _press(stage: SimulatedDeployment, step: Step, ring: str) -> tuple[dict[str, Any], tuple[Fact, ...]]:
    what = step.what
    token = stage.token(what["who"], what["scope"], what["issued"], TokenPurpose.UNSUBSCRIBE, what["key"])
    headers = {"sec-gpc": "1"} if what["signal"] else {}
    forms = {"one-click": {"List-Unsubscribe": "One-Click"}, "garbled": {}}
    form = forms.get(what["how"], {"scope": what["how"]})
    event = http_event("POST", f"/u/{token}", form=form, headers=headers, at=step.at, request_id=_id(what))
    if what["how"] == "garbled":
        event["body"] = "%%%"  # marked as base64
    return event, press_facts(what, step.at) if str(what["key"]) in ring.split(",") else ()


def _id(what: Mapping[str, Any]) -> str:
    """The id of a request. It is part of the evidence of a press by hand, so no two are the same."""
    return str(what.get("press", _ONLY))


def press_facts(what: Mapping[str, Any], at: Millis) -> tuple[Fact, ...]:
    """The facts of a press: at the link's scope, or at the scopes that this scope leads to now.

    The record decides whether a press by hand can be taken back, and so which register keeps it. The fact
    is the suppression.
    """
    by_hand = what["how"] in ("this", "all")
    by, press = ("link", _id(what)) if by_hand else ("one-click", "")
    who, scope = what["who"], what["scope"]
    topic = TOPICS.get(scope)
    scopes = [scope]
    if what["how"] == "all":
        scopes = [0]
    elif topic is None and scope not in (0, *BRANDS):
        scopes = [scope, 1]
    elif topic is not None and topic["kind"] == "service":
        scopes = [topic["brand"]]
    elif topic is not None and topic["retired"]:
        scopes = [scope, topic["brand"]]
    facts = [Fact(who, f"o:{number}", at, by, press=press) for number in scopes]
    if what["signal"]:
        facts.append(Fact(who, "o:7", at, "signal"))
    return tuple(facts)


def _look(stage: SimulatedDeployment, step: Step, ring: str) -> tuple[dict[str, Any], tuple[Fact, ...]]:
    what = step.what
    token = stage.token(what["who"], what["scope"], what["issued"], TokenPurpose.UNSUBSCRIBE, what["key"])
    query = {"List-Unsubscribe": "One-Click", "scope": "all"}
    headers = {"sec-gpc": "1"} if what["signal"] else {}
    if what["navigates"]:
        headers |= {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
    event = http_event("GET", f"/u/{token}", query=query, headers=headers, at=step.at)
    is_noted = what["signal"] and what["navigates"] and str(what["key"]) in ring.split(",")
    # This is the only fact that a GET may write. It may not if advertising is off already.
    return event, (Fact(what["who"], "o:7", step.at, "signal", is_promised=False),) if is_noted else ()


def _save(stage: SimulatedDeployment, step: Step, ring: str) -> tuple[dict[str, Any], tuple[Fact, ...]]:
    what, at = step.what, step.at
    token = stage.token(what["who"], 1, what["issued"], TokenPurpose.PREFERENCES, what["key"])
    form: dict[str, str] = {}
    for number, (was, wanted) in what["chosen"].items():
        field = name(number) if number == 7 else f"topic.{name(number)}"
        form |= {f"was.{field}": was, field: wanted}
    if what["all"]:
        form["all"] = "out"
    if what["pause"] is not None:
        form["pause"] = str(what["pause"])
    headers = {"dnt": "1"} if what["signal"] else {}
    event = http_event("POST", f"/p/{token}", form=form, headers=headers, at=at, request_id=_id(what))
    return event, tuple(_form_facts(what, at, is_empty=not form))


def _form_facts(what: Mapping[str, Any], at: Millis, *, is_empty: bool) -> list[Fact]:
    """Only changed fields count, and of these only stops: a link turns nothing on and ends no pause."""
    who, by, press = what["who"], "preference-centre", _id(what)
    signal = [Fact(who, "o:7", at, "signal")] if what["signal"] else []
    if is_empty:
        return [Fact(who, "o:1", at, "one-click"), *signal]
    if what["all"]:
        return [Fact(who, "o:0", at, by, press=press), *signal]
    facts = []
    for number, (was, wanted) in what["chosen"].items():
        if was == wanted or (number == 7 and what["signal"]):
            continue
        if wanted == "out":
            facts.append(Fact(who, f"o:{number}", at, by, press=press))
    if what["pause"]:
        facts.append(Fact(who, "p:1", at, by, at + what["pause"] * DAY, press=press))
    return facts + signal


def saved_facts(facts: tuple[Fact, ...], answer: Mapping[str, Any]) -> tuple[Fact, ...]:
    """The facts that an answer acknowledges: no pause if it is a page that does not mention one.

    A pause that would end earlier than the active one is an end of that one. It is requested with the form
    for people without a link. A person on hold sees the neutral page.
    """
    body = answer["body"]
    mentions_pause = not body or ('action="/subscribe' in body and 'name="resume"' not in body)
    return tuple(fact for fact in facts if fact.until is None or mentions_pause)


def undo(
    stage: SimulatedDeployment, step: Step, text: str, undos: tuple[Fact, ...]
) -> tuple[dict[str, Any], tuple[Fact, ...]]:
    """An Undo, by a link of the same person; after its hour it states nothing."""
    what = step.what
    token = stage.token(undos[0].who, 1, what["issued"], TokenPurpose.PREFERENCES, 1)
    headers = {"sec-gpc": "1"} if what["signal"] else {}
    event = http_event("POST", f"/p/{token}", form={"undo": text}, headers=headers, at=step.at)
    signal = (Fact(undos[0].who, "o:7", step.at, "signal"),) if what["signal"] else ()
    return event, (*undos, *signal) if is_fresh(undos, step.at) else signal


def undo_in(answer: Mapping[str, Any]) -> str:
    """The Undo token in the address of the answer to a press, or ""."""
    found = _GIVEN.search(answer["headers"].get("Location", ""))
    return found[1] if found else ""


def is_fresh(undos: tuple[Fact, ...], at: Millis) -> bool:
    """Whether the hour of an Undo has not ended."""
    return at < undos[0].at + HOUR


def _agent(stage: SimulatedDeployment, step: Step, ring: str) -> tuple[dict[str, Any], tuple[Fact, ...]]:
    changes, facts = [], []
    for entry in step.what["changes"]:
        change = {
            "address": SPELLINGS[entry["who"]][entry["spelling"]],
            "scope": name(entry["scope"]),
            "state": entry["state"],
            "source": entry["source"],
            "occurred_at": format_aws_time(entry["said"]),
            "reference": "letter 7",
        }
        kind, until = {"out": ("o", None), "in": ("i", None), "paused": ("p", entry["until"])}[entry["state"]]
        if until is not None:
            change["until"] = format_aws_time(until)
        changes.append(change)
        must = entry["state"] != "in"
        facts.append(
            Fact(entry["who"], f"{kind}:{entry['scope']}", entry["said"], entry["source"], until, must)
        )
    return _v1(stage, step, "/v1/changes", {"changes": changes}), tuple(facts)


def _check(stage: SimulatedDeployment, step: Step, ring: str) -> tuple[dict[str, Any], tuple[Fact, ...]]:
    people = [SPELLINGS[who][spelling] for who, spelling in step.what["who"]]
    body = {"topic": name(step.what["topic"]), "addresses": people}
    return _v1(stage, step, "/v1/check", body), ()


def _v1(stage: SimulatedDeployment, step: Step, path: str, body: Any) -> dict[str, Any]:
    return by_key(stage.ended_key if step.what.get("ended") else stage.api_key, path, body, step.at)


def by_key(key: str, path: str, body: Any, at: Millis) -> dict[str, Any]:
    """A request to /v1."""
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    return http_event("POST", path, body=json.dumps(body), headers=headers, at=at)


def _report(stage: SimulatedDeployment, step: Step, ring: str) -> tuple[dict[str, Any], tuple[Fact, ...]]:
    what, path = step.what, "/v1/minors" if step.what["minor"] else "/v1/erasures"
    address = SPELLINGS[what["who"]][what["spelling"]]
    body = {"address": address, "source": "letter", "reference": "letter 8"}
    kind = "erasure:minor" if what["minor"] else "erasure:adult"
    facts = [Fact(what["who"], kind, step.at, "letter")]
    if what["minor"]:  # beside what a hold preserves
        facts.append(Fact(what["who"], "x:minor", step.at, "age-report", is_promised=False))
    return _v1(stage, step, path, body), tuple(facts)


def _officer(stage: SimulatedDeployment, step: Step, ring: str) -> tuple[dict[str, Any], tuple[Fact, ...]]:
    """A hold, or a lift of a hold, of a hard bounce, or of a complaint for a scope."""
    what, who, does = step.what, step.what["who"], step.what["does"]
    address = SPELLINGS[who][what["spelling"]]
    body = {"address": address, "reason": "asked for", "reference": "letter 9"}
    if does == "x:hold":
        made = _v1(stage, step, "/v1/holds", {**body, "source": "letter"})
        return made, (Fact(who, does, step.at, "letter"),)
    if does == "k":
        lift = {**body, "register": "complaint", "scope": name(what["scope"])}
        fact = Fact(who, f"k:{what['scope']}", step.at, "agent", is_promised=False)
    else:
        lift, fact = {**body, "register": does[2:]}, Fact(who, does, step.at, "agent")
    return _v1(stage, step, "/v1/lifts", lift), (fact,)


REQUESTS = {
    "press": _press,
    "look": _look,
    "save": _save,
    "agent": _agent,
    "check": _check,
    "report": _report,
    "officer": _officer,
}


def direct_facts(what: Mapping[str, Any]) -> tuple[Fact, ...]:
    """A confirmation with the time of its link; it arrived, so mail arrives."""
    who, at, by = what["who"], what["happened"], "confirmation"
    facts = [Fact(who, f"k:{scope}", at, by) for scope in what["scopes"]]
    resumed = [Fact(who, "p:1", at, by, at)] if what.get("resume") else []
    signal_off = [Fact(who, "i:7", at, by)] if what.get("advertising") else []
    return (*facts, Fact(who, "l:undeliverable", at, by), *resumed, *signal_off)
