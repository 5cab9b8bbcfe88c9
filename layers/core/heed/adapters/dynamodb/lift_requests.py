"""Requests to lift a report of a minor that need a second signature, in the table `Control`.

Each recipient has at most two items, which expire after a day: `lift#<recipient>` for a signature of an API
key, and `lift#<recipient>#desk` for one of a person at the desk. An index lists them in order of their time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from heed.adapters.dynamodb.request_options import WriteOptions
from heed.adapters.dynamodb.table import ConditionFailed, TableAdapter
from heed.codec.attributes import Item, read_number, read_text, strict_reader
from heed.domain.errors import UnreadableRecord
from heed.domain.milliseconds import Millis
from heed.domain.privacy.lift import SECOND_SIGNATURE_WITHIN, Signature
from heed.override import override
from heed.use_cases.ports.privacy import LiftRequests, PurgedPerson, WaitingLift

LIFT_REQUEST_PREFIX = "lift#"
_FROM_DESK = "#desk"
_INDEX = "Lists"
_LIST, _PLACE = "list", "place"  # the keys of the index
_WAITING = {"S": "lifts"}  # all lifts are in one list


class LiftRequestsTable(TableAdapter, LiftRequests):
    """Implements the port LiftRequests with DynamoDB."""

    @override
    def sign(self, recipient: str, signature: Signature) -> Signature | None:
        """Stores a signature unless another owner has signed. If two sign concurrently, one of them succeeds.

        DynamoDB may delete an expired item days late, so the condition also compares the time.
        """
        item: dict[str, Any] = {
            **_key(recipient, from_desk=signature.is_from_desk),
            "key": {"S": signature.key},
            "owner": {"S": signature.owner},
            "at": {"N": str(signature.at)},
            "reason": {"S": signature.reason},
            "reference": {"S": signature.reference},
            **({"agent": {"S": signature.agent}} if signature.agent else {}),
            "expires": {"N": str((signature.at + SECOND_SIGNATURE_WITHIN) // 1000)},
            _LIST: _WAITING,
            _PLACE: {"S": _place(signature.at, recipient)},
        }
        current = self._table.put_or_read(
            item,
            condition="attribute_not_exists(pk) OR #at <= :over OR #owner = :owner",
            names={"#at": "at", "#owner": "owner"},
            values={
                ":over": {"N": str(signature.at - SECOND_SIGNATURE_WITHIN)},
                ":owner": {"S": signature.owner},
            },
        )
        return None if current is None else _to_signature(current)

    @override
    def find_from_desk(self, recipient: str, now: Millis) -> Signature | None:
        item = self._table.get(_key(recipient, from_desk=True))
        signature = _to_signature(item) if item else None
        return signature if signature and signature.is_waiting_at(now) else None

    @override
    def waiting(self, now: Millis) -> Iterator[WaitingLift]:
        """Yields the lifts. One that is not readable is left out: nobody can confirm it, and it expires."""
        for item in self._table.query(
            "#list = :waiting AND #place > :over",
            index=_INDEX,
            names={"#list": _LIST, "#place": _PLACE},
            values={":waiting": _WAITING, ":over": {"S": _place(Millis(now - SECOND_SIGNATURE_WITHIN), "~")}},
        ):
            with suppress(UnreadableRecord):
                recipient = item["pk"]["S"].removeprefix(LIFT_REQUEST_PREFIX).removesuffix(_FROM_DESK)
                yield WaitingLift(recipient, _to_signature(item))

    @override
    def clear(self, person: PurgedPerson) -> int:
        """Deletes the requests, except one about the report that caused the purge."""
        return sum(self._clear(person, from_desk=from_desk) for from_desk in (False, True))

    def _clear(self, person: PurgedPerson, *, from_desk: bool) -> int:
        options: WriteOptions = {"returns": "ALL_OLD"}
        if person.erased_at is not None:
            options["condition"] = "attribute_not_exists(pk) OR #at <= :floor"
            options["names"] = {"#at": "at"}
            options["values"] = {":floor": {"N": str(person.erased_at)}}
        try:
            key = _key(person.recipient, from_desk=from_desk)
            return int(bool(self._table.delete(key, **options)))
        except ConditionFailed:
            return 0


def _key(recipient: str, *, from_desk: bool) -> dict[str, Any]:
    return {"pk": {"S": f"{LIFT_REQUEST_PREFIX}{recipient}{_FROM_DESK if from_desk else ''}"}}


def _place(at: Millis, recipient: str) -> str:
    """Returns the place of a lift in the list, as a text that sorts by its time."""
    return f"{at:015d}#{recipient}"


@strict_reader
def _to_signature(item: Item) -> Signature:
    return Signature(
        key=read_text(item, "key"),
        owner=read_text(item, "owner"),
        at=Millis(read_number(item, "at")),
        reason=read_text(item, "reason"),
        reference=read_text(item, "reference"),
        agent=read_text(item, "agent") if "agent" in item else "",
    )
