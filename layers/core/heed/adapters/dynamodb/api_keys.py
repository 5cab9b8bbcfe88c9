"""API keys, in the table `Control`. Each key has one item, which is found by the beginning of the key's hash.

A revoked or expired key stays, because the evidence of changes contains its id.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

from heed import clock
from heed.adapters.dynamodb.table import ConditionFailed, DynamoDBTable
from heed.codec.attributes import (
    Item,
    read_brands,
    read_number,
    read_optional_instant,
    read_text,
    read_texts,
    strict_reader,
)
from heed.domain.api_key import BRAND_SCOPES, KEY_PREFIX, ApiKey, KeyScope, api_key_id, hash_api_key
from heed.domain.errors import NotFound, UnreadableRecord
from heed.domain.milliseconds import Millis
from heed.domain.preferences.brand_access import ALL_BRANDS, BrandAccess
from heed.domain.privacy.disclosure import DisclosurePurpose

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_SECRET_BYTES = 32
_PK_PREFIX = "key#"


class ApiKeys:
    """The API keys of a deployment.

    Args:
        client: DynamoDB client.
        table: Name of the table `Control`.
        clock: Returns milliseconds since the Unix epoch. It is used only for the stored times.
    """

    def __init__(self, client: DynamoDBClient, table: str, clock: Callable[[], Millis] = clock.now) -> None:
        self._table = DynamoDBTable(client, table)
        self._clock = clock

    def create(
        self,
        name: str,
        owner: str,
        scopes: Collection[KeyScope],
        expires: Millis | None = None,
        purposes: Collection[DisclosurePurpose] = (DisclosurePurpose.SENDING,),
        brands: BrandAccess = ALL_BRANDS,
    ) -> tuple[str, str]:
        """Creates a key.

        Args:
            name: Name of the key.
            owner: Owner of the key.
            scopes: What the key may do.
            expires: Time from which the key is not accepted, milliseconds. None means that it does not
                expire.
            purposes: The purposes of disclosures that the key may state.
            brands: The brands to which the key is limited.

        Returns:
            The id of the key, and the key itself. The key cannot be read again later.

        Raises:
            StoreUnavailable: It is unknown whether the key was stored.
        """
        key = KEY_PREFIX + secrets.token_urlsafe(_SECRET_BYTES)
        key_hash = hash_api_key(key)
        item: dict[str, Any] = {
            "pk": {"S": _PK_PREFIX + api_key_id(key_hash)},
            "hash": {"S": key_hash},
            "name": {"S": name},
            "owner": {"S": owner},
            "scopes": {"SS": sorted(scopes)},
            "purposes": {"SS": sorted(purposes)},
            "created": {"N": str(self._clock())},
        }
        if expires is not None:
            # DynamoDB would delete the item by its attribute `expires` (time to live).
            item["ends"] = {"N": str(expires)}
        if brands.brands is not None:
            item["brands"] = {"NS": sorted(map(str, brands.brands))}
        self._table.put(item)
        return api_key_id(key_hash), key

    def find(self, key_hash: str) -> ApiKey | None:
        """Returns the key with this hash, even if it is revoked or expired. The read is strongly consistent.

        Raises:
            StoreUnavailable: The table could not be read.
        """
        item = self._table.get({"pk": {"S": _PK_PREFIX + api_key_id(key_hash)}})
        if item is None:
            return None
        key = _to_key(item)
        return key if hmac.compare_digest(key.hash.encode(), key_hash.encode()) else None

    def list(self) -> tuple[list[ApiKey], list[str]]:
        """Returns all keys, the oldest first, and the ids of the unreadable ones.

        Raises:
            StoreUnavailable: The table could not be read.
        """
        items = self._table.scan(
            filter="begins_with(pk, :key)", values={":key": {"S": _PK_PREFIX}}, consistent=True
        )
        decoded = [_decode_or_id(item) for item in items]
        keys = [key for key in decoded if isinstance(key, ApiKey)]
        unreadable = [key_id for key_id in decoded if isinstance(key_id, str)]
        return sorted(keys, key=lambda key: (key.created_at, key.id)), sorted(unreadable)

    def revoke(self, key_id: str) -> None:
        """Revokes a key. A second call does not change the time of revocation.

        Raises:
            NotFound: There is no key with this id.
            StoreUnavailable: It is unknown whether the key was revoked.
        """
        try:
            self._table.update(
                {"pk": {"S": _PK_PREFIX + key_id}},
                "SET revoked = if_not_exists(revoked, :now)",
                condition="attribute_exists(pk)",
                values={":now": {"N": str(self._clock())}},
            )
        except ConditionFailed as failure:
            raise NotFound("no key of that id") from failure


@strict_reader
def _to_key(item: Item) -> ApiKey:
    brands = BrandAccess(read_brands(item))
    known_scopes = {scope.value for scope in (BRAND_SCOPES if brands.is_limited else KeyScope)}
    known_purposes = {purpose.value for purpose in DisclosurePurpose}
    purposes = read_texts(item, "purposes") or {DisclosurePurpose.SENDING}  # a key of an earlier version
    return ApiKey(
        id=read_text(item, "pk").removeprefix(_PK_PREFIX),
        hash=read_text(item, "hash"),
        name=read_text(item, "name"),
        owner=read_text(item, "owner"),
        # A later version may have added scopes that this version does not know. They grant nothing, and
        # neither does a scope that no key of some brands can have.
        scopes=frozenset(KeyScope(scope) for scope in read_texts(item, "scopes") if scope in known_scopes),
        brands=brands,
        created_at=Millis(read_number(item, "created")),
        purposes=frozenset(DisclosurePurpose(name) for name in purposes if name in known_purposes),
        expires_at=read_optional_instant(item, "ends"),
        revoked_at=read_optional_instant(item, "revoked"),
    )


def _decode_or_id(item: Item) -> ApiKey | str:
    try:
        return _to_key(item)
    except UnreadableRecord:
        return str(item["pk"]["S"]).removeprefix(_PK_PREFIX)
