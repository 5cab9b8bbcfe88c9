"""Which confirmations the adopter was told of, in the table `Control`.

The first press that comes takes the telling; its own message, delivered again, may go on with it, and
another press of the same link may not. So the adopter is told once, and once more only where the
answer of its queue was lost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from heed.adapters.aws import FAILURES, unavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PREFIX = "told#"
"""What the key of every item begins with: the role may touch no other."""

_KEPT = 30 * 24 * 60 * 60  # seconds: twice as long as a press can wait in its queues


class TellingsTable:
    """Serves the port Tellings."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def begin(self, confirmation: str, press: str, now: int) -> bool:
        """See the port."""
        try:
            self._client.update_item(
                TableName=self._table,
                Key={"pk": {"S": PREFIX + confirmation}},
                UpdateExpression="SET press = :press, expires = :expires",
                ConditionExpression=(
                    "attribute_not_exists(pk) OR (press = :press AND attribute_not_exists(done))"
                ),
                ExpressionAttributeValues={
                    ":press": {"S": press},
                    ":expires": {"N": str(now // 1000 + _KEPT)},
                },
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        except FAILURES as error:
            raise unavailable(error) from error
        return True

    def finish(self, confirmation: str) -> None:
        """See the port."""
        try:
            self._client.update_item(
                TableName=self._table,
                Key={"pk": {"S": PREFIX + confirmation}},
                UpdateExpression="SET done = :yes",
                ExpressionAttributeValues={":yes": {"BOOL": True}},
            )
        except FAILURES as error:
            raise unavailable(error) from error
