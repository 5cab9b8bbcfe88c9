"""Parts of the desk, which is for people at work."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from heed.bootstrap.shared import SharedParts

if TYPE_CHECKING:
    from heed.adapters.cookie_encryption import JweCookieEncryption
    from heed.adapters.dynamodb.desk_sessions import DeskSessionsTable
    from heed.entrypoints.http.desk.desk_pages import DeskPages
    from heed.entrypoints.http.desk.session_memory import SessionMemory


class DeskParts(SharedParts):
    """Parts for the sign-in to the desk, and for its pages."""

    @property
    def has_desk(self) -> bool:
        """Whether there is a desk. It needs an issuer, at which people sign in."""
        return bool(self.config.desk_issuer)

    @property
    def public_url(self) -> str:
        """The base URL of the deployment, or "" if it has only the host of the API."""
        return self.config.public_url

    @cached_property
    def desk_sessions(self) -> DeskSessionsTable:
        """The sessions of people who are signed in to the desk."""
        from heed.adapters.dynamodb.desk_sessions import DeskSessionsTable

        return DeskSessionsTable(self.client("dynamodb"), self.config.control_table)

    @cached_property
    def session_memory(self) -> SessionMemory:
        """The sessions, each remembered for a minute."""
        from heed.entrypoints.http.desk.session_memory import SessionMemory

        return SessionMemory(self.desk_sessions)

    @cached_property
    def desk_pages(self) -> DeskPages:
        """The pages of the desk."""
        from heed.entrypoints.http.desk.desk_pages import DeskPages

        return DeskPages(self.config.brand_dir)

    @cached_property
    def cookie_encryption(self) -> JweCookieEncryption:
        """The encryption of what the desk keeps in a browser, with keys of its own below the links' key."""
        from heed.adapters.cookie_encryption import JweCookieEncryption

        return JweCookieEncryption(self.link_keys.derive)
