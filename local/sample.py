"""The sample campaign mail of `/_local/`: one recipient and one topic of the sample brand."""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

ADDRESS = "ada@example.com"
TOPIC = "offers"
CAMPAIGN = "winter-2026"
SENDER = "Meridian Watches <offers@example.com>"
SUBJECT = "The winter collection: three dials, one movement"


@dataclass(frozen=True)
class SampleMail:
    """A campaign mail as the platform sends it: its headers in order, and its two visible links."""

    recipient: str
    headers: tuple[tuple[str, str], ...]
    unsubscribe_url: str
    preferences_url: str


def make_sample_mail(link: Mapping[str, Any], sent: datetime) -> SampleMail:
    """Returns the mail with the links of one result of `POST /v1/links`."""
    tags = ", ".join(f"{name}={value}" for name, value in link["tags"].items())
    return SampleMail(
        recipient=link["recipient"],
        headers=(
            ("From", SENDER),
            ("To", link["address"]),
            ("Subject", SUBJECT),
            ("Date", format_datetime(sent)),
            ("MIME-Version", "1.0"),
            ("Content-Type", "text/html; charset=utf-8"),
            *link["headers"].items(),
            ("X-SES-MESSAGE-TAGS", tags),
        ),
        unsubscribe_url=link["unsubscribe_url"],
        preferences_url=link["preferences_url"],
    )
