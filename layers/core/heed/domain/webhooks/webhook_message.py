"""The webhook of an event of the bus. A rule of the bus selects the events (template.yaml, WebhookRule)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from heed.domain import queue_messages, rfc3339
from heed.domain.jobs.import_event import ImportEventType
from heed.domain.ledger.events import EVENT_SOURCE, EventType
from heed.domain.preferences.register import Source


@dataclass(frozen=True, slots=True)
class WebhookMessage:
    """A webhook, as Standard Webhooks describes it.

    Attributes:
        id: the id of the event, the same at every delivery.
        body: the body of the request: JSON with `type`, `timestamp` and `data`.
    """

    id: str
    body: bytes

    @classmethod
    def from_message(cls, body: str) -> WebhookMessage:
        """Parses a message of the queue: an event as EventBridge delivers it.

        Raises:
            MalformedMessage: Heed did not send the event, or the rule does not select it.
        """
        return queue_messages.read_message(body, cls._from_members)

    @classmethod
    def _from_members(cls, members: dict[str, Any]) -> WebhookMessage:
        detail = members["detail"]
        event_type = _parse_event_type(queue_messages.text_member(members["detail-type"]))
        event_id = queue_messages.text_member(detail["id"], 64)
        at = queue_messages.text_member(detail["at"])
        rfc3339.parse_time(at)
        if members["source"] != EVENT_SOURCE or detail.get("source") == Source.IMPORT:
            raise ValueError("not an event that is delivered")
        if not (event_id.isascii() and event_id.isalnum()):  # it becomes a header
            raise ValueError("not the id of an event")
        content = {"type": _to_webhook_type(event_type), "timestamp": at, "data": detail}
        return cls(event_id, json.dumps(content, separators=(",", ":")).encode())


def _parse_event_type(text: str) -> str:
    try:
        return EventType(text)
    except ValueError:
        return ImportEventType(text)


def _to_webhook_type(event_type: str) -> str:
    """Returns the type of a webhook, such as `recipient.opted_out` for `Recipient Opted Out`."""
    subject, _, what = event_type.lower().partition(" ")
    return f"{subject}.{what.replace(' ', '_')}"
