"""Encrypts texts that contain addresses, under a separate KMS key that few roles may use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heed.adapters.aws import FAILURES, error_code, failures_as
from heed.domain.errors import KeysUnavailable, MalformedMessage
from heed.override import override
from heed.use_cases.ports.opt_in import AddressEncryption

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient

# The uses of the key. A use is part of the encryption context of each ciphertext, and the IAM roles require
# it in a condition. It identifies no person.
CONFIRMATION = "confirmation"  # the address in a confirmation link and in the messages that follow from it
LIST_POSITION = "place"  # a position in the SES list: an opaque text of SES that may contain an address
_FOREIGN_CIPHERTEXT_ERRORS = ("InvalidCiphertextException", "IncorrectKeyException")


class KmsAddressEncryption(AddressEncryption):
    """Implements the port AddressEncryption with KMS.

    Args:
        client: KMS client.
        key: Id or ARN of the KMS key.
        use: Use of the key, one of the constants above. Decryption fails for any other use.
    """

    def __init__(self, client: KMSClient, key: str, use: str = CONFIRMATION) -> None:
        self._client = client
        self._key = key
        self._context = {"heed": use}

    @override
    def encrypt(self, address: str) -> bytes:
        with failures_as(KeysUnavailable):
            response = self._client.encrypt(
                KeyId=self._key, Plaintext=address.encode(), EncryptionContext=self._context
            )
        return response["CiphertextBlob"]

    @override
    def decrypt(self, encrypted: bytes) -> str:
        try:
            response = self._client.decrypt(
                KeyId=self._key, CiphertextBlob=encrypted, EncryptionContext=self._context
            )
        except FAILURES as error:
            if error_code(error) in _FOREIGN_CIPHERTEXT_ERRORS:
                raise MalformedMessage(error_code(error)) from error
            raise KeysUnavailable(error_code(error)) from error
        return response["Plaintext"].decode()
