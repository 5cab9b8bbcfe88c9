"""An opt-out by a link, as it waits in a queue where it could not be written at once."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from heed.domain import queue_messages
from heed.domain.preferences.evidence import MAX_EVIDENCE
from heed.domain.preferences.register import ScopeNumber, Source


@dataclass(frozen=True, slots=True)
class QueuedOptOut:
    """An opt-out that was asked for and proved: all that is needed to write it, now or later.

    Attributes:
        recipient: recipient id.
        scopes: numbers of the scopes it is written at; the first is the link's own.
        at: when it was asked for, milliseconds.
        source: one-click or link.
        evidence: canonical text.
        policy: version of the privacy policy then.
        signal: whether the browser's privacy signal is to be kept with it.
    """

    recipient: str
    scopes: tuple[ScopeNumber, ...]
    at: int
    source: Source
    evidence: str
    policy: str
    signal: bool = False

    def to_message(self) -> str:
        """As it waits in the queue of later."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_message(cls, body: str) -> QueuedOptOut:
        """As it was put into the queue.

        Raises:
            Malformed: it was not put there by us.
        """
        return queue_messages.read_message(body, cls._of)

    @classmethod
    def _of(cls, data: dict[str, Any]) -> QueuedOptOut:
        if not data["scopes"]:
            raise ValueError("an opt-out of nothing")
        return cls(
            recipient=queue_messages.recipient_member(data.pop("recipient")),
            scopes=queue_messages.scopes_member(data.pop("scopes")),
            at=queue_messages.number_member(data.pop("at")),
            source=Source(data.pop("source")),
            evidence=queue_messages.text_member(data.pop("evidence"), MAX_EVIDENCE),
            policy=queue_messages.text_member(data.pop("policy")),
            signal=queue_messages.flag_member(data.pop("signal", False)),
            **data,
        )
