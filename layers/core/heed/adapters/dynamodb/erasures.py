"""New epochs, and the work that they leave, in the table `Preferences`.

The index `Due` holds only items on which work is due, in the order of when: a purge (the item, and the
index with it, then also has `purge`, the ids), or days of soft bounces that are older than any decision
looks back.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from heed.adapters.aws import FAILURES, get_item, unavailable, whole
from heed.adapters.dynamodb.attributes import Item, instant_or_none, number, of_our_form, text
from heed.adapters.dynamodb.feed_index import SHARDS, feed_position, shard
from heed.adapters.dynamodb.link_tally import SPARED
from heed.adapters.dynamodb.record_codec import soft_days, to_record, to_value
from heed.domain.preferences.record import Record
from heed.domain.preferences.register import HOLD, LIFT_HOLD, MINOR, Change
from heed.domain.privacy.erasure import Cause, Epoch
from heed.domain.privacy.purge import is_id
from heed.domain.privacy.retention import soft_days_over, soft_due
from heed.use_cases.ports.privacy import Due, DueWork, Standing

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_INDEX = "Due"


class EpochsTable:
    """Serves the port Epochs from DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def read(self, recipient: str) -> Standing:
        """See the port."""
        return _standing(get_item(self._client, self._table, {"id": {"S": recipient}}))

    def begin(self, recipient: str, epoch: Epoch, before: Record, now: int) -> Standing | None:
        """See the port. A first attempt that did commit is known by the purge in the evidence."""
        condition, values = _as_read(before)
        among: dict[str, Any] = {"ExpressionAttributeValues": values} if values else {}
        try:
            self._client.put_item(
                TableName=self._table,
                Item=to_item(recipient, epoch, now),
                ConditionExpression=condition,
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                **among,
            )
        except self._client.exceptions.ConditionalCheckFailedException as error:
            return _standing(error.response.get("Item"))  # type: ignore[arg-type]
        except FAILURES as error:
            raise unavailable(error) from error
        return None

    def keep(self, recipient: str, change: Change, before: Record, now: int) -> Standing | None:
        """See the port. Nothing else that is said in the item is touched, and it gets no end."""
        condition, values = _as_read(before)
        try:
            self._client.update_item(
                TableName=self._table,
                Key={"id": {"S": recipient}},
                UpdateExpression=(
                    "SET #register = :entry, salt = if_not_exists(salt, :salt), "
                    f"chg_at = :now, chg_shard = :shard ADD n :one REMOVE {SPARED}"
                ),
                ConditionExpression=condition,
                ExpressionAttributeNames={"#register": change.register.code},
                ExpressionAttributeValues={
                    ":entry": to_value(change.entry),
                    ":salt": {"B": secrets.token_bytes(16)},
                    ":now": {"S": feed_position(now, recipient)},
                    ":shard": {"S": shard(recipient)},
                    ":one": {"N": "1"},
                    **values,
                },
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._client.exceptions.ConditionalCheckFailedException as error:
            return _standing(error.response.get("Item"))  # type: ignore[arg-type]
        except FAILURES as error:
            raise unavailable(error) from error
        return None

    def due(self, now: int) -> Iterator[Due]:
        """See the port."""
        for place in range(SHARDS):
            request: dict[str, Any] = {
                "TableName": self._table,
                "IndexName": _INDEX,
                "KeyConditionExpression": "due_shard = :shard AND due <= :now",
                "ExpressionAttributeValues": {
                    ":shard": {"S": str(place)},
                    ":now": {"N": str(now)},
                },
            }
            while True:
                try:
                    answer = self._client.query(**request)
                except FAILURES as error:
                    raise unavailable(error) from error
                for item in whole(answer, "Items"):
                    # The index holds any number up to now, also one that we would never write.
                    since = max(0, int(Decimal(item["due"]["N"])))
                    yield Due(item["id"]["S"], since, _purges(item))
                if "LastEvaluatedKey" not in answer:
                    break
                request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def work(self, recipient: str) -> DueWork | None:
        """See the port. Half a unit: the index, too, tells what was so a moment ago."""
        item = get_item(self._client, self._table, {"id": {"S": recipient}}, consistent=False)
        return work_of(item) if item and "due" in item else None

    def settle(self, recipient: str, purges: tuple[str, ...]) -> None:
        """See the port. Days of soft bounces that came meanwhile are due at their own time."""
        done = {":purge": {"S": " ".join(purges)}}
        is_done = self._update(
            recipient,
            UpdateExpression="REMOVE due, due_shard, purge",
            ConditionExpression="purge = :purge AND attribute_not_exists(soft)",
            ExpressionAttributeValues=done,
        )
        if not is_done and (left := self.work(recipient)) and left.soft:
            due = soft_due(min(left.soft))
            self._update(
                recipient,
                UpdateExpression="SET due = :due REMOVE purge",
                ConditionExpression="purge = :purge",
                ExpressionAttributeValues={**done, ":due": {"N": str(due)}},
            )

    def prune(self, recipient: str, soft: frozenset[int], now: int) -> None:
        """See the port. The counter stays: no decision, past or to come, is changed by it."""
        over = soft_days_over(soft, now)
        expression, values = "REMOVE due, due_shard", {":soft": _days(soft)}
        if left := soft - over:
            expression, values[":due"] = "SET due = :due", {"N": str(soft_due(min(left)))}
        if over:
            expression, values[":over"] = f"{expression} DELETE soft :over", _days(over)
        self._update(
            recipient,
            UpdateExpression=expression,
            ConditionExpression="soft = :soft AND attribute_not_exists(purge)",
            ExpressionAttributeValues=values,
        )

    def _update(self, recipient: str, **request: Any) -> bool:  # noqa: ANN401
        """One write; whether it was made. Refused by its condition it was made before, or all changed."""
        try:
            self._client.update_item(TableName=self._table, Key={"id": {"S": recipient}}, **request)
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        except FAILURES as error:
            raise unavailable(error) from error
        return True


@of_our_form
def work_of(item: Item) -> DueWork:
    """What is due on an item; also on the image of one that the table's stream has.

    Raises:
        UnreadableRecord: it is not of our form.
    """
    purges = tuple(text(item, "purge").split()) if "purge" in item else ()
    if not all(map(is_id, purges)):
        raise ValueError("no purges of ours")
    return DueWork(
        purges=purges,
        floor=instant_or_none(item, "f") or 0,
        cause=Cause.MINOR if MINOR.code in item else Cause.ERASURE,
        soft=soft_days(item),
        is_held=_is_held(item),
    )


def _purges(item: Item) -> tuple[str, ...] | None:
    """The purges that the index has of an item; whatever else stands there is none of ours, and due."""
    return tuple(filter(is_id, item["purge"].get("S", "").split())) if "purge" in item else None


def _is_held(item: Item) -> bool:
    """As the record's own rule has it, from the two registers alone: an old image may hold others."""
    said = {r: number(item[r.code]["M"], "t") for r in (HOLD, LIFT_HOLD) if r.code in item}
    return HOLD in said and said[HOLD] >= said.get(LIFT_HOLD, said[HOLD])


def _as_read(before: Record) -> tuple[str, dict[str, Any]]:
    """The condition that the item is the one that was read, and the values in it."""
    return ("n = :n", {":n": {"N": str(before.n)}}) if before.n else ("attribute_not_exists(n)", {})


def _standing(item: Item | None) -> Standing:
    return Standing(to_record(item), work_of(item).purges if item else ())


def _days(days: frozenset[int]) -> dict[str, Any]:
    return {"NS": [str(day) for day in sorted(days)]}


def to_item(recipient: str, epoch: Epoch, now: int) -> Item:
    """The whole item that an epoch begins with: no salt, and nothing of what was before."""
    record = epoch.record
    item: dict[str, Any] = {
        "id": {"S": recipient},
        "n": {"N": str(record.n)},
        "f": {"N": str(record.floor)},
        "chg_at": {"S": feed_position(now, recipient)},
        "chg_shard": {"S": shard(recipient)},
        **{register.code: to_value(entry) for register, entry in record.registers.items()},
    }
    if epoch.purges:
        item |= {
            "purge": {"S": " ".join(epoch.purges)},
            "due": {"N": str(now)},
            "due_shard": {"S": shard(recipient)},
        }
    if epoch.ends is not None:
        item["expires"] = {"N": str(epoch.ends // 1000)}
    return item
