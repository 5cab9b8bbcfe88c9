"""The ports for derived keys, which are never stored. Each port gives one permission of its own."""

from __future__ import annotations

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
