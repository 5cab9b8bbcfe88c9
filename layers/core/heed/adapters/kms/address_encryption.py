"""Texts that hold addresses, encrypted by KMS under a key of their own, which few may use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heed.adapters.aws import FAILURES, error_code
from heed.domain.errors import KeysUnavailable, MalformedMessage
from heed.override import override
from heed.use_cases.ports.opt_in import AddressEncryption

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient

# What for. Bound into every ciphertext and stated by the roles' conditions. It names nobody.
CONFIRMATION = "confirmation"  # in a link, and on its way from it
LIST_POSITION = "place"  # in SES's list; SES says it in words of its own, which may hold an address
_FOREIGN = ("InvalidCiphertextException", "IncorrectKeyException")


class KmsAddressEncryption(AddressEncryption):
    """Serves the port AddressSeal."""

    def __init__(self, client: KMSClient, key: str, use: str = CONFIRMATION) -> None:
        self._client = client
        self._key = key
        self._context = {"heed": use}

    @override
    def encrypt(self, address: str) -> bytes:
        try:
            answer = self._client.encrypt(
                KeyId=self._key, Plaintext=address.encode(), EncryptionContext=self._context
            )
        except FAILURES as error:
            raise KeysUnavailable(error_code(error)) from error
        return answer["CiphertextBlob"]

    @override
    def decrypt(self, sealed: bytes) -> str:
        try:
            answer = self._client.decrypt(
                KeyId=self._key, CiphertextBlob=sealed, EncryptionContext=self._context
            )
        except FAILURES as error:
            if error_code(error) in _FOREIGN:
                raise MalformedMessage(error_code(error)) from error
            raise KeysUnavailable(error_code(error)) from error
        return answer["Plaintext"].decode()
