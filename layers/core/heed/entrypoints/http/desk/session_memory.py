"""Remembers sessions for a minute, as API keys are, so that the pages of one call read the session once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from heed.domain.desk.session import DeskSession
from heed.domain.milliseconds import Millis
from heed.use_cases.ports.desk import DeskSessions

SESSION_MEMORY = Millis(60_000)
"""A session that was ended elsewhere stops working within this time, milliseconds."""
_MAX_SESSIONS = 1_000


class SessionMemory:
    """Finds and ends sessions.

    A session is remembered for one minute, counted from the arrival of the request that loaded it. Unknown
    sessions are not remembered, so guessed values cannot fill the memory.
    """

    def __init__(self, stored: DeskSessions) -> None:
        self._stored = stored
        self._sessions: dict[str, tuple[Millis, DeskSession]] = {}

    def use(
        self, session_hash: str, now: Millis, renew: Callable[[DeskSession], DeskSession | None]
    ) -> DeskSession | None:
        """Returns the valid session with this hash, and stores the time of the request about once a minute.

        Args:
            session_hash: the hash of the value in the cookie.
            now: when the request arrived, milliseconds.
            renew: asks the issuer again for the role, if that is due. It returns None if the session ended.

        Raises:
            IssuerUnavailable: The role had to be confirmed, and the issuer did not answer.
            StoreUnavailable: The store did not answer.
        """
        read_at, session = self._sessions.pop(session_hash, (None, None))
        if session is None or read_at is None or not 0 <= now - read_at < SESSION_MEMORY:
            read_at, session = now, self._stored.find(session_hash)
        session = renew(session) if session is not None and session.is_valid_at(now) else None
        if session is None:
            return None
        self._stored.touch(session, now)
        if now >= session.used_at + SESSION_MEMORY:
            session = replace(session, used_at=now)  # so that the memory does not end it as idle
        if len(self._sessions) >= _MAX_SESSIONS:
            self._sessions.clear()
        self._sessions[session_hash] = read_at, session
        return session

    def end(self, session_hash: str) -> None:
        """Ends a session at once for this instance of the function, and for others within a minute.

        Raises:
            StoreUnavailable: The store did not answer.
        """
        self._sessions.pop(session_hash, None)
        self._stored.end(session_hash)
