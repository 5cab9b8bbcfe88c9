"""The ports of the desk."""

from __future__ import annotations

from typing import Protocol

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
