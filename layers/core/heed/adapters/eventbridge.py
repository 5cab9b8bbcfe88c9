"""The bus on which other systems hear of changes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from heed.adapters.aws import FAILURES, error_code, is_invalid_request
from heed.domain.errors import BusUnavailable
from heed.domain.ledger.events import EVENT_SOURCE, PreferenceEvent
from heed.override import override
from heed.use_cases.ports.ledger import EventPublisher

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef

_BATCH = 10  # events that PutEvents takes


class EventBus(EventPublisher):
    """Serves the port Bus from EventBridge."""

    def __init__(self, client: EventBridgeClient, bus: str) -> None:
        self._client = client
        self._bus = bus

    @override
    def publish(self, announcements: Sequence[PreferenceEvent], at: int) -> None:
        """Each keeps its id when it is published again."""
        entries: list[PutEventsRequestEntryTypeDef] = [
            {
                "EventBusName": self._bus,
                "Source": EVENT_SOURCE,
                "DetailType": one.type.value,
                "Detail": json.dumps(one.detail),
                "Time": datetime.fromtimestamp(at // 1000, UTC),
            }
            for one in announcements
        ]
        for start in range(0, len(entries), _BATCH):
            try:
                answer = self._client.put_events(Entries=entries[start : start + _BATCH])
            except FAILURES as error:
                if is_invalid_request(error):
                    raise
                raise BusUnavailable(error_code(error)) from error
            if answer["FailedEntryCount"]:
                raise BusUnavailable(f"{answer['FailedEntryCount']} refused")
