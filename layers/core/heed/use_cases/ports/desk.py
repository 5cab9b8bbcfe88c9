"""The ports of the desk."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from heed.domain.desk.session import DeskSession
from heed.domain.milliseconds import Millis


class DeskSessions(Protocol):
    """The sessions of people who are signed in to the desk."""

    def find(self, session_hash: str) -> DeskSession | None:
        """Returns the session with this hash, also if it is no longer valid.

        Raises:
            StoreUnavailable: The store did not answer.
        """
        ...

    def create(self, session: DeskSession) -> None:
        """Stores a new session.

        Raises:
            StoreUnavailable: The store did not answer.
        """
        ...

    def touch(self, session: DeskSession, now: Millis) -> None:
        """Stores the time of a request, unless the session has ended meanwhile.

        Raises:
            StoreUnavailable: The store did not answer.
        """
        ...

    def end(self, session_hash: str) -> None:
        """Ends a session. It does nothing if there is none.

        Raises:
            StoreUnavailable: The store did not answer.
        """
        ...

    def renew(self, session: DeskSession) -> bool:
        """Stores the role that the issuer confirmed, with its time and the refresh token.

        Returns:
            Whether the session still exists. One that has ended does not come back.

        Raises:
            StoreUnavailable: The store did not answer.
        """
        ...

    def end_all_of(self, who: str) -> int:
        """Ends all sessions of a person. `who` is the key or the name of the person.

        Returns:
            The number of sessions that ended.

        Raises:
            StoreUnavailable: The store did not answer.
        """
        ...


class CookieEncryption(Protocol):
    """The encryption of what the desk keeps in a browser. Only the desk can read it or make it."""

    def encrypt(self, use: str, content: Mapping[str, object], ends_at: Millis) -> str:
        """Returns the encrypted content, a text that a cookie may have.

        Args:
            use: what the cookie is for. The content of one use cannot be read as that of another.
            content: the content, as JSON has it.
            ends_at: from when on the content is not read, milliseconds.

        Raises:
            KeysUnavailable: The key could not be derived.
        """
        ...

    def decrypt(self, use: str, text: str, now: Millis) -> Mapping[str, Any] | None:
        """Returns the content, or None: it is not one of this use and this deployment, or it has ended.

        Raises:
            KeysUnavailable: The key could not be derived.
        """
        ...
