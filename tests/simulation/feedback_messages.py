"""SES feedback as it arrives in its queue, and what the model reads in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from heed.domain.milliseconds import Millis
from tests.simulation.deployment import SPELLINGS
from tests.simulation.history import Fact
from tests.support.catalogues import DATA

_NAMES = {topic["number"]: topic["name"] for topic in DATA["topics"] if topic["brand"] == 1}
_POISON = (
    "",
    "not JSON",
    "[]",
    "null",
    '{"eventType": 1',
    '{"eventType": "Bounce", "bounce": {}}',
    '{"eventType": "Complaint", "complaint": {"complainedRecipients": 7}}',
    '{"eventType": "Bounce", "bounce": {"bounceType": "Permanent", "bouncedRecipients": null}}',
    "[" * 5_000,
    '{"a":' * 5_000,
    '{"eventType": NaN}',
    '"\\ud800"',
    "\ufeff{}",
    '{"Type": "Notification", "Message": 1}',
    '{"x": "' + "y" * 1_000_000 + '"}',
)


def format_aws_time(at: Millis) -> str:
    """Formats an instant as AWS does."""
    moment = datetime.fromtimestamp(at // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{at % 1000:03d}Z"


def format_body(details: Mapping[str, Any], sent: Millis, serial: int) -> str:
    """Returns the body of the message. `serial` makes each one unique."""
    kind = details["event"]
    if kind == "poison":
        return _POISON[details["poison"] % len(_POISON)] + " " * serial
    happened = (
        {} if details["happened_at"] is None else {"timestamp": format_aws_time(details["happened_at"])}
    )
    people = [SPELLINGS[who][details["spelling"]] for who in details["who"]]
    event = _event(kind, people, happened, details["scope"], f"id-{serial}")
    event["mail"] = {"messageId": f"m-{serial}", "destination": people}
    if kind == "forged":  # a recipient of the mail answers it with a report about all others
        others = [SPELLINGS[1 - details["who"][0]][details["spelling"]], "z@example.net"]
        event["bounce"]["bouncedRecipients"] = [{"emailAddress": address} for address in others]
        event["mail"]["destination"] = people[:1]
    if details["envelope"] == "sns":
        envelope = {"Type": "Notification", "Message": json.dumps(event)}
        return json.dumps({**envelope, "Timestamp": format_aws_time(sent)})
    if details["envelope"] == "eventbridge":
        about = {"source": "aws.ses", "detail-type": "made up", "time": format_aws_time(sent)}
        return json.dumps({**about, "detail": event})
    return json.dumps(event)


def _event(
    kind: str, people: list[str], happened: dict[str, str], scope: int, identity: str
) -> dict[str, Any]:
    if kind == "left":
        topics = [{"topicName": _NAMES[scope].title(), "subscriptionStatus": "Optout"}] if scope else []
        chosen = {"unsubscribeAll": scope == 0, "topicSubscriptionStatus": topics}
        report: dict[str, object] = {
            **happened,
            "source": "UnsubscribeHeader",
            "newTopicPreferences": chosen,
        }
        return {"eventType": "Subscription", "subscription": report}
    if kind in ("complaint", "echo"):
        listed = [{"emailAddress": address} for address in people]
        report = {**happened, "complainedRecipients": listed, "feedbackId": identity}
        if kind == "echo":
            report["complaintSubType"] = "OnAccountSuppressionList"
        return {"notificationType": "Complaint", "complaint": report, "new": {"field": 1}}
    if kind in ("delivery", "unknown type"):
        return {"eventType": "Delivery" if kind == "delivery" else "Telepathy"}
    bounced = [{"emailAddress": address} for address in people]
    if kind == "given up":
        bounced = [{**recipient, "action": "failed", "status": "4.4.7"} for recipient in bounced]
    if kind == "half":
        bounced.append({"emailAddress": "nobody at all"})
    of = {
        "soft": ("Transient", "MailboxFull"),
        "out of office": ("Transient", "General"),
        "given up": ("transient", "GENERAL"),
        "bounce": ("PERMANENT", "NoEmail"),
        "half": ("Permanent", "New"),
        "forged": ("Permanent", "General"),
    }
    report = {**happened, "bouncedRecipients": bounced, "feedbackId": identity}
    return {
        "eventType": "Bounce",
        "bounce": {**report, "bounceType": of[kind][0], "bounceSubType": of[kind][1]},
    }


def feedback_facts(details: Mapping[str, Any], sent: int) -> tuple[Fact, ...]:
    """Returns the facts that it states. Their time is never after the time stamp that travels with it."""
    at = Millis(sent if details["happened_at"] is None else min(details["happened_at"], sent))
    kind = details["event"]
    if kind == "left":
        return (Fact(details["who"][0], f"o:{details['scope']}", at, "one-click"),)
    registers = {
        "bounce": ("x:undeliverable", "bounce"),
        "half": ("x:undeliverable", "bounce"),
        "forged": ("x:undeliverable", "bounce"),
        "soft": ("soft", "bounce"),
        "given up": ("soft", "bounce"),
        "echo": (
            "x:complaint",
            "complaint",
        ),  # about a person without a record, so it promises nothing
        "complaint": ("x:complaint", "complaint"),
    }
    if kind not in registers:
        return ()
    meant = details["who"][:1] if kind == "forged" else details["who"]
    register, source = registers[kind]
    return tuple(Fact(who, register, at, source, is_promised=kind != "echo") for who in meant)


def is_unprocessable(details: Mapping[str, Any]) -> bool:
    """Whether a person has to look at it. In a mail to one recipient, an unreadable entry means them."""
    kind = details["event"]
    return kind in ("poison", "unknown type") or (kind == "half" and len(details["who"]) > 1)


def fault_rows(details: Mapping[str, Any], text: str) -> list[int]:
    """Returns the rows of the table of faults that a message injects."""
    kind, happened = details["event"], details["happened_at"]
    found = {
        19: happened is None or happened == 5,
        23: kind == "poison",
        24: details["envelope"] != "raw",
        25: kind in ("unknown type", "half", "complaint"),
        26: len(text) > 900_000,
        44: details["spelling"] > 0,
    }
    return [number for number, is_so in found.items() if is_so]
