"""A choice of a person that the caller records."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, TypeAlias

When: TypeAlias = datetime | date
"""A time with its offset from UTC, or a date in UTC."""


def format_when(when: When) -> str:
    """Returns a time or a date as the API takes it.

    Raises:
        ValueError: the time has no offset, so that the instant is not known.
    """
    if isinstance(when, datetime) and when.tzinfo is None:
        raise ValueError("the time has no offset from UTC")
    return when.isoformat()


@dataclass(frozen=True, slots=True, kw_only=True)
class NewChange:
    """A choice of one person.

    Attributes:
        address: the address, in any spelling; or give `recipient`.
        recipient: the recipient id.
        scope: `*`, a brand, or a topic that is not service mail.
        state: `out`, `in` or `paused`.
        source: how it arrived: `api`, `phone`, `letter`, `mailbox` or `agent`.
        until: the end of a pause.
        occurred_at: when the person made the choice. Without it, it is the time at which Heed records it. An
            opt-in needs it: recorded a second time, it must not be newer than a stop that arrived in between.
        reference: where to find the proof. An opt-in needs it.
        agent: who took the request.
    """

    address: str | None = field(default=None, repr=False)
    recipient: str | None = None
    scope: str
    state: Literal["out", "in", "paused"]
    source: str = "api"
    until: When | None = None
    occurred_at: When | None = None
    reference: str | None = field(default=None, repr=False)
    agent: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if (self.address is None) == (self.recipient is None):
            raise ValueError("a change has either an address or a recipient id")
        if self.state == "in" and self.occurred_at is None:
            raise ValueError("an opt-in has the time at which the person made the choice")

    def to_members(self) -> dict[str, object]:
        """Returns the change as the API takes it."""
        members = {
            "address": self.address,
            "recipient": self.recipient,
            "scope": self.scope,
            "state": self.state,
            "source": self.source,
            "until": None if self.until is None else format_when(self.until),
            "occurred_at": None if self.occurred_at is None else format_when(self.occurred_at),
            "reference": self.reference,
            "agent": self.agent,
        }
        return {name: value for name, value in members.items() if value is not None}
