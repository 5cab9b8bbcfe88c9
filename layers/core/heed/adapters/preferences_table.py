"""The registers of every recipient, in the table `Preferences`.

One item a recipient. One change is one conditional UpdateItem: the condition is the write rule, and
what the table answers (`ALL_OLD`, also when the condition fails) merged with the change is the record
after it, so that no second read is needed. A failed condition is no error: it may be our own first
attempt that did commit before its answer was lost.

A wish that came late changes no register, and yet belongs in the ledger. It is put into the set `late` of
the item, from where the ledger's function takes it: with the write that it came with, or, where that
changes nothing, with one more (docs/decisions/0020-a-wish-that-came-late.md).
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from heed.actions.ports import UNREADABLE, Applied, Unreadable
from heed.adapters.aws import FAILURES, unavailable, whole
from heed.adapters.items import Item, is_stop, to_late, to_record, to_value
from heed.domain import recipient as recipients
from heed.domain.errors import Contended, StoreUnavailable, UnreadableRecord
from heed.domain.record import NOTHING, Record, merge, superseded
from heed.domain.register import MINOR, SOFT, Change
from heed.domain.retention import soft_due

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SHARDS = 16  # of the index Changes: one key would cap the whole table at 1,000 writes a second
_BATCH = 100  # keys a BatchGetItem takes
_PARALLEL = 4  # more threads gain nothing: parsing holds the interpreter
_ATTEMPTS = 8  # at a write of several registers, and at the rest of a batch
MOST_WAITING = 200  # wishes in `late` at most; a tenth of what an item of 400 kB could hold

_EPOCH = "(attribute_not_exists(f) OR f < :t) AND attribute_not_exists(#minor)"
_GREATER = "(attribute_not_exists(#r) OR #r.t < :t OR (#r.t = :t AND #r.ev < :ev))"


class PreferencesTable:
    """Serves the port Preferences from DynamoDB."""

    def __init__(
        self, client: DynamoDBClient, table: str, pause: Callable[[float], None] = time.sleep
    ) -> None:
        self._client = client
        self._table = table
        self._pause = pause

    def read(self, recipient: str) -> Record:
        """See the port."""
        try:
            answer = self._client.get_item(
                TableName=self._table,
                Key={"id": {"S": recipient}},
                ConsistentRead=True,
                ReturnConsumedCapacity="TOTAL",
            )
        except FAILURES as error:
            raise unavailable(error) from error
        whole(answer, "ConsumedCapacity")
        return to_record(answer.get("Item"))

    def read_many(self, recipients: Iterable[str]) -> Mapping[str, Record | Unreadable]:
        """See the port."""
        ids = list(dict.fromkeys(recipients))
        batches = [ids[start : start + _BATCH] for start in range(0, len(ids), _BATCH)]
        found: dict[str, Record | Unreadable] = dict.fromkeys(ids, NOTHING)
        if len(batches) == 1:
            found.update(self._batch(batches[0]))
        else:
            with ThreadPoolExecutor(_PARALLEL) as pool:
                for part in pool.map(lambda batch: list(self._batch(batch)), batches):
                    found.update(part)
        return found

    def apply(self, recipient: str, changes: Sequence[Change], now: int) -> Applied:
        """See the port."""
        if len(changes) == 1:
            return self._apply_one(recipient, changes[0], now)
        return self.update(recipient, lambda _: changes, now)

    def update(
        self, recipient: str, decide: Callable[[Record], Sequence[Change]], now: int
    ) -> Applied:
        """See the port."""
        before = self.read(recipient)
        for _ in range(_ATTEMPTS):
            changes = decide(before)
            after = merge(before, changes)
            late = superseded(after, changes)
            if after == before:
                self._note_late(recipient, before, late)
                return Applied(before, before)
            update = _update(before, after, recipient, now, late)
            condition = {"ConditionExpression": "attribute_not_exists(n)"}
            if before.n:
                update["ExpressionAttributeValues"][":n"] = {"N": str(before.n)}
                condition = {"ConditionExpression": "n = :n"}
            _, lost_to = self._write(recipient, {**update, **condition})
            if lost_to is None:
                return Applied(before, replace(after, n=before.n + 1))
            before = to_record(lost_to)
        raise Contended("the record changed under every attempt")

    def _apply_one(self, recipient: str, change: Change, now: int) -> Applied:
        update = _update(NOTHING, merge(NOTHING, [change]), recipient, now)
        values = update["ExpressionAttributeValues"]
        values[":t"] = {"N": str(change.entry.at)}
        update.setdefault("ExpressionAttributeNames", {})["#minor"] = MINOR
        if change.register == SOFT:
            values[":day"] = {"N": str(change.entry.day)}
            fits = "NOT contains(soft, :day)"
        else:
            values[":ev"] = {"S": change.entry.tie}
            fits = _GREATER
        old, lost_to = self._write(
            recipient, {**update, "ConditionExpression": f"{fits} AND {_EPOCH}"}
        )
        if lost_to is None:
            before = to_record(old)
            return Applied(before, replace(merge(before, [change]), n=before.n + 1))
        if not lost_to:
            raise StoreUnavailable("refused without saying what stands")
        before = to_record(lost_to)
        self._note_late(recipient, before, superseded(before, [change]))
        return Applied(before, merge(before, [change]))

    def settle(self, recipient: str, entered: Iterable[Change]) -> None:
        """See the port LateWishes. Nothing of the record is asked back: its caller may touch no more."""
        try:
            self._client.update_item(
                TableName=self._table,
                Key={"id": {"S": recipient}},
                UpdateExpression="DELETE late :late",
                ConditionExpression="attribute_exists(late)",
                ExpressionAttributeValues={":late": _waiting(entered)},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return  # none waits, or there is no record any more
        except FAILURES as error:
            raise unavailable(error) from error

    def _note_late(self, recipient: str, record: Record, late: Sequence[Change]) -> None:
        """Put wishes that lost where the ledger's function finds them; after an erasure it is nobody's.

        Raises:
            StoreUnavailable: so many wait for the ledger already that the item must not grow.
        """
        if late and record.salt:
            values: dict[str, Any] = {":late": _waiting(late), ":salt": {"B": record.salt}}
            values[":room"] = {"N": str(MOST_WAITING)}
            update = {
                "UpdateExpression": "ADD late :late",
                "ConditionExpression": "salt = :salt AND (attribute_not_exists(late) OR size(late) < :room)",
                "ExpressionAttributeValues": values,
            }
            _, lost_to = self._write(recipient, update)
            if lost_to and lost_to.get("salt", {}).get("B") == record.salt:
                raise StoreUnavailable("too many late wishes wait for the ledger")

    def _write(self, recipient: str, update: dict[str, Any]) -> tuple[Item | None, Item | None]:
        """The item before the write, and, if the condition refused it, the item as it stands."""
        try:
            answer = self._client.update_item(
                TableName=self._table,
                Key={"id": {"S": recipient}},
                ReturnValues="ALL_OLD",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                ReturnConsumedCapacity="TOTAL",
                **update,
            )
        except self._client.exceptions.ConditionalCheckFailedException as error:
            return None, error.response.get("Item", {})  # type: ignore[return-value]
        except FAILURES as error:
            raise unavailable(error) from error
        whole(answer, "ConsumedCapacity")
        return answer.get("Attributes"), None

    def _batch(self, ids: list[str]) -> Iterator[tuple[str, Record | Unreadable]]:
        keys: list[Any] = [{"id": {"S": one}} for one in ids]
        for attempt in range(_ATTEMPTS):
            if not keys:
                return
            if attempt:
                self._pause(0.02 * 2**attempt)
            try:
                answer = self._client.batch_get_item(
                    RequestItems={self._table: {"Keys": keys, "ConsistentRead": True}}
                )
            except FAILURES as error:
                raise unavailable(error) from error
            for item in whole(answer, "Responses").get(self._table, []):
                yield item["id"]["S"], _readable(item)
            unread = answer.get("UnprocessedKeys", {}).get(self._table)
            keys = list(unread["Keys"]) if unread else []
        if keys:
            raise StoreUnavailable("keys left unread")


def _readable(item: Item) -> Record | Unreadable:
    try:
        return to_record(item)
    except UnreadableRecord:
        return UNREADABLE


def _waiting(late: Iterable[Change]) -> dict[str, Any]:
    return {"SS": sorted(map(to_late, late))}


def _update(
    before: Record, after: Record, recipient: str, now: int, late: Sequence[Change] = ()
) -> dict[str, Any]:
    """The expressions that turn one record into the other, and mark the change."""
    written = [name for name, entry in after.registers.items() if before.get(name) != entry]
    days = after.soft - before.soft
    sets = ["salt = if_not_exists(salt, :salt)", "chg_at = :now"]
    names: dict[str, str] = {}
    values: dict[str, Any] = {
        ":salt": {"B": secrets.token_bytes(16)},
        ":now": {"S": feed_position(now, recipient)},
        ":one": {"N": "1"},
    }
    if days or any(map(is_stop, written)):
        sets.append("chg_shard = :shard")
        values[":shard"] = {"S": shard(recipient)}
    for place, name in enumerate(written):
        # The first is #r, which a condition names; all are short, since an expression has 4 KB at most.
        alias, value = f"#{place:x}" if place else "#r", f":{place:x}"
        names[alias] = name
        values[value] = to_value(after.registers[name])
        sets.append(f"{alias}={value}")
    add = "n :one"
    if days:
        # Days that no decision looks at any more are pruned by the sweep, which looks at what is due alone.
        sets.append("due = if_not_exists(due, :due), due_shard = :shard")
        values[":due"] = {"N": str(soft_due(min(days)))}
        values[":days"] = {"NS": [str(day) for day in sorted(days)]}
        add = "n :one, soft :days"
    if late:
        values[":late"] = _waiting(late)
        add = f"{add}, late :late"
    expressions: dict[str, Any] = {
        "UpdateExpression": f"SET {','.join(sets)} ADD {add}",
        "ExpressionAttributeValues": values,
    }
    if names:  # of soft days alone there are none, and DynamoDB refuses an empty map
        expressions["ExpressionAttributeNames"] = names
    return expressions


def feed_position(at: int, recipient: str) -> str:
    """Where a change stands in the feed: sorts by time, and is unique."""
    return f"{at:015d}{recipient}"


def shard(recipient: str) -> str:
    """The shard of the index Changes that a recipient is in."""
    return str(recipients.to_bytes(recipient)[0] % SHARDS)
