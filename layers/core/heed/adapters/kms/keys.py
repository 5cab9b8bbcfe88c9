"""Keys that KMS derives. Each is derived once and kept in memory only.

The MAC of a fixed label under a KMS HMAC key is the key of that label. (AWS documents a MAC as key material
for a derivation.) No secret is stored, and IAM decides which role may derive a key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from heed.adapters.aws import failures_as
from heed.domain.errors import InvalidToken, KeysUnavailable
from heed.domain.links.link_token import TokenPurpose
from heed.override import override
from heed.use_cases.ports.keys import IdentityKey, LinkKeys

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient

IDENTITY_LABEL = "identity/1"
"""The label of the identity key. It must never change: every recipient id in the table depends on it."""


class DerivedKeys:
    """Derives keys from one KMS key and caches them.

    Args:
        client: KMS client.
        key: Id or ARN of the KMS key.
    """

    def __init__(self, client: KMSClient, key: str) -> None:
        self._client = client
        self._key = key
        self._derived: dict[str, bytes] = {}

    def derive(self, label: str) -> bytes:
        """Returns the key of a label.

        Raises:
            KeysUnavailable: KMS did not answer, or its response is incomplete.
        """
        derived = self._derived.get(label)
        if derived is None:
            with failures_as(KeysUnavailable):
                response = self._client.generate_mac(
                    KeyId=self._key, MacAlgorithm="HMAC_SHA_256", Message=label.encode()
                )
            if "Mac" not in response:  # botocore parses a truncated response as an empty one
                raise KeysUnavailable("the response is incomplete")
            derived = self._derived[label] = response["Mac"]
        return derived


class KmsIdentityKey(DerivedKeys, IdentityKey):
    """Implements the port IdentityKey with KMS."""

    @override
    def identity_key(self) -> bytes:
        return self.derive(IDENTITY_LABEL)


class KmsLinkKeys(DerivedKeys, LinkKeys):
    """Implements the port LinkKeys with KMS.

    Args:
        client: KMS client.
        key: Id or ARN of the KMS key.
        key_ids: Ids of the keys that verify links, in ascending order. No other key is derived.
    """

    def __init__(self, client: KMSClient, key: str, key_ids: tuple[int, ...]) -> None:
        super().__init__(client, key)
        self._key_ids = key_ids

    @override
    def link_key(self, purpose: TokenPurpose, key_id: int) -> bytes:
        if key_id not in self._key_ids:
            raise InvalidToken("unknown key id")
        return self.derive(f"{purpose.name.lower()}/{key_id}")

    @override
    def newest_key_id(self) -> int:
        return self._key_ids[-1]
