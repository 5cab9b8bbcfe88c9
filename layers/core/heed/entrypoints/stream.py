"""Records of the stream of the table `Preferences`, as Lambda hands them over: what they tell and ask for."""

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
from heed.domain.privacy.purge import PurgeOrder

_OF_TIME = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}


def parse_transition(record: Mapping[str, Any]) -> Transition:
    """The write that a record tells of.

    Raises:
        Malformed: it can never be understood, however often it is delivered.
    """
    try:
        return _transition(record)
    except UnreadableRecord as error:
        raise MalformedMessage(f"no record of ours: {error}") from None


@strict_reader
def _transition(record: Mapping[str, Any]) -> Transition:
    told = record["dynamodb"]
    old, new = _image(told.get("OldImage")), _image(told.get("NewImage"))
    return Transition(
        id=record["eventID"],
        recipient=read_recipient(told["Keys"]),
        before=decode_record(old),
        after=decode_record(new),
        late=decode_late_changes(new),
        recorded_at=round(float(told["ApproximateCreationDateTime"]) * 1000),
        expired=record.get("userIdentity") == _OF_TIME,
    )


def parse_purge_orders(records: Iterable[Mapping[str, Any]]) -> list[PurgeOrder]:
    """The purges that are due on the items as they were written; another record says nothing here."""
    found = []
    for record in records:
        told = record["dynamodb"]
        image = told.get("NewImage") or {}
        if "purge" in image:
            with suppress(UnreadableRecord):  # the sweep finds it too, and the alarm tells of it
                work = decode_due_work(image)
                found.append(PurgeOrder(told["SequenceNumber"], told["Keys"]["id"]["S"], work))
    return found


def _image(image: Mapping[str, Any] | None) -> Item | None:
    """An image with bytes as bytes: the event is JSON, and has them in base64."""
    if not image:
        return None
    return {name: _value(value) for name, value in image.items()}


def _value(value: Mapping[str, Any]) -> Mapping[str, Any]:
    if "B" in value and isinstance(value["B"], str):
        try:
            return {"B": base64.b64decode(value["B"], validate=True)}
        except binascii.Error as error:
            raise ValueError("no base64") from error
    return value
