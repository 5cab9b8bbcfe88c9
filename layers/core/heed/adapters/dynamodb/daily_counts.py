"""Counts with a daily cap (UTC), in the table `Control`. Each item expires.

    `reports#<day>#<name>`    `n`: the number of minors that an API key, or the sender of mails, has reported
    `answers#<day>#<name>`    `n`: the number of mails that were answered
    `forwards#<day>#<name>`   `n`: the number of mails that were forwarded
    `cases#<day>#<name>`      `n`: the number of mails that became cases
    `campaigns#<day>#<name>`  `n`: the number of campaigns that API keys named for the first time

The name is the id of an API key, a keyed hash of a sender's address or domain, or a word for all of them.
One conditional UpdateItem increases a number, up to its limit. So the limit holds for concurrent calls as
well.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from heed.adapters.dynamodb.table import DynamoDBTable
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import DAY_MS
from heed.domain.privacy.retention import COUNT_DAYS
from heed.domain.rfc3339 import format_day
from heed.override import override
from heed.use_cases.ports.daily_counts import DailyCounts

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class CountPrefix(StrEnum):
    """The prefix of each key, which says what is counted. A role may access only its own prefixes."""

    REPORTS = "reports#"
    ANSWERS = "answers#"
    FORWARDS = "forwards#"
    CASES = "cases#"
    CAMPAIGNS = "campaigns#"


class DailyCountsTable(DailyCounts):
    """Implements the port DailyCounts with DynamoDB.

    Args:
        client: DynamoDB client.
        table: Name of the table `Control`.
        prefix: What is counted.
        limit: Daily cap (UTC) of each name. With 0, nothing is within it.
    """

    def __init__(self, client: DynamoDBClient, table: str, prefix: CountPrefix, limit: int) -> None:
        self._table = DynamoDBTable(client, table)
        self._prefix = prefix
        self._limit = limit

    @override
    def count(self, name: str, now: Millis) -> bool:
        if self._limit == 0:
            return False  # the condition compares nothing for the first of a day
        day = now // DAY_MS
        return self._table.try_update(
            {"pk": {"S": f"{self._prefix}{format_day(day)}#{name}"}},
            "SET expires = :expires ADD n :one",
            condition="attribute_not_exists(n) OR n < :limit",
            values={
                ":one": {"N": "1"},
                ":limit": {"N": str(self._limit)},
                ":expires": {"N": str((day + COUNT_DAYS) * DAY_MS // 1000)},
            },
        )
