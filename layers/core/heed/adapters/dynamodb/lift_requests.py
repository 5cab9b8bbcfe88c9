"""Half-signed lifts of minors, in the table `Control`: one item a recipient, for a day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from heed.adapters.aws import FAILURES, unavailable
from heed.codec.attributes import Item, number, of_our_form, text
from heed.domain.privacy.lift import BOTH_WITHIN, Signature
from heed.use_cases.ports.privacy import Person

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PREFIX = "lift#"


class LiftRequestsTable:
    """Serves the port LiftRequests from DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def sign(self, recipient: str, signature: Signature) -> Signature | None:
        """See the port. The condition decides between two that sign at the same time.

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
            self._client.put_item(
                TableName=self._table,
                Item=item,
                ConditionExpression="attribute_not_exists(pk) OR #at <= :over OR #owner = :owner",
                ExpressionAttributeNames={"#at": "at", "#owner": "owner"},
                ExpressionAttributeValues={
                    ":over": {"N": str(signature.at - BOTH_WITHIN)},
                    ":owner": {"S": signature.owner},
                },
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._client.exceptions.ConditionalCheckFailedException as error:
            return _to_signature(error.response["Item"])  # type: ignore[typeddict-item]
        except FAILURES as error:
            raise unavailable(error) from error
        return None

    def clear(self, person: Person) -> int:
        """See the port. A purge leaves alone who asks to lift the very report that it follows."""
        condition: dict[str, Any] = {}
        if person.floor is not None:
            condition = {
                "ConditionExpression": "attribute_not_exists(pk) OR #at <= :floor",
                "ExpressionAttributeNames": {"#at": "at"},
                "ExpressionAttributeValues": {":floor": {"N": str(person.floor)}},
            }
        try:
            answer = self._client.delete_item(
                TableName=self._table,
                Key=_key(person.recipient),
                ReturnValues="ALL_OLD",
                **condition,
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return 0
        except FAILURES as error:
            raise unavailable(error) from error
        return 1 if answer.get("Attributes") else 0


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
