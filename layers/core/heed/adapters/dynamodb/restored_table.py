"""A restored copy of the table `Preferences`, read in full, beside the live table."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from heed.adapters.aws import FAILURES, unavailable, whole
from heed.adapters.dynamodb.feed_index import feed_position
from heed.codec.attributes import Item, number, of_our_form, recipient
from heed.codec.due_work import work_of
from heed.codec.record import to_record
from heed.domain.errors import NotFound, UnreadableRecord
from heed.domain.preferences.record import Record
from heed.use_cases.ports.privacy import Copy

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class CopiesTable:
    """Serves the port Copies from DynamoDB.

    Args:
        client: of DynamoDB.
        copy, live: names of the two tables.
    """

    def __init__(self, client: DynamoDBClient, copy: str, live: str) -> None:
        self._client = client
        self._copy = copy
        self._live = live

    def all(self) -> Iterator[Copy]:
        """See the port. NotFound: there is no table of that name."""
        request: dict[str, Any] = {"TableName": self._copy, "ConsistentRead": True}
        while True:
            try:
                answer = self._client.scan(**request)
            except self._client.exceptions.ResourceNotFoundException as error:
                raise NotFound("no table of that name") from error
            except FAILURES as error:
                raise unavailable(error) from error
            yield from map(_copy_of, whole(answer, "Items"))
            if "LastEvaluatedKey" not in answer:
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def put_back(self, copy: Copy, now: int) -> bool:
        """See the port. The salt and the counter come back too, so that the ledger goes on."""
        changed: dict[str, Any] = {"chg_at": {"S": feed_position(now, copy.recipient)}}
        try:
            self._client.put_item(
                TableName=self._live,
                Item={**copy.whole, **changed},
                ConditionExpression="attribute_not_exists(id)",
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        except FAILURES as error:
            raise unavailable(error) from error
        return True


def _copy_of(item: Any) -> Copy:  # noqa: ANN401 - an item, as DynamoDB gives it
    """One that cannot be read says so when it is asked what it says, and ends no walk over the others."""
    try:
        whose, purges, ends = _outline(item)
    except UnreadableRecord:
        return Copy("", _unreadable, (), None, item)
    return Copy(whose, partial(to_record, item), purges, ends, item)


@of_our_form
def _outline(item: Item) -> tuple[str, tuple[str, ...], int | None]:
    """Whose it is, its purges, and when its time is over, milliseconds."""
    ends = number(item, "expires") * 1000 if "expires" in item else None
    return recipient(item), work_of(item).purges, ends


def _unreadable() -> Record:
    raise UnreadableRecord("the copy of an item")
