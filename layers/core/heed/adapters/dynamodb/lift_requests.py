"""Half-signed lifts of minors, in the table `Control`: one item a recipient, for a day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from heed.adapters.dynamodb.attributes import Item, number, of_our_form, text
from heed.adapters.dynamodb.table import Refused, Table, Write
from heed.domain.privacy.lift import BOTH_WITHIN, Signature
from heed.override import override
from heed.use_cases.ports.privacy import LiftRequests, Person

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PREFIX = "lift#"


class LiftRequestsTable(LiftRequests):
    """Serves the port LiftRequests from DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._table = Table(client, table)

    @override
    def sign(self, recipient: str, signature: Signature) -> Signature | None:
        """The condition decides between two that sign at the same time.

        A time to live may lag by days, so that the time itself is looked at.
        """
        item: dict[str, Any] = {
            **_key(recipient),
            "key": {"S": signature.key},
            "owner": {"S": signature.owner},
            "at": {"N": str(signature.at)},
            "reason": {"S": signature.reason},
            "reference": {"S": signature.reference},
            "expires": {"N": str((signature.at + BOTH_WITHIN) // 1000)},
        }
        try:
            self._table.put(
                item,
                condition="attribute_not_exists(pk) OR #at <= :over OR #owner = :owner",
                names={"#at": "at", "#owner": "owner"},
                values={
                    ":over": {"N": str(signature.at - BOTH_WITHIN)},
                    ":owner": {"S": signature.owner},
                },
                returns_if_refused="ALL_OLD",
            )
        except Refused as refused:
            return _to_signature(refused.current)
        return None

    @override
    def clear(self, person: Person) -> int:
        """A request to lift the very report that the purge follows stays."""
        options: Write = {"returns": "ALL_OLD"}
        if person.floor is not None:
            options["condition"] = "attribute_not_exists(pk) OR #at <= :floor"
            options["names"] = {"#at": "at"}
            options["values"] = {":floor": {"N": str(person.floor)}}
        try:
            return int(bool(self._table.delete(_key(person.recipient), **options)))
        except Refused:
            return 0


def _key(recipient: str) -> dict[str, Any]:
    return {"pk": {"S": PREFIX + recipient}}


@of_our_form
def _to_signature(item: Item) -> Signature:
    return Signature(
        key=text(item, "key"),
        owner=text(item, "owner"),
        at=number(item, "at"),
        reason=text(item, "reason"),
        reference=text(item, "reference"),
    )
