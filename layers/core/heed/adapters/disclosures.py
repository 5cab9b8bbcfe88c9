"""The register of disclosures, in the table `Control`: one item an entry, and one that says where it ends.

An entry is put where none is yet, which decides between all that append at once: who loses is given the
entry that won, and goes on behind it. The item that says where the end is may therefore lag: it is where
the search for the end begins.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from heed.adapters.attributes import COUNT_END, Item, number, of_our_form, text
from heed.adapters.aws import FAILURES, unavailable, whole
from heed.domain.disclosure import BEGINNING, Disclosed, Disclosing, Disclosure
from heed.domain.errors import Contended, StoreUnavailable, UnreadableRecord
from heed.domain.register import DAY
from heed.domain.retention import DISCLOSURE_DAYS

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PREFIX = "disclosure#"
_END = {"pk": {"S": f"{PREFIX}end"}}
_ATTEMPTS = 100  # others that may append while one does
_BEYOND = 10  # entries that may stand behind the end that is marked
_BATCH = 100  # keys that a BatchGetItem takes


class DisclosuresTable:
    """Serves the port Disclosures from DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def append(self, disclosing: Disclosing) -> Disclosed:
        """See the port."""
        number, before = self._end()
        for _ in range(_ATTEMPTS):
            entry = Disclosed(number + 1, before, disclosing)
            there = self._put(entry)
            if there is None:
                self._move_end(entry)
                return entry
            number, before = there.number, there.hash
        raise Contended("others appended before every attempt")

    def latest(self, before: int | None, limit: int) -> list[Disclosed]:
        """See the port."""
        # The end may lag behind those who were stopped before they could move it.
        last = self._end()[0] + _BEYOND if before is None else before - 1
        beyond = _BEYOND if before is None else 0
        numbers = range(last, max(last - limit - beyond, 0), -1)
        found = [
            entry
            for start in range(0, len(numbers), _BATCH)
            for entry in self._batch(numbers[start : start + _BATCH])
        ]
        return sorted(found, key=lambda entry: -entry.number)[:limit]

    def _end(self) -> tuple[int, str]:
        try:
            answer = self._client.get_item(TableName=self._table, Key=_END, ConsistentRead=True)
        except FAILURES as error:
            raise unavailable(error) from error
        item = answer.get("Item")
        return _to_end(item) if item else (0, BEGINNING)

    def _put(self, entry: Disclosed) -> Disclosed | None:
        """The entry that is there already, if one is.

        It may be our own, whose answer was lost: then it is on record twice, which is better than never.
        """
        try:
            self._client.put_item(
                TableName=self._table,
                Item=_to_item(entry),
                ConditionExpression="attribute_not_exists(pk)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._client.exceptions.ConditionalCheckFailedException as error:
            return _to_entry(error.response["Item"])  # type: ignore[typeddict-item]
        except FAILURES as error:
            raise unavailable(error) from error
        return None

    def _move_end(self, entry: Disclosed) -> None:
        """The end is never moved back; another that is further has the say."""
        try:
            self._client.update_item(
                TableName=self._table,
                Key=_END,
                UpdateExpression="SET #number = :number, #hash = :hash",
                ConditionExpression="attribute_not_exists(#number) OR #number < :number",
                ExpressionAttributeNames={"#number": "number", "#hash": "hash"},
                ExpressionAttributeValues={
                    ":number": {"N": str(entry.number)},
                    ":hash": {"S": entry.hash},
                },
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return
        except FAILURES as error:
            raise unavailable(error) from error

    def _batch(self, numbers: range) -> list[Disclosed]:
        request: dict[str, Any] = {
            self._table: {"Keys": [_key(number) for number in numbers], "ConsistentRead": True}
        }
        found: list[Disclosed] = []
        for _ in range(_ATTEMPTS):
            try:
                answer = self._client.batch_get_item(RequestItems=request)
            except FAILURES as error:
                raise unavailable(error) from error
            found += _readable(whole(answer, "Responses").get(self._table, []))
            request = dict(answer.get("UnprocessedKeys", {}))
            if not request:
                return found
        raise StoreUnavailable("keys left unread")


def _key(number: int) -> dict[str, Any]:
    return {"pk": {"S": f"{PREFIX}{number:012d}"}}


def _to_item(entry: Disclosed) -> dict[str, Any]:
    of = entry.of
    return {
        **_key(entry.number),
        "number": {"N": str(entry.number)},
        "before": {"S": entry.before},
        "hash": {"S": entry.hash},
        "at": {"N": str(of.at)},
        "what": {"S": of.what},
        "purpose": {"S": of.purpose.value},
        "people": {"N": str(of.people)},
        "key": {"S": of.key},
        "expires": {"N": str((of.at + DISCLOSURE_DAYS * DAY) // 1000)},
    }


@of_our_form
def _to_end(item: Item) -> tuple[int, str]:
    return number(item, "number", COUNT_END), text(item, "hash")


@of_our_form
def _to_entry(item: Item) -> Disclosed:
    return Disclosed(
        number=number(item, "number", COUNT_END),
        before=text(item, "before"),
        of=Disclosing(
            at=number(item, "at"),
            what=text(item, "what"),
            purpose=Disclosure(text(item, "purpose")),
            people=number(item, "people", COUNT_END),
            key=text(item, "key"),
        ),
    )


def _readable(items: Iterable[Item]) -> Iterator[Disclosed]:
    """Those that can be read. The hash of what stands behind one that cannot tells that it was there."""
    for item in items:
        with suppress(UnreadableRecord):
            yield _to_entry(item)
