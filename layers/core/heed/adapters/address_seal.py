"""Addresses encrypted by KMS under a key of their own, so that who may write them may not read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heed.adapters.aws import FAILURES, code
from heed.domain.errors import KeysUnavailable, Malformed

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient

# Bound into every ciphertext and stated by the roles' conditions; CloudTrail shows it, so it names nobody.
_CONTEXT = {"heed": "confirmation"}
_FOREIGN = ("InvalidCiphertextException", "IncorrectKeyException")


class KmsAddressSeal:
    """Serves the port AddressSeal."""

    def __init__(self, client: KMSClient, key: str) -> None:
        self._client = client
        self._key = key

    def seal(self, address: str) -> bytes:
        """See the port."""
        try:
            answer = self._client.encrypt(
                KeyId=self._key, Plaintext=address.encode(), EncryptionContext=_CONTEXT
            )
        except FAILURES as error:
            raise KeysUnavailable(code(error)) from error
        return answer["CiphertextBlob"]

    def unseal(self, sealed: bytes) -> str:
        """See the port."""
        try:
            answer = self._client.decrypt(
                KeyId=self._key, CiphertextBlob=sealed, EncryptionContext=_CONTEXT
            )
        except FAILURES as error:
            if code(error) in _FOREIGN:
                raise Malformed(code(error)) from error
            raise KeysUnavailable(code(error)) from error
        return answer["Plaintext"].decode()
