"""Whose turn it is to write: one item of the table `Control`."""

from __future__ import annotations

from typing import Any

from heed.adapters.dynamodb.table import TableAdapter
from heed.codec.attributes import Item
from heed.domain.milliseconds import Millis
from heed.override import override
from heed.use_cases.ports.import_writes import Turn, TurnClaim, WriterTurn

WRITER_KEY = "bulk-writer"
_KEY = {"pk": {"S": WRITER_KEY}}
_HOLDER, _WAITING = ("job", "at"), ("waiting", "waiting_at")  # the attributes of the two claims


class WriterTurnTable(TableAdapter, WriterTurn):
    """Implements the port WriterTurn with DynamoDB."""

    @override
    def find(self) -> Turn:
        item = self._table.get(_KEY) or {}
        return Turn(_to_claim(item, *_HOLDER), _to_claim(item, *_WAITING))

    @override
    def replace(self, current: Turn, changed: Turn) -> bool:
        condition, values = ("attribute_not_exists(pk)", {})
        if current.holder is not None:
            condition, values = "job = :job", {":job": {"S": current.holder.job}}
        claims = _to_attributes(changed.holder, *_HOLDER) | _to_attributes(changed.waiting, *_WAITING)
        return self._table.try_put(_KEY | claims, condition=condition, values=values)


def _to_claim(item: Item, job: str, at: str) -> TurnClaim | None:
    return TurnClaim(item[job]["S"], Millis(int(item[at]["N"]))) if job in item else None


def _to_attributes(claim: TurnClaim | None, job: str, at: str) -> dict[str, Any]:
    return {} if claim is None else {job: {"S": claim.job}, at: {"N": str(claim.at)}}
