"""Keys derived by KMS, once, and kept in memory only.

The MAC of a fixed label under a KMS HMAC key is the key of that label (AWS documents a MAC as key
material for a derivation). Nothing secret is stored, and IAM decides who may derive.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from heed.adapters.aws import FAILURES, error_code
from heed.domain.errors import InvalidToken, KeysUnavailable
from heed.domain.links.link_token import TokenPurpose
from heed.override import override
from heed.use_cases.ports.keys import IdentityKey, LinkKeys

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient

IDENTITY_LABEL = "identity/1"
"""The label of the identity key. It never changes: it is the table."""


class DerivedKeys:
    """Derives keys under one KMS key, each once.

    Args:
        client: of KMS.
        key: the KMS key's id or ARN.
    """

    def __init__(self, client: KMSClient, key: str) -> None:
        self._client = client
        self._key = key
        self._derived: dict[str, bytes] = {}

    def derive(self, label: str) -> bytes:
        """The key of a label."""
        derived = self._derived.get(label)
        if derived is None:
            try:
                answer = self._client.generate_mac(
                    KeyId=self._key, MacAlgorithm="HMAC_SHA_256", Message=label.encode()
                )
            except FAILURES as error:
                raise KeysUnavailable(error_code(error)) from error
            if "Mac" not in answer:  # cut on the way: botocore takes it for empty
                raise KeysUnavailable("the answer cannot be read")
            derived = self._derived[label] = answer["Mac"]
        return derived


class KmsIdentityKey(DerivedKeys, IdentityKey):
    """The key of recipient ids."""

    @override
    def identity_key(self) -> bytes:
        return self.derive(IDENTITY_LABEL)


class KmsLinkKeys(DerivedKeys, LinkKeys):
    """The keys of links; `key_ids` are the ids that verify, ascending, and no other is ever derived."""

    def __init__(self, client: KMSClient, key: str, key_ids: tuple[int, ...]) -> None:
        super().__init__(client, key)
        self._key_ids = key_ids

    @override
    def link_key(self, purpose: TokenPurpose, key_id: int) -> bytes:
        if key_id not in self._key_ids:
            raise InvalidToken("signed with a key never ours")
        return self.derive(f"{purpose.name.lower()}/{key_id}")

    @override
    def newest_key_id(self) -> int:
        return self._key_ids[-1]
