"""Requests to lift a report of a minor that need a second signature, in the table `Control`.

Each recipient has at most one item, which expires after a day.
"""

from __future__ import annotations

from typing import Any

from heed.adapters.dynamodb.request_options import WriteOptions
from heed.adapters.dynamodb.table import ConditionFailed, TableAdapter
from heed.codec.attributes import Item, read_number, read_text, strict_reader
from heed.domain.milliseconds import Millis
from heed.domain.privacy.lift import SECOND_SIGNATURE_WITHIN, Signature
from heed.override import override
from heed.use_cases.ports.privacy import LiftRequests, PurgedPerson

LIFT_REQUEST_PREFIX = "lift#"


class LiftRequestsTable(TableAdapter, LiftRequests):
    """Implements the port LiftRequests with DynamoDB."""

    @override
    def sign(self, recipient: str, signature: Signature) -> Signature | None:
        """Stores a signature unless another owner has signed. If two sign concurrently, one of them succeeds.

        DynamoDB may delete an expired item days late, so the condition also compares the time.
        """
        item: dict[str, Any] = {
            **_key(recipient),
            "key": {"S": signature.key},
            "owner": {"S": signature.owner},
            "at": {"N": str(signature.at)},
            "reason": {"S": signature.reason},
            "reference": {"S": signature.reference},
            "expires": {"N": str((signature.at + SECOND_SIGNATURE_WITHIN) // 1000)},
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
    def clear(self, person: PurgedPerson) -> int:
        """Deletes the request, unless it is about the report that caused the purge."""
        options: WriteOptions = {"returns": "ALL_OLD"}
        if person.erased_at is not None:
            options["condition"] = "attribute_not_exists(pk) OR #at <= :floor"
            options["names"] = {"#at": "at"}
            options["values"] = {":floor": {"N": str(person.erased_at)}}
        try:
            return int(bool(self._table.delete(_key(person.recipient), **options)))
        except ConditionFailed:
            return 0


def _key(recipient: str) -> dict[str, Any]:
    return {"pk": {"S": LIFT_REQUEST_PREFIX + recipient}}


@strict_reader
def _to_signature(item: Item) -> Signature:
    return Signature(
        key=read_text(item, "key"),
        owner=read_text(item, "owner"),
        at=Millis(read_number(item, "at")),
        reason=read_text(item, "reason"),
        reference=read_text(item, "reference"),
    )
