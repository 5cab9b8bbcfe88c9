"""An opt-out by a link, with all data needed to store it, now or from the retry queue."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from heed.domain import queue_messages
from heed.domain.milliseconds import Millis
from heed.domain.preferences.evidence import MAX_EVIDENCE
from heed.domain.preferences.register import ScopeNumber, Source


@dataclass(frozen=True, slots=True)
class QueuedOptOut:
    """A verified opt-out. Heed stores it at once; if that fails, it sends this message to the retry queue.

    Attributes:
        recipient: the recipient id.
        scopes: numbers of the scopes of the opt-out; only ALL_SCOPES if the person opts out of everything.
            Otherwise the first is the scope of the link.
        at: the time of the request, milliseconds.
        source: one-click or link.
        evidence: canonical text.
        policy: the version of the privacy policy at that time.
        signal: whether to record the browser's privacy signal as well.
    """

    recipient: str
    scopes: tuple[ScopeNumber, ...]
    at: Millis
    source: Source
    evidence: str
    policy: str
    signal: bool = False

    def to_message(self) -> str:
        """Returns the message for the queue."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_message(cls, body: str) -> QueuedOptOut:
        """Parses a message of the queue.

        Raises:
            MalformedMessage: Heed did not send the message.
        """
        return queue_messages.read_message(body, cls._from_members)

    @classmethod
    def _from_members(cls, members: dict[str, Any]) -> QueuedOptOut:
        if not members["scopes"]:
            raise ValueError("an opt-out without scopes")
        return cls(
            recipient=queue_messages.recipient_member(members.pop("recipient")),
            scopes=queue_messages.scopes_member(members.pop("scopes")),
            at=Millis(queue_messages.number_member(members.pop("at"))),
            source=Source(members.pop("source")),
            evidence=queue_messages.text_member(members.pop("evidence"), MAX_EVIDENCE),
            policy=queue_messages.text_member(members.pop("policy")),
            signal=queue_messages.flag_member(members.pop("signal", False)),
            **members,
        )
