"""How many minors each key has reported in a day, in the table `Control`: one item a key and day.

    reports#<day>#<key id>   a number; about nobody who was reported

The number grows by one conditional UpdateItem up to its limit and no further, however many report at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from heed.adapters.aws import FAILURES, unavailable
from heed.domain.preferences.register import DAY
from heed.domain.privacy.retention import COUNT_DAYS
from heed.domain.rfc3339 import write_day

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PREFIX = "reports#"


class ReportCountsTable:
    """Serves the port ReportCounts from DynamoDB.

    Args:
        client: of DynamoDB.
        table: name of the table `Control`.
        limit: reports of a key in a day (UTC).
    """

    def __init__(self, client: DynamoDBClient, table: str, limit: int) -> None:
        self._client = client
        self._table = table
        self._limit = limit

    def take(self, key: str, now: int) -> bool:
        """See the port."""
        day = now // DAY
        try:
            self._client.update_item(
                TableName=self._table,
                Key={"pk": {"S": f"{PREFIX}{write_day(day)}#{key}"}},
                UpdateExpression="SET expires = :expires ADD n :one",
                ConditionExpression="attribute_not_exists(n) OR n < :limit",
                ExpressionAttributeValues={
                    ":one": {"N": "1"},
                    ":limit": {"N": str(self._limit)},
                    ":expires": {"N": str((day + COUNT_DAYS) * DAY // 1000)},
                },
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        except FAILURES as error:
            raise unavailable(error) from error
        return True
