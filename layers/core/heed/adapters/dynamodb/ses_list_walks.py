"""Walks over SES's suppression list, in the table `Control`.

    ses-list       ended: number of the last walk that ended; place: where the next one goes on, sealed;
                   removed: it has removed something; until: somebody walks until then, or has died;
                   asked: another walk is asked for when this one ends
    purge#<id>     walk: number of the walk that has to end before the purge can be done

A walk compares the list with everybody on whom a purge is due when it begins. So a purge that was marked
then is proved by the end of that walk, and one that was marked by none, or came later, is not.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from heed.adapters.aws import FAILURES, get_item, unavailable, whole
from heed.adapters.dynamodb.purges import PREFIX
from heed.codec.attributes import COUNT_END, Item, number, of_our_form
from heed.domain.errors import UnreadableRecord
from heed.domain.privacy.purge import SES, State
from heed.use_cases.ports.ses_list import WalkState

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEY = "ses-list"
LEASE = 120_000  # milliseconds; longer than the function runs (a test compares)


class ListWalksTable:
    """Serves the port ListWalks from DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def ended(self) -> int:
        """See the port."""
        item = get_item(self._client, self._table, _key(KEY), consistent=False)
        return _state(item or {}).ended

    def take(self, now: int) -> WalkState | None:
        """See the port."""
        if state := self._take(now):
            return state
        self._update(
            KEY,
            UpdateExpression="SET asked = :yes",
            ExpressionAttributeValues={":yes": {"BOOL": True}},
        )
        return self._take(now)  # the other may have ended before it could see that it was asked

    def leave(self, place: bytes, *, has_removed: bool) -> None:
        """See the port."""
        self._update(
            KEY,
            UpdateExpression="SET place = :place, removed = :removed REMOVE #until",
            ExpressionAttributeValues={
                ":place": {"B": place},
                ":removed": {"BOOL": has_removed},
            },
        )

    def give_up(self) -> bool:
        """See the port."""
        return self._free("")

    def end(self, number: int) -> bool:
        """See the port."""
        values = {":number": {"N": str(number)}}
        return self._free("SET ended = :number ", ExpressionAttributeValues=values)

    def _free(self, said: str, **values: Any) -> bool:  # noqa: ANN401
        """Nobody walks any more; whether somebody has asked, which is heard by this."""
        before = self._update(
            KEY,
            UpdateExpression=f"{said}REMOVE place, removed, #until, asked",
            ReturnValues="ALL_OLD",
            **values,
        )
        return "asked" in (before or {})

    def await_walk(self, purge_id: str, number: int) -> bool:
        """See the port. A later number is one of walks whose count was lost, and begins again."""
        return self._of_purge(
            purge_id,
            "(attribute_not_exists(walk) OR walk >= :walk)",
            UpdateExpression="SET walk = :walk",
            ExpressionAttributeValues={":walk": {"N": str(number)}},
        )

    def await_number(self, purge_id: str, number: int) -> None:
        """See the port."""
        self._of_purge(
            purge_id,
            UpdateExpression="SET walk = :walk",
            ExpressionAttributeValues={":walk": {"N": str(number)}},
        )

    def count(self, purge_id: str) -> None:
        """See the port."""
        self._of_purge(
            purge_id,
            UpdateExpression="SET stores.#ses = if_not_exists(stores.#ses, :none) + :one",
            ExpressionAttributeNames={"#ses": SES},
            ExpressionAttributeValues={":none": {"N": "0"}, ":one": {"N": "1"}},
        )

    def _take(self, now: int) -> WalkState | None:
        before = self._update(
            KEY,
            UpdateExpression="SET #until = :until",
            ConditionExpression="attribute_not_exists(#until) OR #until < :now",
            ExpressionAttributeValues={
                ":until": {"N": str(now + LEASE)},
                ":now": {"N": str(now)},
            },
            ReturnValues="ALL_OLD",
        )
        return None if before is None else _state(before)

    def _of_purge(self, purge_id: str, *conditions: str, **request: Any) -> bool:  # noqa: ANN401
        """One write to a purge that is there and not done; whether it was made."""
        names = {"#state": "state", **request.pop("ExpressionAttributeNames", {})}
        values = {":done": {"S": State.DONE.value}, **request.pop("ExpressionAttributeValues")}
        after = self._update(
            PREFIX + purge_id,
            ConditionExpression=" AND ".join(
                ("attribute_exists(pk)", "#state <> :done", *conditions)
            ),
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=values,
            **request,
        )
        return after is not None

    def _update(self, key: str, **request: Any) -> Item | None:  # noqa: ANN401
        """One write, and what it returns; None: its condition refused it."""
        if "#until" in str(request):
            request["ExpressionAttributeNames"] = {"#until": "until"}
        try:
            answer = self._client.update_item(
                TableName=self._table, Key=_key(key), ReturnConsumedCapacity="TOTAL", **request
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return None
        except FAILURES as error:
            raise unavailable(error) from error
        whole(answer, "ConsumedCapacity")
        return answer.get("Attributes", {})


def _key(name: str) -> dict[str, Any]:
    return {"pk": {"S": name}}


def _state(item: Item) -> WalkState:
    """What the row says; of what nobody can read, as if it had never been said.

    Who still holds the walk has died in it, and may have removed something.
    """
    ended, place = 0, None
    with suppress(UnreadableRecord):
        ended = _ended(item)
    with suppress(UnreadableRecord):
        place = _place(item)
    has_removed = "until" in item or item.get("removed") != {"BOOL": False}
    return WalkState(ended, place, has_removed)


@of_our_form
def _ended(item: Item) -> int:
    return number(item, "ended", COUNT_END) if "ended" in item else 0


@of_our_form
def _place(item: Item) -> bytes | None:
    return bytes(item["place"]["B"]) if "place" in item else None
