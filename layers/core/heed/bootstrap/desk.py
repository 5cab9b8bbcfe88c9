"""Parts of the desk, which is for people at work."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from heed.bootstrap.shared import SharedParts

if TYPE_CHECKING:
    from heed.adapters.cookie_encryption import JweCookieEncryption
    from heed.adapters.dynamodb.desk_sessions import DeskSessionsTable


class DeskParts(SharedParts):
    """Parts for the sign-in to the desk."""

    @cached_property
    def desk_sessions(self) -> DeskSessionsTable:
        """The sessions of people who are signed in to the desk."""
        from heed.adapters.dynamodb.desk_sessions import DeskSessionsTable

        return DeskSessionsTable(self.client("dynamodb"), self.config.control_table)

    @cached_property
    def cookie_encryption(self) -> JweCookieEncryption:
        """The encryption of what the desk keeps in a browser, with keys of its own below the links' key."""
        from heed.adapters.cookie_encryption import JweCookieEncryption

        return JweCookieEncryption(self.link_keys.derive)
