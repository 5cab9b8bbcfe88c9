"""Whose turn it is to write: one item of the table `Control`."""

from __future__ import annotations

from heed.adapters.dynamodb.table import TableAdapter
from heed.override import override
from heed.use_cases.ports.import_writes import WriterTurn

WRITER_KEY = "bulk-writer"
_KEY = {"pk": {"S": WRITER_KEY}}


class WriterTurnTable(TableAdapter, WriterTurn):
    """Implements the port WriterTurn with DynamoDB."""

    @override
    def find_job(self) -> str | None:
        item = self._table.get(_KEY)
        return item["job"]["S"] if item else None

    @override
    def pass_on(self, current: str | None, following: str) -> bool:
        condition, values = ("attribute_not_exists(pk)", {})
        if current is not None:
            condition, values = "job = :job", {":job": {"S": current}}
        return self._table.try_put({**_KEY, "job": {"S": following}}, condition=condition, values=values)
