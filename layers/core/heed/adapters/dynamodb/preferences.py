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

from heed.adapters.aws import FAILURES, get_item, unavailable, whole
from heed.adapters.dynamodb.attributes import Item
from heed.adapters.dynamodb.feed_index import feed_position, shard
from heed.adapters.dynamodb.late_wishes import late_room
from heed.adapters.dynamodb.link_tally import TallyUpdate, guess, tally_update
from heed.adapters.dynamodb.record_codec import SALT_SIZE, to_late, to_record, to_value
from heed.domain.errors import Contended, StoreUnavailable, UnreadableRecord
from heed.domain.links.repeats import BY_LINK, is_over, telling
from heed.domain.preferences.record import NOTHING, Record, merge, superseded
from heed.domain.preferences.register import MINOR, SOFT, Change
from heed.domain.privacy.retention import soft_due
from heed.use_cases.ports.preferences import UNREADABLE, Applied, Unreadable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_BATCH = 100  # keys a BatchGetItem takes
_PARALLEL = 4  # more threads gain nothing: parsing holds the interpreter
_ATTEMPTS = 8  # at the rest of a batch
_TRIES = 24  # at a write: who writes without end keeps nobody else out
_LONGEST_PAUSE = 0.1  # seconds between two of them; all pauses together are under two

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
        return to_record(get_item(self._client, self._table, {"id": {"S": recipient}}))

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
        for _ in self._tries():
            changes = decide(before)
            after = merge(before, changes)
            late = superseded(after, changes)
            if after == before:
                self._note_late(recipient, before, late, now)
                return Applied(before, before)
            written = [change for change in changes if before.takes(change)]
            told = telling(before.tally, before.registers, written, now)
            update = _update(
                before, after, recipient, now, tally_update(told, before, len(written), now)
            )
            condition = {"ConditionExpression": "attribute_not_exists(n)"}
            if before.n:
                update["ExpressionAttributeValues"][":n"] = {"N": str(before.n)}
                condition = {"ConditionExpression": "n = :n"}
            _, lost_to = self._write(recipient, {**update, **condition})
            if lost_to is None:
                salt = before.salt or update["ExpressionAttributeValues"][":salt"]["B"]
                after = replace(after, n=before.n + 1, salt=salt)
                self._note_late(recipient, after, late, now)
                return Applied(before, after)
            before = to_record(lost_to)
        raise Contended("the record changed under every attempt")

    def _apply_one(self, recipient: str, change: Change, now: int) -> Applied:
        """As a rule one request: another where a person's links are over for today, which it cannot know."""
        by_link = change.entry.source in BY_LINK
        tally = guess(now) if by_link else TallyUpdate(condition="")
        for _ in self._tries():
            old, lost_to = self._write(recipient, _one(change, recipient, now, tally))
            if lost_to is None:
                before = to_record(old)
                return Applied(before, replace(merge(before, [change]), n=before.n + 1))
            if not lost_to:
                raise StoreUnavailable("refused without saying what stands")
            before = to_record(lost_to)
            if not before.takes(change):
                self._note_late(recipient, before, superseded(before, [change]), now)
                return Applied(before, before)
            told = telling(before.tally, before.registers, [change], now)
            tally = tally_update(told, before, 1, now)
        raise Contended("the record changed under every attempt")

    def settle(self, recipient: str, entered: Iterable[Change]) -> None:
        """See the port LateWishes. Nothing of the record is asked back: its caller may touch no more."""
        try:
            self._client.update_item(
                TableName=self._table,
                Key={"id": {"S": recipient}},
                UpdateExpression="DELETE late :late",
                # Where somebody put something else there, taking from it would fail for ever.
                ConditionExpression="attribute_type(late, :set)",
                ExpressionAttributeValues={":late": _waiting(entered), ":set": {"S": "SS"}},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return  # none waits, or there is no record any more
        except FAILURES as error:
            raise unavailable(error) from error

    def _note_late(self, recipient: str, record: Record, late: Sequence[Change], now: int) -> None:
        """Put wishes that lost where the ledger's function finds them; after an erasure it is nobody's.

        Repeats by link that nobody is told of any more today wait for nobody.

        Raises:
            StoreUnavailable: so many wait for the ledger already that the item must not grow.
        """
        if is_over(record.tally, now):
            late = [change for change in late if change.entry.source not in BY_LINK]
        if not record.salt:
            return
        for wishes, room in late_room(map(to_late, late)):
            values: dict[str, Any] = {
                ":late": {"SS": wishes},
                ":salt": {"B": record.salt},
                ":room": {"N": str(room)},
            }
            update = {
                "UpdateExpression": "ADD late :late",
                "ConditionExpression": "salt = :salt AND (attribute_not_exists(late) OR size(late) <= :room)",
                "ExpressionAttributeValues": values,
            }
            _, lost_to = self._write(recipient, update)
            if not lost_to or lost_to.get("salt") != values[":salt"]:
                continue
            if not {*wishes} <= {*lost_to.get("late", {}).get("SS", ())}:
                raise StoreUnavailable("too many late wishes wait for the ledger")

    def _tries(self) -> Iterator[None]:
        """One for each try at a write; from the third on after a pause that no two writers share."""
        for n in range(_TRIES):
            if n > 1:
                self._pause(min(_LONGEST_PAUSE, 0.005 * 2**n) * secrets.randbelow(1_000) / 1_000)
            yield

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


def _one(change: Change, recipient: str, now: int, tally: TallyUpdate) -> dict[str, Any]:
    """The request that writes one change, on the condition that the write rule is."""
    update = _update(NOTHING, merge(NOTHING, [change]), recipient, now, tally)
    values = update["ExpressionAttributeValues"]
    values[":t"] = {"N": str(change.entry.at)}
    update.setdefault("ExpressionAttributeNames", {})["#minor"] = MINOR.code
    if change.register == SOFT:
        values[":day"] = {"N": str(change.entry.day)}
        fits = "NOT contains(soft, :day)"
    else:
        values[":ev"] = {"S": change.entry.tie}
        fits = _GREATER
    if tally.condition:
        values |= tally.condition_values
        fits = f"{fits} AND {tally.condition}"
    return {**update, "ConditionExpression": f"{fits} AND {_EPOCH}"}


def _update(
    before: Record, after: Record, recipient: str, now: int, tally: TallyUpdate
) -> dict[str, Any]:
    """The expressions that turn one record into the other, and mark the change."""
    written = [one for one, entry in after.registers.items() if before.get(one) != entry]
    days = after.soft - before.soft
    sets = ["salt = if_not_exists(salt, :salt)", "chg_at = :now", *tally.sets]
    names: dict[str, str] = {}
    values: dict[str, Any] = {
        ":salt": {"B": secrets.token_bytes(SALT_SIZE)},
        ":now": {"S": feed_position(now, recipient)},
        ":one": {"N": "1"},
        **tally.values,
    }
    if days or any(register.may_stop for register in written):
        sets.append("chg_shard = :shard")
        values[":shard"] = {"S": shard(recipient)}
    for place, register in enumerate(written):
        # The first is #r, which a condition names; all are short, since an expression has 4 KB at most.
        alias, value = f"#{place:x}" if place else "#r", f":{place:x}"
        names[alias] = register.code
        values[value] = to_value(after.registers[register])
        sets.append(f"{alias}={value}")
    adds = ["n :one", *tally.adds]
    if days:
        # Days that no decision looks at any more are pruned by the sweep, which looks at what is due alone.
        sets.append("due = if_not_exists(due, :due), due_shard = :shard")
        values[":due"] = {"N": str(soft_due(min(days)))}
        values[":days"] = {"NS": [str(day) for day in sorted(days)]}
        adds.append("soft :days")
    removes = f" REMOVE {','.join(tally.removes)}" if tally.removes else ""
    expressions: dict[str, Any] = {
        "UpdateExpression": f"SET {','.join(sets)} ADD {','.join(adds)}{removes}",
        "ExpressionAttributeValues": values,
    }
    if names:  # of soft days alone there are none, and DynamoDB refuses an empty map
        expressions["ExpressionAttributeNames"] = names
    return expressions
