"""The keys that are derived, never stored: each port is for a right of its own."""

from __future__ import annotations

from typing import Protocol

from heed.domain.links.link_token import TokenPurpose


class IdentityKey(Protocol):
    """The key of recipient ids."""

    def identity_key(self) -> bytes:
        """The key of recipient ids.

        Raises:
            KeysUnavailable: the key service did not answer.
        """
        ...


class LinkKeys(Protocol):
    """The keys of links."""

    def link_key(self, purpose: TokenPurpose, key_id: int) -> bytes:
        """The key of links of a purpose.

        Raises:
            InvalidToken: the id was never ours.
            KeysUnavailable: the key service did not answer.
        """
        ...

    def newest_key_id(self) -> int:
        """The id of the link key that mints."""
        ...


class ConfirmationKeys(Protocol):
    """The keys of confirmation links."""

    def confirmation_key(self, key_id: int) -> bytes:
        """The key of confirmation links.

        Raises:
            InvalidToken: the id was never ours.
            KeysUnavailable: the key service did not answer.
        """
        ...
