"""The parts of a deployment that each page of the desk needs."""

from __future__ import annotations

from typing import Protocol

from heed.domain.preferences.catalogue import Catalogue
from heed.entrypoints.http.desk.desk_pages import DeskPages
from heed.entrypoints.http.desk.session_memory import SessionMemory
from heed.entrypoints.http.pages.pages import Pages
from heed.use_cases.desk.sign_in import RenewRole
from heed.use_cases.ports.desk import CookieEncryption, DeskSessions


class DeskPageParts(Protocol):
    """The parts of a deployment that each page of the desk needs."""

    @property
    def has_desk(self) -> bool:
        """Whether the deployment has a desk."""
        ...

    @property
    def desk_url(self) -> str:
        """The base URL of the desk, or "" if the deployment has only the host of the API."""
        ...

    @property
    def desk_domain(self) -> str:
        """The host of the desk alone, or "" if it is at the host of the links."""
        ...

    @property
    def session_memory(self) -> SessionMemory:
        """The sessions, each remembered for a minute."""
        ...

    @property
    def desk_sessions(self) -> DeskSessions:
        """The sessions of the people who are signed in."""
        ...

    @property
    def renew_role(self) -> RenewRole:
        """Asks the issuer again for the role of a person."""
        ...

    @property
    def cookie_encryption(self) -> CookieEncryption:
        """The encryption of what the desk keeps in a browser."""
        ...

    @property
    def desk_pages(self) -> DeskPages:
        """The compiled pages of the desk."""
        ...

    @property
    def catalogue(self) -> Catalogue:
        """The brands and topics."""
        ...

    @property
    def pages(self) -> Pages:
        """The pages for recipients, which have the answer of a deployment without a desk."""
        ...
