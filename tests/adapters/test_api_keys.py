from __future__ import annotations

import json
from dataclasses import dataclass

import boto3
import pytest

from heed.adapters.dynamodb.api_keys import ApiKeys
from heed.domain.api_key import KeyScope, hash_api_key, is_api_key
from heed.domain.errors import NotFound, StoreUnavailable
from heed.domain.milliseconds import Millis
from tests.support.template import table_definition

TABLE = "Control"


@dataclass
class Clock:
    now = Millis(1_772_701_964_390)

    def __call__(self) -> Millis:
        self.now = Millis(self.now + 1)
        return self.now


@pytest.fixture
def keys(aws: None) -> ApiKeys:
    client = boto3.client("dynamodb")
    client.create_table(TableName=TABLE, **table_definition("ControlTable"))
    return ApiKeys(client, TABLE, Clock())


def stored() -> str:
    return json.dumps(boto3.client("dynamodb").scan(TableName=TABLE)["Items"])


def test_a_key_is_returned_once_and_stored_as_its_hash_only(keys: ApiKeys) -> None:
    key_id, key = keys.create("platform", "marketing", [KeyScope.CHECK, KeyScope.LINKS])

    assert is_api_key(key)
    assert key not in stored() and key.removeprefix("heed_") not in stored()
    api_key = keys.find(hash_api_key(key))
    assert api_key is not None
    assert (api_key.id, api_key.name, api_key.owner) == (key_id, "platform", "marketing")
    assert api_key.scopes == {KeyScope.CHECK, KeyScope.LINKS}
    assert api_key.is_valid_at(Millis(2**53))


def test_every_key_is_different(keys: ApiKeys) -> None:
    created = [keys.create("n", "o", [KeyScope.CHECK]) for _ in range(20)]

    assert len({key for _, key in created}) == len({key_id for key_id, _ in created}) == 20


def test_a_hash_with_the_same_beginning_does_not_find_the_key(keys: ApiKeys) -> None:
    _, key = keys.create("n", "o", [KeyScope.CHECK])
    key_hash = hash_api_key(key)

    assert keys.find(key_hash[:-1] + ("0" if key_hash[-1] != "0" else "1")) is None
    assert keys.find("0" * 64) is None


def test_a_second_revocation_keeps_the_time_of_the_first(keys: ApiKeys) -> None:
    key_id, key = keys.create("n", "o", [KeyScope.CHECK])
    keys.revoke(key_id)
    revoked = keys.find(hash_api_key(key))
    keys.revoke(key_id)

    assert revoked is not None and not revoked.is_valid_at(Millis(0))
    assert keys.find(hash_api_key(key)) == revoked


def test_an_unknown_key_cannot_be_revoked(keys: ApiKeys) -> None:
    with pytest.raises(NotFound):
        keys.revoke("0" * 16)
    assert keys.list() == ([], [])


def test_the_expiry_of_a_key_is_stored_without_a_time_to_live(keys: ApiKeys) -> None:
    _, key = keys.create("n", "o", [KeyScope.CHECK], expires=Millis(5_000))
    api_key = keys.find(hash_api_key(key))

    assert (
        api_key is not None and api_key.is_valid_at(Millis(4_999)) and not api_key.is_valid_at(Millis(5_000))
    )
    assert '"expires"' not in stored(), "DynamoDB would delete the item by it"


def test_the_list_contains_every_key_and_no_other_item_of_the_table(keys: ApiKeys) -> None:
    first, _ = keys.create("one", "o", [KeyScope.CHECK])
    second, _ = keys.create("two", "o", list(KeyScope))
    keys.revoke(first)
    boto3.client("dynamodb").put_item(TableName=TABLE, Item={"pk": {"S": "job#1"}})

    assert [(key.id, key.name, key.revoked_at is None) for key in keys.list()[0]] == [
        (first, "one", False),
        (second, "two", True),
    ]


def test_an_unknown_scope_from_a_later_version_grants_nothing(keys: ApiKeys) -> None:
    key_id, key = keys.create("n", "o", [KeyScope.CHECK])
    boto3.client("dynamodb").update_item(
        TableName=TABLE,
        Key={"pk": {"S": f"key#{key_id}"}},
        UpdateExpression="ADD scopes :more",
        ExpressionAttributeValues={":more": {"SS": ["everything"]}},
    )
    api_key = keys.find(hash_api_key(key))

    assert api_key is not None and api_key.scopes == {KeyScope.CHECK}


def test_a_missing_table_is_unavailable_and_not_an_unknown_key(aws: None) -> None:
    absent = ApiKeys(boto3.client("dynamodb"), "absent")

    for call in (
        lambda: absent.find("0" * 64),
        lambda: absent.create("n", "o", [KeyScope.CHECK]),
        lambda: absent.revoke("0" * 16),
        absent.list,
    ):
        with pytest.raises(StoreUnavailable):
            call()
