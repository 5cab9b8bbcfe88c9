"""The keys that sign snapshots, on moto's KMS."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from heed.adapters.aws import CLIENT_CONFIG
from heed.adapters.kms.signing_keys import KmsPublicKeys, KmsSnapshotSigner
from heed.domain.errors import InvalidSnapshot, KeysUnavailable
from heed.domain.snapshots.signature import detached_jws, make_jwks, signing_input
from heed.snapshot.signing_keys import verify_manifest
from tests.support.deployment import SigningKey

MANIFEST = b"m" * 5_000  # more than KMS signs at once


class Kms:
    """KMS in this process, with two signing keys, and the number of its requests."""

    def __init__(self) -> None:
        self.client: Any = boto3.client("kms", config=CLIENT_CONFIG)
        self.old, self.new = (self._create_key() for _ in range(2))
        self.requests = 0
        self.is_truncated = False
        self.client.meta.events.register_first("before-parameter-build.kms.*", self._count)
        self.client.meta.events.register_last("after-call.kms.*", self._truncate)

    def jws(self, key: str) -> bytes:
        signer = KmsSnapshotSigner(self.client, key)
        return detached_jws(signer.key_id, signer.sign(signing_input(signer.key_id, MANIFEST)))

    def _create_key(self) -> str:
        arn: str = self.client.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"][
            "Arn"
        ]
        return arn

    def _count(self, **_: Any) -> None:
        self.requests += 1

    def _truncate(self, parsed: dict[str, Any], **_: Any) -> None:
        if self.is_truncated:
            parsed.clear()


@pytest.fixture
def kms(monkeypatch: pytest.MonkeyPatch) -> Iterator[Kms]:
    monkeypatch.setattr("moto.kms.models.generate_private_key", SigningKey)
    with mock_aws():
        yield Kms()


def test_a_signature_is_verified_by_the_public_keys_of_old_and_new_snapshots(kms: Kms) -> None:
    jwks = make_jwks(KmsPublicKeys(kms.client, (kms.old, kms.new)).public_keys())
    verify_manifest(kms.jws(kms.old), MANIFEST, jwks)
    verify_manifest(kms.jws(kms.new), MANIFEST, jwks)


def test_no_other_key_verifies_a_signature(kms: Kms) -> None:
    jwks = make_jwks(KmsPublicKeys(kms.client, (kms.old,)).public_keys())
    with pytest.raises(InvalidSnapshot, match="no known key"):
        verify_manifest(kms.jws(kms.new), MANIFEST, jwks)
    (key,) = jwks["keys"]
    with pytest.raises(InvalidSnapshot, match="not valid"):
        verify_manifest(kms.jws(kms.new), MANIFEST, {"keys": [{**key, "kid": kms.new.rpartition("/")[2]}]})


def test_the_jwks_names_keys_without_account_and_region(kms: Kms) -> None:
    (key,) = make_jwks(KmsPublicKeys(kms.client, (kms.new,)).public_keys())["keys"]
    assert key.keys() == {"kty", "crv", "use", "alg", "kid", "x", "y"}
    assert kms.new.endswith(f":key/{key['kid']}")


def test_each_public_key_is_read_once(kms: Kms) -> None:
    keys = KmsPublicKeys(kms.client, (kms.old, kms.new))
    assert keys.public_keys() == keys.public_keys()
    assert kms.requests == 2


def test_a_truncated_response_is_no_key_and_no_signature(kms: Kms) -> None:
    kms.is_truncated = True
    with pytest.raises(KeysUnavailable):
        KmsPublicKeys(kms.client, (kms.old,)).public_keys()
    with pytest.raises(KeysUnavailable):
        KmsSnapshotSigner(kms.client, kms.old).sign(b"")


def test_a_key_of_another_kind_has_no_place_in_the_jwks() -> None:
    with pytest.raises(ValueError, match="P-256"):
        make_jwks({"rsa": bytes(294)})
