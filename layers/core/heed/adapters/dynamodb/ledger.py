"""The ledger's entries, in the table `Ledger`: one item an entry, one write unit as a rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from heed.adapters.aws import FAILURES, unavailable, whole
from heed.codec.attributes import COUNT_END, Item, number, of_our_form, text
from heed.domain.errors import Malformed, UnreadableRecord
from heed.domain.ledger.entry import ERASED, LedgerEntry
from heed.domain.preferences.register import SCOPES
from heed.domain.rfc3339 import END
from heed.use_cases.ports.ledger import Kept
from heed.use_cases.ports.preferences import UNREADABLE, Unreadable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_NUMBERS = {
    **dict.fromkeys(("seq", "first_seq"), COUNT_END),
    **dict.fromkeys(("at", "recorded_at", "until"), END),
    "scope": SCOPES,
}
"""The attributes that are numbers, each with what it lies below."""
_EVIDENCE = "evidence"
# Of an item without what may be personal. The reserved words of DynamoDB are many.
_ENTRY = (
    "subject",
    "id",
    "seq",
    "scope",
    "register",
    "at",
    "recorded_at",
    "source",
    "policy_version",
    "commitment",
    "outcome",
    "until",
    "first_seq",
)


class LedgerTable:
    """Serves the port Ledger from DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def enter(self, entry: LedgerEntry, evidence: str) -> LedgerEntry:
        """See the port. A first attempt that did commit is found by the second: the name is the same."""
        item = _to_item(entry)
        if evidence:
            item[_EVIDENCE] = {"S": evidence}
        try:
            self._client.put_item(
                TableName=self._table,
                Item=item,
                ConditionExpression="attribute_not_exists(id)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._client.exceptions.ConditionalCheckFailedException as error:
            return _to_entry(error.response["Item"])  # type: ignore[typeddict-item]
        except FAILURES as error:
            raise unavailable(error) from error
        return entry

    def of(self, subject: str) -> Iterator[Kept]:
        """See the port."""
        return (Kept(_to_entry(item), _evidence(item)) for item in self._query(subject))

    def erase(self, subject: str) -> int:
        """See the port."""
        entries = 0
        for entries, item in enumerate(self._query(subject), 1):  # noqa: B007 - the last is the count
            if _EVIDENCE not in item:
                continue
            try:
                self._client.update_item(
                    TableName=self._table,
                    Key={"subject": item["subject"], "id": item["id"]},
                    UpdateExpression=f"REMOVE {_EVIDENCE}",
                    ConditionExpression="attribute_exists(id)",
                )
            except FAILURES as error:
                raise unavailable(error) from error
        return entries

    def is_closed(self, subject: str) -> bool:
        """See the port LastEntries."""
        last = {
            "FilterExpression": "#register = :register",
            "ExpressionAttributeNames": {"#register": "register"},
        }
        found = self._query(subject, {":register": {"S": ERASED}}, **last)
        return next(found, None) is not None

    def all(self) -> Iterator[LedgerEntry | Unreadable]:
        """See the port."""
        names = {f"#{name}": name for name in _ENTRY}
        request: dict[str, Any] = {
            "TableName": self._table,
            "ProjectionExpression": ", ".join(names),
            "ExpressionAttributeNames": names,
        }
        return map(_readable, self._pages(self._client.scan, request))

    def _query(
        self, subject: str, values: Mapping[str, Any] | None = None, **more: object
    ) -> Iterator[Any]:
        request = {
            "TableName": self._table,
            "KeyConditionExpression": "subject = :subject",
            "ExpressionAttributeValues": {":subject": {"S": subject}, **(values or {})},
            "ConsistentRead": True,
            **more,
        }
        return self._pages(self._client.query, request)

    def _pages(self, ask: Any, request: dict[str, Any]) -> Iterator[Any]:  # noqa: ANN401
        while True:
            try:
                answer = ask(**request)
            except FAILURES as error:
                raise unavailable(error) from error
            yield from whole(answer, "Items")
            if "LastEvaluatedKey" not in answer:
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def _to_item(entry: LedgerEntry) -> dict[str, Any]:
    return {
        name: {"N": str(value)} if name in _NUMBERS else {"S": value}
        for name, value in entry.document().items()
        if value is not None
    }


@of_our_form
def _evidence(item: Item) -> str | None:
    return text(item, _EVIDENCE) if _EVIDENCE in item else None


def _readable(item: Item) -> LedgerEntry | Unreadable:
    try:
        return _to_entry(item)
    except UnreadableRecord:
        return UNREADABLE


@of_our_form
def _to_entry(item: Item) -> LedgerEntry:
    document: dict[str, Any] = {
        name: number(item, name, _NUMBERS[name]) if name in _NUMBERS else text(item, name)
        for name in _ENTRY
        if name in item
    }
    try:
        return LedgerEntry.of({"until": None, **document})
    except Malformed as error:
        raise UnreadableRecord(str(error)) from None
