from __future__ import annotations

import json
from dataclasses import dataclass

import boto3
import pytest

from heed.adapters.dynamodb.api_keys import ApiKeys
from heed.domain.api_key import KeyScope, hash_api_key, is_api_key
from heed.domain.errors import NotFound, StoreUnavailable
from tests.support.template import table_definition

TABLE = "Control"


@dataclass
class Clock:
    now: int = 1_772_701_964_390

    def __call__(self) -> int:
        self.now += 1
        return self.now


@pytest.fixture
def keys(aws: None) -> ApiKeys:
    client = boto3.client("dynamodb")
    client.create_table(TableName=TABLE, **table_definition("ControlTable"))
    return ApiKeys(client, TABLE, Clock())


def stored() -> str:
    return json.dumps(boto3.client("dynamodb").scan(TableName=TABLE)["Items"])


def test_a_key_is_shown_once_and_stored_as_its_hash_alone(keys: ApiKeys) -> None:
    key_id, key = keys.create("platform", "marketing", [KeyScope.CHECK, KeyScope.LINKS])

    assert is_api_key(key)
    assert key not in stored() and key.removeprefix("heed_") not in stored()
    found = keys.find(hash_api_key(key))
    assert found is not None
    assert (found.id, found.name, found.owner) == (key_id, "platform", "marketing")
    assert found.scopes == {KeyScope.CHECK, KeyScope.LINKS}
    assert found.is_valid_at(2**53)


def test_no_two_keys_are_alike(keys: ApiKeys) -> None:
    made = [keys.create("n", "o", [KeyScope.CHECK]) for _ in range(20)]

    assert len({key for _, key in made}) == len({key_id for key_id, _ in made}) == 20


def test_a_hash_that_merely_begins_like_a_keys_finds_nothing(keys: ApiKeys) -> None:
    _, key = keys.create("n", "o", [KeyScope.CHECK])
    known = hash_api_key(key)

    assert keys.find(known[:-1] + ("0" if known[-1] != "0" else "1")) is None
    assert keys.find("0" * 64) is None


def test_revoking_is_for_good_and_remembers_the_first_time(keys: ApiKeys) -> None:
    key_id, key = keys.create("n", "o", [KeyScope.CHECK])
    keys.revoke(key_id)
    first = keys.find(hash_api_key(key))
    keys.revoke(key_id)

    assert first is not None and not first.is_valid_at(0)
    assert keys.find(hash_api_key(key)) == first


def test_what_was_never_made_cannot_be_revoked(keys: ApiKeys) -> None:
    with pytest.raises(NotFound):
        keys.revoke("0" * 16)
    assert keys.list() == ([], [])


def test_an_end_is_kept_without_the_table_forgetting_the_key(keys: ApiKeys) -> None:
    _, key = keys.create("n", "o", [KeyScope.CHECK], expires=5_000)
    found = keys.find(hash_api_key(key))

    assert found is not None and found.is_valid_at(4_999) and not found.is_valid_at(5_000)
    assert '"expires"' not in stored(), "by which the table forgets items"


def test_the_list_has_every_key_and_nothing_else_of_the_table(keys: ApiKeys) -> None:
    first, _ = keys.create("one", "o", [KeyScope.CHECK])
    second, _ = keys.create("two", "o", list(KeyScope))
    keys.revoke(first)
    boto3.client("dynamodb").put_item(TableName=TABLE, Item={"pk": {"S": "job#1"}})

    assert [(key.id, key.name, key.revoked is None) for key in keys.list()[0]] == [
        (first, "one", False),
        (second, "two", True),
    ]


def test_a_scope_of_a_later_version_gives_nothing(keys: ApiKeys) -> None:
    key_id, key = keys.create("n", "o", [KeyScope.CHECK])
    boto3.client("dynamodb").update_item(
        TableName=TABLE,
        Key={"pk": {"S": f"key#{key_id}"}},
        UpdateExpression="ADD scopes :more",
        ExpressionAttributeValues={":more": {"SS": ["everything"]}},
    )
    found = keys.find(hash_api_key(key))

    assert found is not None and found.scopes == {KeyScope.CHECK}


def test_a_table_that_does_not_answer_is_no_verdict_on_a_key(aws: None) -> None:
    absent = ApiKeys(boto3.client("dynamodb"), "absent")

    for call in (
        lambda: absent.find("0" * 64),
        lambda: absent.create("n", "o", [KeyScope.CHECK]),
        lambda: absent.revoke("0" * 16),
        absent.list,
    ):
        with pytest.raises(StoreUnavailable):
            call()
