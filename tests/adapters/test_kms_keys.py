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
    """KMS in this process, and the calls that it received."""

    def __init__(self) -> None:
        self.client = boto3.client("kms", config=CLIENT_CONFIG)
        self.identity, self.links = (self._create_key() for _ in range(2))
        self.calls: list[tuple[str, bytes]] = []
        self.fault: Exception | None = None
        self.client.meta.events.register_first("provide-client-params.kms.GenerateMac", self._record_call)
        self.client.meta.events.register_first("before-send.kms.*", self._fail)

    def identity_key(self) -> KmsIdentityKey:
        return KmsIdentityKey(self.client, self.identity)

    def link_keys(self) -> KmsLinkKeys:
        return KmsLinkKeys(self.client, self.links, (1, 2))

    def _create_key(self) -> str:
        response = self.client.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
        return response["KeyMetadata"]["KeyId"]

    def _record_call(self, params: dict[str, Any], **_: Any) -> None:
        assert params["MacAlgorithm"] == "HMAC_SHA_256"
        self.calls.append((params["KeyId"], params["Message"]))

    def _fail(self, **_: Any) -> None:
        if self.fault is not None:
            raise self.fault


@pytest.fixture
def kms(monkeypatch: pytest.MonkeyPatch) -> Iterator[Kms]:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    with mock_aws():
        yield Kms()


def test_each_key_is_the_mac_of_its_label_under_its_kms_key(kms: Kms) -> None:
    identity, keys = kms.identity_key(), kms.link_keys()
    identity.identity_key()
    for purpose in TokenPurpose:
        keys.link_key(purpose, 2)
    assert kms.calls == [
        (kms.identity, b"identity/1"),
        (kms.links, b"unsubscribe/2"),
        (kms.links, b"preferences/2"),
        (kms.links, b"mailto/2"),
        (kms.links, b"undo/2"),
    ]


def test_a_key_is_derived_once_and_only_when_it_is_needed(kms: Kms) -> None:
    identity, keys = kms.identity_key(), kms.link_keys()
    assert kms.calls == []
    for _ in range(3):
        identity.identity_key()
        keys.link_key(TokenPurpose.UNSUBSCRIBE, 1)
    assert len(kms.calls) == 2


def test_kms_is_not_called_for_an_unknown_id(kms: Kms) -> None:
    for key_id in set(range(256)) - {1, 2}:
        with pytest.raises(InvalidToken):
            kms.link_keys().link_key(TokenPurpose.UNSUBSCRIBE, key_id)
    assert kms.calls == []


def test_a_key_is_unavailable_without_kms_and_the_next_request_retries(kms: Kms) -> None:
    keys = kms.identity_key()
    kms.fault = ConnectTimeoutError(endpoint_url="https://kms")
    for _ in range(2):
        with pytest.raises(KeysUnavailable) as error:
            keys.identity_key()
        assert str(error.value) == "ConnectTimeoutError"
    kms.fault = None
    assert keys.identity_key()


def test_a_warm_function_works_without_kms(kms: Kms) -> None:
    identity, keys = kms.identity_key(), kms.link_keys()
    known = identity.identity_key(), keys.link_key(TokenPurpose.UNSUBSCRIBE, 1)
    kms.fault = ConnectTimeoutError(endpoint_url="https://kms")
    assert (identity.identity_key(), keys.link_key(TokenPurpose.UNSUBSCRIBE, 1)) == known
    with pytest.raises(KeysUnavailable):
        keys.link_key(TokenPurpose.PREFERENCES, 1)


def test_a_missing_kms_key_is_unavailable_and_no_crash(kms: Kms) -> None:
    kms.links = "alias/nobody"
    with pytest.raises(KeysUnavailable):
        kms.link_keys().link_key(TokenPurpose.UNSUBSCRIBE, 1)


def test_a_key_has_the_length_of_its_hash(kms: Kms) -> None:
    key = kms.identity_key().identity_key()
    assert len(key) == hashlib.sha256().digest_size
    assert hmac.digest(key, b"a@example.com", "sha256")
