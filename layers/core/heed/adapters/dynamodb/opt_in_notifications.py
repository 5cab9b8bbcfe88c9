"""Which confirmations were followed up, in the table `Control`: one item a recipient.

    told#<recipient>   h<issued>: that a press waits to be followed up; p<issued>: the press that took
                       the telling; d<issued>: that it is done

The first press that comes takes the telling; its own message, delivered again, may go on with it, and
another press of the same link may not. So the adopter is told once, and once more only where the
answer of its queue was lost. One item a recipient, so that a purge finds it by its name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from heed.adapters.aws import FAILURES, get_item, unavailable
from heed.use_cases.ports.privacy import Person

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PREFIX = "told#"
"""What the key of every item begins with: the role may touch no other."""

_KEPT = 30 * 24 * 60 * 60  # seconds: twice as long as a press can wait in its queues


class TellingsTable:
    """Serves the port Tellings."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def begin(self, recipient: str, issued: int, press: str, now: int) -> bool:
        """See the port."""
        try:
            answer = self._client.update_item(
                TableName=self._table,
                Key=_key(recipient),
                UpdateExpression="SET #press = :press, expires = :expires",
                ConditionExpression=(
                    "attribute_not_exists(#press) OR "
                    "(#press = :press AND attribute_not_exists(#done))"
                ),
                ExpressionAttributeNames={"#press": f"p{issued}", "#done": f"d{issued}"},
                ExpressionAttributeValues={
                    ":press": {"S": press},
                    ":expires": {"N": str(now // 1000 + _KEPT)},
                },
                ReturnValues="ALL_NEW",
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        except FAILURES as error:
            raise unavailable(error) from error
        self._forget(recipient, _over(answer["Attributes"], issued, now))
        return True

    def is_handed_on(self, recipient: str, issued: int) -> bool:
        """See the port."""
        return f"h{issued}" in (get_item(self._client, self._table, _key(recipient)) or {})

    def hand_on(self, recipient: str, issued: int, now: int) -> None:
        """See the port."""
        try:
            answer = self._client.update_item(
                TableName=self._table,
                Key=_key(recipient),
                UpdateExpression="SET #handed = :yes, expires = :expires",
                ExpressionAttributeNames={"#handed": f"h{issued}"},
                ExpressionAttributeValues={
                    ":yes": {"BOOL": True},
                    ":expires": {"N": str(now // 1000 + _KEPT)},
                },
                ReturnValues="ALL_NEW",
            )
        except FAILURES as error:
            raise unavailable(error) from error
        self._forget(recipient, _over(answer["Attributes"], issued, now))

    def finish(self, recipient: str, issued: int) -> None:
        """See the port. The condition: what a purge took meanwhile is not made again."""
        try:
            self._client.update_item(
                TableName=self._table,
                Key=_key(recipient),
                UpdateExpression="SET #done = :yes",
                ConditionExpression="attribute_exists(#press)",
                ExpressionAttributeNames={"#press": f"p{issued}", "#done": f"d{issued}"},
                ExpressionAttributeValues={":yes": {"BOOL": True}},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return
        except FAILURES as error:
            raise unavailable(error) from error

    def clear(self, person: Person) -> int:
        """See the port PersonalStore."""
        try:
            answer = self._client.delete_item(
                TableName=self._table, Key=_key(person.recipient), ReturnValues="ALL_OLD"
            )
        except FAILURES as error:
            raise unavailable(error) from error
        return 1 if answer.get("Attributes") else 0

    def _forget(self, recipient: str, over: list[str]) -> None:
        """Whoever confirms something every week has an item that does not end: it must not grow either."""
        if not over:
            return
        names = {f"#{name}": name for name in over}
        try:
            self._client.update_item(
                TableName=self._table,
                Key=_key(recipient),
                UpdateExpression=f"REMOVE {', '.join(names)}",
                ConditionExpression="attribute_exists(pk)",
                ExpressionAttributeNames=names,
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return
        except FAILURES as error:
            raise unavailable(error) from error


def _key(recipient: str) -> dict[str, Any]:
    return {"pk": {"S": PREFIX + recipient}}


def _over(item: Mapping[str, Any], issued: int, now: int) -> list[str]:
    """The attributes of other confirmations, asked for so long ago that nobody presses them any more."""
    return [
        name
        for name in sorted(item)
        if _names_a_time(name) and int(name[1:]) != issued
        if int(name[1:]) < now - _KEPT * 1000
    ]


def _names_a_time(name: str) -> bool:
    """Whether an attribute is one of a confirmation; another hand may have put others there."""
    written = name[1:]
    return (
        name[:1] in ("h", "p", "d")
        and written.isascii()
        and written.isdecimal()
        and len(written) < 16
    )
