"""The events of the bus that are counted. A rule of the bus selects them (template.yaml, NumbersRule)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from heed.domain import queue_messages, rfc3339
from heed.domain.ledger.events import EVENT_SOURCE, EventType
from heed.domain.numbers.numbers import NumberColumn
from heed.domain.preferences.kinds import ChoiceKind, OtherKind, RegisterKind, SuppressionKind
from heed.domain.preferences.register import DAY_MS, Source

COUNTED_STATES = {
    (EventType.OPTED_OUT, "out"): NumberColumn.OPTED_OUT,
    (EventType.OPTED_IN, "in"): NumberColumn.OPTED_IN,
    (EventType.OPTED_IN, "confirmed"): NumberColumn.OPTED_IN,
    (EventType.PAUSED, "paused"): NumberColumn.PAUSED,
    (EventType.SUPPRESSED, "complaint"): NumberColumn.COMPLAINED,
    (EventType.SUPPRESSED, "undeliverable"): NumberColumn.BOUNCED,
}
"""The column of each event that is counted, by its type and its state."""

_STOP_COLUMNS: dict[RegisterKind, NumberColumn] = {
    ChoiceKind.OUT: NumberColumn.OPTED_OUT,
    OtherKind.COMPLAINT: NumberColumn.COMPLAINED,
    SuppressionKind.UNDELIVERABLE: NumberColumn.BOUNCED,
}


@dataclass(frozen=True, slots=True)
class CountedEvent:
    """An event that is counted. It has no recipient id, because nobody is counted by person.

    Attributes:
        id: the id of the event, the same at every delivery.
        day: the day of the change in UTC, as a number of days since the Unix epoch.
        column: the column.
        topic: the name of the scope: a topic, a brand, or `*`.
        source: how the change arrived. It is never an import, which counts its rows itself.
        campaign: the campaign of the link, or "".
    """

    id: str
    day: int
    column: NumberColumn
    topic: str
    source: Source
    campaign: str

    @classmethod
    def from_message(cls, body: str) -> CountedEvent:
        """Parses a message of the queue: an event as EventBridge delivers it.

        Raises:
            MalformedMessage: Heed did not send the event, or the rule does not select it.
        """
        return queue_messages.read_message(body, cls._from_members)

    @classmethod
    def _from_members(cls, members: dict[str, Any]) -> CountedEvent:
        detail = members["detail"]
        column = COUNTED_STATES[EventType(members["detail-type"]), detail["state"]]
        source = Source(detail["source"])
        if members["source"] != EVENT_SOURCE or source is Source.IMPORT:
            raise ValueError("not an event that is counted")
        return cls(
            id=queue_messages.text_member(detail["id"], 64),
            day=rfc3339.parse_time(queue_messages.text_member(detail["at"])).first // DAY_MS,
            column=column,
            topic=queue_messages.text_member(detail["scope"], 200),
            source=source,
            campaign=queue_messages.text_member(detail.get("campaign", ""), 32),
        )


def column_of_stop(kind: RegisterKind) -> NumberColumn:
    """Returns the column of a stop that an import records."""
    return _STOP_COLUMNS[kind]
