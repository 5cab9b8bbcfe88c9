"""Keys derived by KMS, once, and kept in memory only.

The MAC of a fixed label under a KMS HMAC key is the key of that label (AWS documents a MAC as key
material for a derivation). Nothing secret is stored, and IAM decides who may derive.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from heed.adapters.aws import FAILURES, code
from heed.domain.errors import InvalidToken, KeysUnavailable
from heed.domain.links.link_token import Purpose

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_kms import KMSClient

IDENTITY = "identity/1"
"""The label of the identity key. It never changes: it is the table."""


class KmsKeys:
    """Serves the port Keys.

    Args:
        client: of KMS.
        identity_key, links_key: give the KMS key's id or ARN when first needed.
        link_key_ids: ids that verify, ascending; no other is ever derived.
    """

    def __init__(
        self,
        client: KMSClient,
        identity_key: Callable[[], str],
        links_key: Callable[[], str],
        link_key_ids: tuple[int, ...],
    ) -> None:
        self._client = client
        self._identity_key = identity_key
        self._links_key = links_key
        self._link_key_ids = link_key_ids
        self._derived: dict[str, bytes] = {}

    def identity(self) -> bytes:
        """See the port."""
        return self._derive(self._identity_key, IDENTITY)

    def link(self, purpose: Purpose, key_id: int) -> bytes:
        """See the port."""
        if key_id not in self._link_key_ids:
            raise InvalidToken("signed with a key never ours")
        return self._derive(self._links_key, f"{purpose.name.lower()}/{key_id}")

    def newest(self) -> int:
        """See the port."""
        return self._link_key_ids[-1]

    def _derive(self, kms_key: Callable[[], str], label: str) -> bytes:
        derived = self._derived.get(label)
        if derived is None:
            try:
                answer = self._client.generate_mac(
                    KeyId=kms_key(), MacAlgorithm="HMAC_SHA_256", Message=label.encode()
                )
            except FAILURES as error:
                raise KeysUnavailable(code(error)) from error
            if "Mac" not in answer:  # cut on the way: botocore takes it for empty
                raise KeysUnavailable("the answer cannot be read")
            derived = self._derived[label] = answer["Mac"]
        return derived
