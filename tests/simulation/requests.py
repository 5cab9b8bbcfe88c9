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
QUEUED_TEXT = "we have your request and will carry it out"
RETRY_STATUSES = (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.BAD_GATEWAY)
_UNDO_IN_LOCATION = re.compile(r"[?&](?:done|saved)=([\w-]{60,})")
_DEFAULT_REQUEST_ID = "JKJaXmPLvHcESHA="  # the id of a request that has none


def format_scope(scope: int) -> str:
    """Formats a scope as callers do."""
    if scope == 0:
        return "*"
    if scope in BRANDS:
        return str(BRANDS[scope])
    topic = TOPICS[scope]
    return f"aurora/{topic['name']}" if topic["brand"] == 10 else str(topic["name"])


def make_request(
    deployment: SimulatedDeployment, step: Step, key_ids: str
) -> tuple[dict[str, Any], tuple[Fact, ...]]:
    """Returns the HTTP request of a step, and its facts."""
    return REQUEST_MAKERS[step.kind](deployment, step, key_ids)


def _make_press(
    deployment: SimulatedDeployment, step: Step, key_ids: str
) -> tuple[dict[str, Any], tuple[Fact, ...]]:
    details = step.details
    token = deployment.mint_token(
        details["who"], details["scope"], details["issued_at"], TokenPurpose.UNSUBSCRIBE, details["key"]
    )
    headers = {"sec-gpc": "1"} if details["signal"] else {}
    forms = {"one-click": {"List-Unsubscribe": "One-Click"}, "garbled": {}}
    form = forms.get(details["press_kind"], {"scope": details["press_kind"]})
    event = http_event(
        "POST", f"/u/{token}", form=form, headers=headers, at=step.at, request_id=_request_id(details)
    )
    if details["press_kind"] == "garbled":
        event["body"] = "%%%"  # marked as base64
    return event, press_facts(details, step.at) if str(details["key"]) in key_ids.split(",") else ()


def _request_id(details: Mapping[str, Any]) -> str:
    """Returns the id of a request. It is part of the evidence of a press by hand, so no two are the same."""
    return str(details.get("press", _DEFAULT_REQUEST_ID))


def press_facts(details: Mapping[str, Any], at: Millis) -> tuple[Fact, ...]:
    """Returns the facts of a press: at the link's scope, or at the scopes that this scope leads to now.

    The record decides whether a press by hand can be taken back, and so which register keeps it. The fact
    is the suppression.
    """
    by_hand = details["press_kind"] in ("this", "all")
    source, press = ("link", _request_id(details)) if by_hand else ("one-click", "")
    who, scope = details["who"], details["scope"]
    topic = TOPICS.get(scope)
    scopes = [scope]
    if details["press_kind"] == "all":
        scopes = [0]
    elif topic is None and scope not in (0, *BRANDS):
        scopes = [scope, 1]
    elif topic is not None and topic["kind"] == "service":
        scopes = [topic["brand"]]
    elif topic is not None and topic["retired"]:
        scopes = [scope, topic["brand"]]
    facts = [Fact(who, f"o:{number}", at, source, press_id=press) for number in scopes]
    if details["signal"]:
        facts.append(Fact(who, "o:7", at, "signal"))
    return tuple(facts)


def _make_link_visit(
    deployment: SimulatedDeployment, step: Step, key_ids: str
) -> tuple[dict[str, Any], tuple[Fact, ...]]:
    details = step.details
    token = deployment.mint_token(
        details["who"], details["scope"], details["issued_at"], TokenPurpose.UNSUBSCRIBE, details["key"]
    )
    query = {"List-Unsubscribe": "One-Click", "scope": "all"}
    headers = {"sec-gpc": "1"} if details["signal"] else {}
    if details["navigates"]:
        headers |= {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
    event = http_event("GET", f"/u/{token}", query=query, headers=headers, at=step.at)
    is_noted = details["signal"] and details["navigates"] and str(details["key"]) in key_ids.split(",")
    # This is the only fact that a GET may write. It may not if advertising is off already.
    return event, (Fact(details["who"], "o:7", step.at, "signal", is_promised=False),) if is_noted else ()


def _make_form(
    deployment: SimulatedDeployment, step: Step, key_ids: str
) -> tuple[dict[str, Any], tuple[Fact, ...]]:
    details, at = step.details, step.at
    token = deployment.mint_token(
        details["who"], 1, details["issued_at"], TokenPurpose.PREFERENCES, details["key"]
    )
    form: list[tuple[str, str]] = []
    # The page has checkboxes, of which an empty one sends nothing. Other clients send each field.
    has_checkboxes = _request_id(details)[0] in "13579bdf"
    for number, (was, wanted) in details["choices"].items():
        field = format_scope(number) if number == 7 else f"topic.{format_scope(number)}"
        form.append((f"was.{field}", was))
        if wanted == "in" or not has_checkboxes:
            form.append((field, wanted))
    if form and has_checkboxes:
        form = [("checkboxes", str(len(details["choices"]))), *form, ("checkboxes", "end")]
    if details["all"]:
        form.append(("all", "out"))
    if details["pause"] is not None:
        form.append(("pause", str(details["pause"])))
    headers = {"dnt": "1"} if details["signal"] else {}
    event = http_event(
        "POST", f"/p/{token}", form=form, headers=headers, at=at, request_id=_request_id(details)
    )
    return event, tuple(_form_facts(details, at, is_empty=not form))


def _form_facts(details: Mapping[str, Any], at: Millis, *, is_empty: bool) -> list[Fact]:
    """Returns the opt-outs and pauses of changed fields. A link turns nothing on and ends no pause."""
    who, source, press = details["who"], "preference-centre", _request_id(details)
    signal = [Fact(who, "o:7", at, "signal")] if details["signal"] else []
    if is_empty:
        return [Fact(who, "o:1", at, "one-click"), *signal]
    if details["all"]:
        return [Fact(who, "o:0", at, source, press_id=press), *signal]
    facts = []
    for number, (was, wanted) in details["choices"].items():
        if was == wanted or (number == 7 and details["signal"]):
            continue
        if wanted == "out":
            facts.append(Fact(who, f"o:{number}", at, source, press_id=press))
    if details["pause"]:
        facts.append(Fact(who, "p:1", at, source, at + details["pause"] * DAY, press_id=press))
    return facts + signal


def acknowledged_facts(facts: tuple[Fact, ...], answer: Mapping[str, Any]) -> tuple[Fact, ...]:
    """Returns the facts that an answer acknowledges: no pause if it is a page that does not mention one.

    A pause that would end earlier than the active one is an end of that one. It is requested with the form
    for people without a link. A person on hold sees the neutral page.
    """
    body = answer["body"]
    mentions_pause = not body or ('action="/subscribe' in body and 'name="resume"' not in body)
    return tuple(fact for fact in facts if fact.until is None or mentions_pause)


def make_undo(
    deployment: SimulatedDeployment, step: Step, text: str, undos: tuple[Fact, ...]
) -> tuple[dict[str, Any], tuple[Fact, ...]]:
    """Makes an Undo by a link of the same person. After an hour the Undo states no fact."""
    details = step.details
    token = deployment.mint_token(undos[0].who, 1, details["issued_at"], TokenPurpose.PREFERENCES, 1)
    headers = {"sec-gpc": "1"} if details["signal"] else {}
    event = http_event("POST", f"/p/{token}", form={"undo": text}, headers=headers, at=step.at)
    signal = (Fact(undos[0].who, "o:7", step.at, "signal"),) if details["signal"] else ()
    return event, (*undos, *signal) if is_undo_valid(undos, step.at) else signal


def find_undo_token(answer: Mapping[str, Any]) -> str:
    """Returns the Undo token in the address of the answer to a press, or ""."""
    match = _UNDO_IN_LOCATION.search(answer["headers"].get("Location", ""))
    return match[1] if match else ""


def is_undo_valid(undos: tuple[Fact, ...], at: Millis) -> bool:
    """Whether the hour of an Undo has not ended."""
    return at < undos[0].at + HOUR


def _make_agent_changes(
    deployment: SimulatedDeployment, step: Step, key_ids: str
) -> tuple[dict[str, Any], tuple[Fact, ...]]:
    changes, facts = [], []
    for entry in step.details["changes"]:
        change = {
            "address": SPELLINGS[entry["who"]][entry["spelling"]],
            "scope": format_scope(entry["scope"]),
            "state": entry["state"],
            "source": entry["source"],
            "occurred_at": format_aws_time(entry["stated_at"]),
            "reference": "letter 7",
        }
        kind, until = {"out": ("o", None), "in": ("i", None), "paused": ("p", entry["until"])}[entry["state"]]
        if until is not None:
            change["until"] = format_aws_time(until)
        changes.append(change)
        is_promised = entry["state"] != "in"
        facts.append(
            Fact(
                entry["who"],
                f"{kind}:{entry['scope']}",
                entry["stated_at"],
                entry["source"],
                until,
                is_promised,
            )
        )
    return _make_api_request(deployment, step, "/v1/changes", {"changes": changes}), tuple(facts)


def _make_check(
    deployment: SimulatedDeployment, step: Step, key_ids: str
) -> tuple[dict[str, Any], tuple[Fact, ...]]:
    people = [SPELLINGS[who][spelling] for who, spelling in step.details["who"]]
    body = {"topic": format_scope(step.details["topic"]), "addresses": people}
    return _make_api_request(deployment, step, "/v1/check", body), ()


def _make_api_request(deployment: SimulatedDeployment, step: Step, path: str, body: Any) -> dict[str, Any]:
    return api_request(
        deployment.expired_key if step.details.get("use_expired_key") else deployment.api_key,
        path,
        body,
        step.at,
    )


def api_request(key: str, path: str, body: Any, at: Millis) -> dict[str, Any]:
    """Makes a request to /v1."""
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    return http_event("POST", path, body=json.dumps(body), headers=headers, at=at)


def _make_erasure_report(
    deployment: SimulatedDeployment, step: Step, key_ids: str
) -> tuple[dict[str, Any], tuple[Fact, ...]]:
    details, path = step.details, "/v1/minors" if step.details["minor"] else "/v1/erasures"
    address = SPELLINGS[details["who"]][details["spelling"]]
    body = {"address": address, "source": "letter", "reference": "letter 8"}
    kind = "erasure:minor" if details["minor"] else "erasure:adult"
    facts = [Fact(details["who"], kind, step.at, "letter")]
    if details["minor"]:  # beside what a hold preserves
        facts.append(Fact(details["who"], "x:minor", step.at, "age-report", is_promised=False))
    return _make_api_request(deployment, step, path, body), tuple(facts)


def _make_officer_request(
    deployment: SimulatedDeployment, step: Step, key_ids: str
) -> tuple[dict[str, Any], tuple[Fact, ...]]:
    """Makes a hold, or a lift of a hold, of a hard bounce, or of a complaint for a scope."""
    details, who, action = step.details, step.details["who"], step.details["action"]
    address = SPELLINGS[who][details["spelling"]]
    body = {"address": address, "reason": "asked for", "reference": "letter 9"}
    if action == "x:hold":
        event = _make_api_request(deployment, step, "/v1/holds", {**body, "source": "letter"})
        return event, (Fact(who, action, step.at, "letter"),)
    if action == "k":
        lift = {**body, "register": "complaint", "scope": format_scope(details["scope"])}
        fact = Fact(who, f"k:{details['scope']}", step.at, "agent", is_promised=False)
    else:
        lift, fact = {**body, "register": action[2:]}, Fact(who, action, step.at, "agent")
    return _make_api_request(deployment, step, "/v1/lifts", lift), (fact,)


REQUEST_MAKERS = {
    "press": _make_press,
    "visit": _make_link_visit,
    "save": _make_form,
    "agent": _make_agent_changes,
    "check": _make_check,
    "report": _make_erasure_report,
    "officer": _make_officer_request,
}


def confirmation_facts(details: Mapping[str, Any]) -> tuple[Fact, ...]:
    """Returns the facts of a confirmation at the time of its link. They show that mail arrives."""
    who, at, source = details["who"], details["happened_at"], "confirmation"
    facts = [Fact(who, f"k:{scope}", at, source) for scope in details["scopes"]]
    resumed = [Fact(who, "p:1", at, source, at)] if details.get("resume") else []
    signal_off = [Fact(who, "i:7", at, source)] if details.get("advertising") else []
    return (*facts, Fact(who, "l:undeliverable", at, source), *resumed, *signal_off)
