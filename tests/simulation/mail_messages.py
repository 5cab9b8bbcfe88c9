"""Mails that SES received, and their notices in the queue, and what the model reads in them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from heed.domain.links.link_token import TokenPurpose
from heed.domain.milliseconds import Millis
from tests.simulation.deployment import SimulatedDeployment
from tests.simulation.feedback_messages import format_aws_time
from tests.simulation.history import Fact
from tests.simulation.requests import press_facts

_SENDERS = (
    ("ann@example.com", "Ann <ANN@Example.com>"),
    ("Bo.Li+x@xn--exmple-cua.com", '"Bo" <bo.li+x@XN--EXMPLE-CUA.COM>'),
)
_OPT_OUT = "Please take me off your mailing list."
_TEXTS = {"opt-in": "I want to get your newsletter again, please.", "token": "unsubscribe"}
_REPORTS = {
    "bounce": """Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; somebody@example.net
Action: failed
Status: 5.1.1
""",
    "complaint": """Content-Type: multipart/report; report-type=feedback-report; boundary=b

--b
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: test/1
Version: 1
""",
}


def format_mail(deployment: SimulatedDeployment, details: Mapping[str, Any]) -> bytes:
    """Returns the mail as its sender wrote it. A token decides without regard to sender and text."""
    kind, who = details["mail"], details["who"]
    if kind == "no mail":
        return b"no header"
    if kind in _REPORTS:
        link = _mint(deployment, details, TokenPurpose.UNSUBSCRIBE)
        original = f"List-Unsubscribe: <https://prefs.example.com/u/{link}>"
        return (
            f"From: mailer@example.net\n{_REPORTS[kind]}\n--b\nContent-Type: text/rfc822-headers\n\n"
            f"{original}\n\n--b--\n"
        ).encode()
    sender = _SENDERS[1 - who if kind == "token" else who][details["spelling"]]
    automatic = "Auto-Submitted: auto-replied\nReferences: <x@example.com>\n" if kind == "automatic" else ""
    return f"From: {sender}\n{automatic}\n{_TEXTS.get(kind, _OPT_OUT)}\n".encode()


def format_notice(deployment: SimulatedDeployment, details: Mapping[str, Any], key: str) -> str:
    """Returns the message of the queue about the mail with this key."""
    kind = details["mail"]
    recipient = f"u+{_mint(deployment, details, TokenPurpose.MAILTO)}" if kind == "token" else "news"
    verdict = "FAIL" if kind in ("forged", "token") else details["verdict"]
    notice = {
        "notificationType": "Received",
        "mail": {"messageId": key.rpartition("/")[2], "source": "a@example.net"},
        "receipt": {
            "timestamp": format_aws_time(details["received_at"]),
            "recipients": [f"{recipient}@mail.example.com"],
            "virusVerdict": {"status": "PASS"},
            "dmarcVerdict": {"status": "PASS" if kind == "opt-in" else verdict},
            "action": {"type": "S3", "bucketName": "mailbox", "objectKey": key},
        },
    }
    text = json.dumps(notice)
    return text if details["envelope"] == "raw" else json.dumps({"Type": "Notification", "Message": text})


def mail_facts(details: Mapping[str, Any]) -> tuple[Fact, ...]:
    """Returns the facts that a mail states. A request that its sender has to confirm is none yet."""
    who, at = details["who"], Millis(details["received_at"])
    match details["mail"]:
        case "token":
            facts = press_facts({**details, "press_kind": "one-click", "signal": False}, at)
            return tuple(fact._replace(source="mailto") for fact in facts)
        case "opt-out":
            return (Fact(who, "o:0", at, "mailbox"),)
        case "bounce":
            return (Fact(who, "x:undeliverable", at, "bounce"),)
        case "complaint":
            return (Fact(who, "x:complaint", at, "complaint"),)
        case _:
            return ()


def is_unprocessable(details: Mapping[str, Any]) -> bool:
    """Whether a person has to look at the notice."""
    return bool(details["mail"] == "no mail")


def _mint(deployment: SimulatedDeployment, details: Mapping[str, Any], purpose: TokenPurpose) -> str:
    return deployment.mint_token(details["who"], details["scope"], details["received_at"], purpose, 1)
