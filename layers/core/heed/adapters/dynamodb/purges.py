"""Purges, in the table `Control`: one item each, a work order first, a certificate at last."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from heed.adapters.aws import FAILURES, get_item, unavailable
from heed.codec.attributes import (
    COUNT_END,
    Item,
    instant_or_none,
    number,
    of_our_form,
    text,
)
from heed.domain.preferences.register import DAY
from heed.domain.privacy.erasure import Cause
from heed.domain.privacy.purge import Purge, State, most
from heed.domain.privacy.retention import CERTIFICATE_DAYS, ORDER_DAYS

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PREFIX = "purge#"


class PurgesTable:
    """Serves the port Purges from DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def order(self, purge: Purge, now: int) -> None:
        """See the port."""
        item = {**_to_item(purge), "expires": _in_days(now, ORDER_DAYS)}
        self._put(
            Item=item,
            ConditionExpression="attribute_not_exists(#state) OR #state = :due",
            ExpressionAttributeNames={"#state": "state"},
            ExpressionAttributeValues={":due": {"S": State.DUE.value}},
        )

    def promise(self, purge: Purge) -> None:
        """See the port."""
        self._put(Item=_to_item(purge), ConditionExpression="attribute_not_exists(pk)")

    def drop(self, purge_id: str) -> None:
        """See the port."""
        try:
            self._client.delete_item(TableName=self._table, Key=_key(purge_id))
        except FAILURES as error:
            raise unavailable(error) from error

    def begin(self, purge_id: str, cause: Cause, requested_at: int) -> Purge:
        """See the port. One write, which also reads."""
        try:
            answer = self._client.update_item(
                TableName=self._table,
                Key=_key(purge_id),
                UpdateExpression=(
                    "SET #state = :running, cause = if_not_exists(cause, :cause), "
                    "requested_at = if_not_exists(requested_at, :at), "
                    "stores = if_not_exists(stores, :none), expires = :expires"
                ),
                ConditionExpression="attribute_not_exists(#state) OR #state <> :done",
                ExpressionAttributeNames={"#state": "state"},
                ExpressionAttributeValues={
                    ":running": {"S": State.RUNNING.value},
                    ":done": {"S": State.DONE.value},
                    ":cause": {"S": cause.value},
                    ":at": {"N": str(requested_at)},
                    ":none": {"M": {}},
                    ":expires": _in_days(requested_at, CERTIFICATE_DAYS),
                },
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._client.exceptions.ConditionalCheckFailedException as error:
            return _to_purge(error.response["Item"])  # type: ignore[typeddict-item]
        except FAILURES as error:
            raise unavailable(error) from error
        return _to_purge(answer["Attributes"])

    def note(self, purge: Purge, stores: Mapping[str, int]) -> None:
        """See the port. Another run may note at once: of each store the certificate has the most."""
        self._add(purge, stores)

    def finish(self, purge: Purge, stores: Mapping[str, int], now: int) -> None:
        """See the port. The name of the subject goes with it."""
        try:
            self._client.update_item(
                TableName=self._table,
                Key=_key(purge.id),
                UpdateExpression=(
                    "SET #state = :done, completed_at = :now, stores = :stores, "
                    "expires = :expires REMOVE subject, walk"
                ),
                ConditionExpression="#state = :running",
                ExpressionAttributeNames={"#state": "state"},
                ExpressionAttributeValues={
                    ":running": {"S": State.RUNNING.value},
                    ":done": {"S": State.DONE.value},
                    ":now": {"N": str(now)},
                    ":stores": _counts(most(purge.stores, stores)),
                    ":expires": _in_days(now, CERTIFICATE_DAYS),
                },
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._client.exceptions.ConditionalCheckFailedException as error:
            if there := error.response.get("Item"):
                self._add(_to_purge(there), stores)  # type: ignore[arg-type]
        except FAILURES as error:
            raise unavailable(error) from error

    def _add(self, there: Purge, stores: Mapping[str, int]) -> None:
        """Add what this run has found to what others have: the certificate has both."""
        both = most(there.stores, stores)
        if both == there.stores:
            return
        try:
            self._client.update_item(
                TableName=self._table,
                Key=_key(there.id),
                UpdateExpression="SET stores = :both",
                ConditionExpression="stores = :before",
                ExpressionAttributeValues={
                    ":both": _counts(both),
                    ":before": _counts(there.stores),
                },
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._client.exceptions.ConditionalCheckFailedException as error:
            # A third run; there are never many.
            if now := error.response.get("Item"):
                self._add(_to_purge(now), stores)  # type: ignore[arg-type]
        except FAILURES as error:
            raise unavailable(error) from error

    def _put(self, **request: Any) -> None:  # noqa: ANN401
        """One write, unless the condition says that there is no need of it."""
        try:
            self._client.put_item(TableName=self._table, **request)
        except self._client.exceptions.ConditionalCheckFailedException:
            return
        except FAILURES as error:
            raise unavailable(error) from error

    def find(self, purge_id: str) -> Purge | None:
        """See the port."""
        item = get_item(self._client, self._table, _key(purge_id))
        return _to_purge(item) if item else None


def _key(purge_id: str) -> dict[str, Any]:
    return {"pk": {"S": PREFIX + purge_id}}


def _counts(stores: Mapping[str, int]) -> dict[str, Any]:
    return {"M": {name: {"N": str(n)} for name, n in stores.items()}}


def _in_days(at: int, days: int) -> dict[str, str]:
    """When the table forgets an item: seconds, as its time to live has them."""
    return {"N": str((at + days * DAY) // 1000)}


def _to_item(purge: Purge) -> dict[str, Any]:
    item: dict[str, Any] = {
        **_key(purge.id),
        "state": {"S": purge.state.value},
        "cause": {"S": purge.cause.value},
        "requested_at": {"N": str(purge.requested_at)},
        "stores": _counts(purge.stores),
    }
    return item | ({"subject": {"S": purge.subject}} if purge.subject else {})


@of_our_form
def _to_purge(item: Item) -> Purge:
    stores = item["stores"]["M"]
    return Purge(
        id=text(item, "pk").removeprefix(PREFIX),
        cause=Cause(text(item, "cause")),
        state=State(text(item, "state")),
        requested_at=number(item, "requested_at"),
        completed_at=instant_or_none(item, "completed_at"),
        stores={name: number(stores, name, COUNT_END) for name in stores},
        subject=text(item, "subject") if "subject" in item else "",
        walk=number(item, "walk", COUNT_END) if "walk" in item else None,
    )
