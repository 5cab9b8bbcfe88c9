"""The EventBridge bus that carries events to other systems."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from heed.adapters.aws import FAILURES, error_code, is_invalid_request
from heed.domain.errors import BusUnavailable
from heed.domain.jobs.import_event import ImportEvent
from heed.domain.ledger.events import EVENT_SOURCE, PreferenceEvent
from heed.domain.milliseconds import Millis
from heed.override import override
from heed.use_cases.ports.ledger import EventPublisher

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef

_MAX_BATCH_EVENTS = 10  # the limit of one PutEvents call


class EventBus(EventPublisher):
    """Implements the port EventPublisher with EventBridge."""

    def __init__(self, client: EventBridgeClient, bus: str) -> None:
        self._client = client
        self._bus = bus

    @override
    def publish(self, events: Sequence[PreferenceEvent | ImportEvent], at: Millis) -> None:
        """Publishes the events in batches. An event that is published again keeps its id."""
        entries: list[PutEventsRequestEntryTypeDef] = [
            {
                "EventBusName": self._bus,
                "Source": EVENT_SOURCE,
                "DetailType": event.type.value,
                "Detail": json.dumps(event.detail),
                "Time": datetime.fromtimestamp(at // 1000, UTC),
            }
            for event in events
        ]
        for start in range(0, len(entries), _MAX_BATCH_EVENTS):
            try:
                response = self._client.put_events(Entries=entries[start : start + _MAX_BATCH_EVENTS])
            except FAILURES as error:
                if is_invalid_request(error):
                    raise
                raise BusUnavailable(error_code(error)) from error
            if response["FailedEntryCount"]:
                raise BusUnavailable(f"{response['FailedEntryCount']} refused")
