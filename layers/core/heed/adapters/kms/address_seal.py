"""Texts that hold addresses, encrypted by KMS under a key of their own, which few may use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heed.adapters.aws import FAILURES, code
from heed.domain.errors import KeysUnavailable, Malformed
from heed.override import override
from heed.use_cases.ports.opt_in import AddressSeal

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient

# What for. Bound into every ciphertext and stated by the roles' conditions. It names nobody.
CONFIRMATION = "confirmation"  # in a link, and on its way from it
PLACE = "place"  # in SES's list; SES says it in words of its own, which may hold an address
_FOREIGN = ("InvalidCiphertextException", "IncorrectKeyException")


class KmsAddressSeal(AddressSeal):
    """Serves the port AddressSeal."""

    def __init__(self, client: KMSClient, key: str, use: str = CONFIRMATION) -> None:
        self._client = client
        self._key = key
        self._context = {"heed": use}

    @override
    def seal(self, address: str) -> bytes:
        try:
            answer = self._client.encrypt(
                KeyId=self._key, Plaintext=address.encode(), EncryptionContext=self._context
            )
        except FAILURES as error:
            raise KeysUnavailable(code(error)) from error
        return answer["CiphertextBlob"]

    @override
    def unseal(self, sealed: bytes) -> str:
        try:
            answer = self._client.decrypt(
                KeyId=self._key, CiphertextBlob=sealed, EncryptionContext=self._context
            )
        except FAILURES as error:
            if code(error) in _FOREIGN:
                raise Malformed(code(error)) from error
            raise KeysUnavailable(code(error)) from error
        return answer["Plaintext"].decode()
