"""API keys, in the table `Control`: one item a key, found by the beginning of its hash.

A revoked or ended key stays: its id stands in the evidence of what was done with it.
"""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

from heed.adapters.dynamodb.table import ConditionFailed, DynamoDBTable
from heed.codec.attributes import (
    Item,
    read_number,
    read_optional_instant,
    read_text,
    read_texts,
    strict_reader,
)
from heed.domain.api_key import KEY_PREFIX, ApiKey, KeyScope, api_key_id, hash_api_key
from heed.domain.errors import NotFound, UnreadableRecord

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_SECRET = 32  # bytes
_PK = "key#"


def _clock() -> int:
    return time.time_ns() // 1_000_000


class ApiKeys:
    """The keys of a deployment.

    Args:
        client: of DynamoDB.
        table: name of the table `Control`.
        clock: milliseconds since the epoch; for the dates on record alone.
    """

    def __init__(self, client: DynamoDBClient, table: str, clock: Callable[[], int] = _clock) -> None:
        self._table = DynamoDBTable(client, table)
        self._clock = clock

    def create(
        self, name: str, owner: str, scopes: Collection[KeyScope], expires: int | None = None
    ) -> tuple[str, str]:
        """Make a key; its id, and the key itself, which cannot be had a second time.

        `expires` is from when it is no longer taken, milliseconds.

        Raises:
            StoreUnavailable: it is not known to be kept.
        """
        key = KEY_PREFIX + secrets.token_urlsafe(_SECRET)
        key_hash = hash_api_key(key)
        item: dict[str, Any] = {
            "pk": {"S": _PK + api_key_id(key_hash)},
            "hash": {"S": key_hash},
            "name": {"S": name},
            "owner": {"S": owner},
            "scopes": {"SS": sorted(scopes)},
            "created": {"N": str(self._clock())},
        }
        if expires is not None:
            # Not `expires`, by which the table forgets items.
            item["ends"] = {"N": str(expires)}
        self._table.put(item)
        return api_key_id(key_hash), key

    def find(self, key_hash: str) -> ApiKey | None:
        """The key that has this hash, revoked and ended ones too; read consistently.

        Raises:
            StoreUnavailable: it could not be looked up.
        """
        item = self._table.get({"pk": {"S": _PK + api_key_id(key_hash)}})
        if item is None:
            return None
        found = _to_key(item)
        return found if hmac.compare_digest(found.hash.encode(), key_hash.encode()) else None

    def list(self) -> tuple[list[ApiKey], list[str]]:
        """Every key there ever was, the oldest first; and the ids of those that cannot be read.

        Raises:
            StoreUnavailable: they could not be read.
        """
        items = self._table.scan(filter="begins_with(pk, :key)", values={":key": {"S": _PK}}, consistent=True)
        found = [_readable(item) for item in items]
        keys = [key for key in found if isinstance(key, ApiKey)]
        unreadable = [key for key in found if isinstance(key, str)]
        return sorted(keys, key=lambda key: (key.created, key.id)), sorted(unreadable)

    def revoke(self, key_id: str) -> None:
        """Take a key no longer. Doing so again keeps the first time.

        Raises:
            NotFound: there is no key of that id.
            StoreUnavailable: it is not known to be done.
        """
        try:
            self._table.update(
                {"pk": {"S": _PK + key_id}},
                "SET revoked = if_not_exists(revoked, :now)",
                condition="attribute_exists(pk)",
                values={":now": {"N": str(self._clock())}},
            )
        except ConditionFailed as refused:
            raise NotFound("no key of that id") from refused


@strict_reader
def _to_key(item: Item) -> ApiKey:
    known = {scope.value for scope in KeyScope}
    return ApiKey(
        id=read_text(item, "pk").removeprefix(_PK),
        hash=read_text(item, "hash"),
        name=read_text(item, "name"),
        owner=read_text(item, "owner"),
        # A scope of a later version gives nothing here.
        scopes=frozenset(KeyScope(scope) for scope in read_texts(item, "scopes") if scope in known),
        created=read_number(item, "created"),
        ends=read_optional_instant(item, "ends"),
        revoked=read_optional_instant(item, "revoked"),
    )


def _readable(item: Item) -> ApiKey | str:
    try:
        return _to_key(item)
    except UnreadableRecord:
        return str(item["pk"]["S"]).removeprefix(_PK)
