"""The keys that are derived, never stored: each port is for a right of its own."""

from __future__ import annotations

from typing import Protocol

from heed.domain.links.link_token import Purpose


class IdentityKey(Protocol):
    """The key of recipient ids."""

    def identity(self) -> bytes:
        """The key of recipient ids.

        Raises:
            KeysUnavailable: the key service did not answer.
        """
        ...


class LinkKeys(Protocol):
    """The keys of links."""

    def link(self, purpose: Purpose, key_id: int) -> bytes:
        """The key of links of a purpose.

        Raises:
            InvalidToken: the id was never ours.
            KeysUnavailable: the key service did not answer.
        """
        ...

    def newest(self) -> int:
        """The id of the link key that mints."""
        ...


class ConfirmKeys(Protocol):
    """The keys of confirmation links."""

    def confirm(self, key_id: int) -> bytes:
        """The key of confirmation links.

        Raises:
            InvalidToken: the id was never ours.
            KeysUnavailable: the key service did not answer.
        """
        ...
