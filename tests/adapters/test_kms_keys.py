from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ConnectTimeoutError
from moto import mock_aws

from heed.adapters.aws import CLIENT_CONFIG
from heed.adapters.kms.keys import KmsIdentityKey, KmsLinkKeys
from heed.domain.errors import InvalidToken, KeysUnavailable
from heed.domain.links.link_token import TokenPurpose


class Kms:
    """KMS in this process, and what it was asked for."""

    def __init__(self) -> None:
        self.client = boto3.client("kms", config=CLIENT_CONFIG)
        self.identity, self.links = (self._key() for _ in range(2))
        self.asked: list[tuple[str, bytes]] = []
        self.fault: Exception | None = None
        self.client.meta.events.register_first("provide-client-params.kms.GenerateMac", self._ask)
        self.client.meta.events.register_first("before-send.kms.*", self._fail)

    def identity_key(self) -> KmsIdentityKey:
        return KmsIdentityKey(self.client, self.identity)

    def link_keys(self) -> KmsLinkKeys:
        return KmsLinkKeys(self.client, self.links, (1, 2))

    def _key(self) -> str:
        made = self.client.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
        return made["KeyMetadata"]["KeyId"]

    def _ask(self, params: dict[str, Any], **_: Any) -> None:
        assert params["MacAlgorithm"] == "HMAC_SHA_256"
        self.asked.append((params["KeyId"], params["Message"]))

    def _fail(self, **_: Any) -> None:
        if self.fault is not None:
            raise self.fault


@pytest.fixture
def kms(monkeypatch: pytest.MonkeyPatch) -> Iterator[Kms]:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    with mock_aws():
        yield Kms()


def test_each_key_is_the_mac_of_its_label_under_its_own_kms_key(kms: Kms) -> None:
    identity, keys = kms.identity_key(), kms.link_keys()
    identity.identity_key()
    for purpose in TokenPurpose:
        keys.link_key(purpose, 2)
    assert kms.asked == [
        (kms.identity, b"identity/1"),
        (kms.links, b"unsubscribe/2"),
        (kms.links, b"preferences/2"),
        (kms.links, b"mailto/2"),
        (kms.links, b"undo/2"),
    ]


def test_a_key_is_derived_once_and_only_when_it_is_needed(kms: Kms) -> None:
    identity, keys = kms.identity_key(), kms.link_keys()
    assert kms.asked == []
    for _ in range(3):
        identity.identity_key()
        keys.link_key(TokenPurpose.UNSUBSCRIBE, 1)
    assert len(kms.asked) == 2


def test_for_an_id_that_was_never_ours_kms_is_never_asked(kms: Kms) -> None:
    for key_id in set(range(256)) - {1, 2}:
        with pytest.raises(InvalidToken):
            kms.link_keys().link_key(TokenPurpose.UNSUBSCRIBE, key_id)
    assert kms.asked == []


def test_without_kms_there_is_no_key_and_the_next_request_tries_again(kms: Kms) -> None:
    keys = kms.identity_key()
    kms.fault = ConnectTimeoutError(endpoint_url="https://kms")
    for _ in range(2):
        with pytest.raises(KeysUnavailable) as caught:
            keys.identity_key()
        assert str(caught.value) == "ConnectTimeoutError"
    kms.fault = None
    assert keys.identity_key()


def test_a_warm_function_does_not_notice_that_kms_is_gone(kms: Kms) -> None:
    identity, keys = kms.identity_key(), kms.link_keys()
    known = identity.identity_key(), keys.link_key(TokenPurpose.UNSUBSCRIBE, 1)
    kms.fault = ConnectTimeoutError(endpoint_url="https://kms")
    assert (identity.identity_key(), keys.link_key(TokenPurpose.UNSUBSCRIBE, 1)) == known
    with pytest.raises(KeysUnavailable):
        keys.link_key(TokenPurpose.PREFERENCES, 1)


def test_a_key_that_kms_does_not_give_is_unavailable_and_not_a_crash(kms: Kms) -> None:
    kms.links = "alias/nobody"
    with pytest.raises(KeysUnavailable):
        kms.link_keys().link_key(TokenPurpose.UNSUBSCRIBE, 1)


def test_a_key_is_as_long_as_the_hash_that_it_is_for(kms: Kms) -> None:
    key = kms.identity_key().identity_key()
    assert len(key) == hashlib.sha256().digest_size
    assert hmac.digest(key, b"a@example.com", "sha256")
