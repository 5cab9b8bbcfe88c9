"""The ports for derived keys, which are never stored. Each port gives one permission of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from heed.domain.links.link_token import TokenPurpose


class IdentityKey(Protocol):
    """Gives the key that turns an address into a recipient id."""

    def identity_key(self) -> bytes:
        """Returns the key of recipient ids.

        Raises:
            KeysUnavailable: The key service did not answer.
        """
        ...


class LinkKeys(Protocol):
    """Gives the keys that sign and verify links in mails."""

    def link_key(self, purpose: TokenPurpose, key_id: int) -> bytes:
        """Returns the key for links of one purpose.

        Raises:
            InvalidToken: No key ever had this id.
            KeysUnavailable: The key service did not answer.
        """
        ...

    def newest_key_id(self) -> int:
        """Returns the id of the key that signs new links."""
        ...


class ConfirmationKeys(Protocol):
    """Gives the keys that sign and verify confirmation links."""

    def confirmation_key(self, key_id: int) -> bytes:
        """Returns the key for confirmation links.

        Raises:
            InvalidToken: No key ever had this id.
            KeysUnavailable: The key service did not answer.
        """
        ...


class SnapshotSigner(Protocol):
    """Signs snapshots."""

    @property
    def key_id(self) -> str:
        """The name of the signing key in the JWKS of the deployment."""
        ...

    def sign(self, data: bytes) -> bytes:
        """Returns the signature of some bytes: ES256, in DER.

        Raises:
            KeysUnavailable: The key service did not answer.
        """
        ...


class PublicKeys(Protocol):
    """Gives the public halves of the keys that sign snapshots."""

    def public_keys(self) -> Mapping[str, bytes]:
        """Returns the public keys by their names, as X.509 encodes them (SubjectPublicKeyInfo, DER).

        Raises:
            KeysUnavailable: The key service did not answer.
        """
        ...
