"""The number of minors that each API key has reported per day, in the table `Control`.

    `reports#<day>#<key id>`   `n`: the number of reports; it says nothing about the reported persons

One conditional UpdateItem increases the number, up to its limit. The limit holds for concurrent reports as
well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from heed.adapters.dynamodb.table import DynamoDBTable
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import DAY_MS
from heed.domain.privacy.retention import COUNT_DAYS
from heed.domain.rfc3339 import format_day
from heed.override import override
from heed.use_cases.ports.privacy import MinorReportCounts

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

REPORT_COUNT_PREFIX = "reports#"


class MinorReportCountsTable(MinorReportCounts):
    """Implements the port MinorReportCounts with DynamoDB.

    Args:
        client: DynamoDB client.
        table: Name of the table `Control`.
        limit: Daily cap (UTC) of reports per key.
    """

    def __init__(self, client: DynamoDBClient, table: str, limit: int) -> None:
        self._table = DynamoDBTable(client, table)
        self._limit = limit

    @override
    def count_report(self, key: str, now: Millis) -> bool:
        day = now // DAY_MS
        return self._table.try_update(
            {"pk": {"S": f"{REPORT_COUNT_PREFIX}{format_day(day)}#{key}"}},
            "SET expires = :expires ADD n :one",
            condition="attribute_not_exists(n) OR n < :limit",
            values={
                ":one": {"N": "1"},
                ":limit": {"N": str(self._limit)},
                ":expires": {"N": str((day + COUNT_DAYS) * DAY_MS // 1000)},
            },
        )
