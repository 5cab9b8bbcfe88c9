"""The contract of the ports IdentityKey and LinkKeys, for the implementations in memory and with KMS."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import boto3
import pytest
from moto import mock_aws

from heed.adapters.aws import CLIENT_CONFIG
from heed.adapters.kms.keys import KmsIdentityKey, KmsLinkKeys
from heed.domain.errors import InvalidToken
from heed.domain.links.link_token import TokenPurpose
from heed.use_cases.ports.keys import IdentityKey, LinkKeys
from tests.support.fakes import MemoryKeys


class Keys(NamedTuple):
    """The two ports of one deployment."""

    identity: IdentityKey
    links: LinkKeys


Make = Callable[[tuple[int, ...]], Keys]


@pytest.fixture(scope="module", params=["memory", "moto", pytest.param("emulator", marks=pytest.mark.system)])
def make(request: pytest.FixtureRequest) -> Iterator[Make]:
    """Returns a function that creates the keys of one deployment, with the given ids of link keys."""
    if request.param == "memory":
        yield lambda ids: Keys(MemoryKeys(ids), MemoryKeys(ids))
    elif request.param == "moto":
        with mock_aws():
            yield _kms(None)
    else:
        yield _kms(request.getfixturevalue("emulator"))


def _kms(address: str | None) -> Make:
    client = boto3.client("kms", config=CLIENT_CONFIG, endpoint_url=address)
    identity, links = (
        client.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]["KeyId"]
        for _ in range(2)
    )
    return lambda ids: Keys(KmsIdentityKey(client, identity), KmsLinkKeys(client, links, ids))


def test_a_key_is_the_same_for_each_call_and_in_each_process(make: Make) -> None:
    first, second = make((1, 2)), make((2, 3))
    assert first.identity.identity_key() == first.identity.identity_key() == second.identity.identity_key()
    for purpose in TokenPurpose:
        assert (
            first.links.link_key(purpose, 2)
            == first.links.link_key(purpose, 2)
            == second.links.link_key(purpose, 2)
        )


def test_each_purpose_and_id_has_a_different_key(make: Make) -> None:
    keys = make((1, 2))
    derived = {keys.links.link_key(purpose, key_id) for purpose in TokenPurpose for key_id in (1, 2)}
    derived.add(keys.identity.identity_key())
    assert len(derived) == 2 * len(TokenPurpose) + 1
    assert {len(key) for key in derived} == {32}


def test_the_last_id_signs_and_the_others_still_verify(make: Make) -> None:
    keys = make((1, 2, 7))
    assert keys.links.newest_key_id() == 7
    assert keys.links.link_key(TokenPurpose.UNSUBSCRIBE, 1)


@pytest.mark.parametrize("key_id", [0, 3, 255])
def test_an_unknown_id_has_no_key(make: Make, key_id: int) -> None:
    with pytest.raises(InvalidToken):
        make((1, 2)).links.link_key(TokenPurpose.UNSUBSCRIBE, key_id)
