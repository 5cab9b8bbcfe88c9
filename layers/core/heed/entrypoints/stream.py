"""Parses records of the stream of the table `Preferences`: transitions and purge orders."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from heed.codec.attributes import Item, read_recipient, strict_reader
from heed.codec.due_work import decode_due_work
from heed.codec.record import decode_late_changes, decode_record
from heed.domain.errors import MalformedMessage, UnreadableRecord
from heed.domain.ledger.transition import Transition
from heed.domain.milliseconds import Millis
from heed.domain.privacy.purge import PurgeOrder

_TTL_IDENTITY = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}


def parse_transition(record: Mapping[str, Any]) -> Transition:
    """Returns the write that a record reports.

    Raises:
        MalformedMessage: The record cannot be parsed. A retry cannot succeed.
    """
    try:
        return _parse_transition(record)
    except UnreadableRecord as error:
        raise MalformedMessage(f"not a record of Heed: {error}") from None


@strict_reader
def _parse_transition(record: Mapping[str, Any]) -> Transition:
    change = record["dynamodb"]
    old, new = _parse_image(change.get("OldImage")), _parse_image(change.get("NewImage"))
    return Transition(
        id=record["eventID"],
        recipient=read_recipient(change["Keys"]),
        before=decode_record(old),
        after=decode_record(new),
        late_changes=decode_late_changes(new),
        recorded_at=Millis(round(float(change["ApproximateCreationDateTime"]) * 1000)),
        expired=record.get("userIdentity") == _TTL_IDENTITY,
    )


def parse_purge_orders(records: Iterable[Mapping[str, Any]]) -> list[PurgeOrder]:
    """Returns the purges that the new items of these records require. Other records are ignored."""
    orders = []
    for record in records:
        change = record["dynamodb"]
        image = change.get("NewImage") or {}
        if "purge" in image:
            with suppress(UnreadableRecord):  # the sweep finds it too and raises the alarm
                work = decode_due_work(image)
                orders.append(PurgeOrder(change["SequenceNumber"], change["Keys"]["id"]["S"], work))
    return orders


def _parse_image(image: Mapping[str, Any] | None) -> Item | None:
    """Returns an image with decoded binary values. The event is JSON, so it has them in base64."""
    if not image:
        return None
    return {name: _parse_value(value) for name, value in image.items()}


def _parse_value(value: Mapping[str, Any]) -> Mapping[str, Any]:
    if "B" in value and isinstance(value["B"], str):
        try:
            return {"B": base64.b64decode(value["B"], validate=True)}
        except binascii.Error as error:
            raise ValueError("not base64") from error
    return value
