"""The keys that sign snapshots. Their secret halves never leave KMS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING

from heed.adapters.aws import failures_as
from heed.domain.errors import KeysUnavailable
from heed.override import override
from heed.use_cases.ports.keys import PublicKeys, SnapshotSigner

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient


class KmsSnapshotSigner(SnapshotSigner):
    """Implements the port SnapshotSigner with KMS.

    Args:
        client: KMS client.
        key: ARN of the KMS key.
    """

    def __init__(self, client: KMSClient, key: str) -> None:
        self._client = client
        self._key = key

    @property
    @override
    def key_id(self) -> str:
        return _key_id(self._key)

    @override
    def sign(self, data: bytes) -> bytes:
        """Signs the hash of the bytes, because KMS takes at most 4,096 bytes."""
        with failures_as(KeysUnavailable):
            response = self._client.sign(
                KeyId=self._key,
                Message=sha256(data).digest(),
                MessageType="DIGEST",
                SigningAlgorithm="ECDSA_SHA_256",
            )
        if "Signature" not in response:  # botocore parses a truncated response as an empty one
            raise KeysUnavailable("the response is incomplete")
        return response["Signature"]


class KmsPublicKeys(PublicKeys):
    """Implements the port PublicKeys with KMS. Each key is read once.

    Args:
        client: KMS client.
        keys: ARNs of the KMS keys.
    """

    def __init__(self, client: KMSClient, keys: Sequence[str]) -> None:
        self._client = client
        self._keys = keys
        self._read: dict[str, bytes] = {}

    @override
    def public_keys(self) -> Mapping[str, bytes]:
        for key in self._keys:
            if _key_id(key) not in self._read:
                with failures_as(KeysUnavailable):
                    response = self._client.get_public_key(KeyId=key)
                if "PublicKey" not in response:
                    raise KeysUnavailable("the response is incomplete")
                self._read[_key_id(key)] = response["PublicKey"]
        return self._read


def _key_id(arn: str) -> str:
    """Returns the id in the ARN of a key: the account and the region are nobody's business."""
    return arn.rpartition("/")[2]
