"""The port of the list of purges."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from heed.domain.milliseconds import Millis
from heed.domain.privacy.purge import Purge, UnreadablePurge


class PurgePosition(NamedTuple):
    """The place of a purge in the list. The list is in order of the request, then of the id."""

    requested_at: Millis
    id: str


class PurgeList(Protocol):
    """Lists purges, and finds one of them."""

    def find(self, purge_id: str) -> Purge | None:
        """Returns the purge with this id, or None.

        Raises:
            StoreUnavailable: The store did not answer.
        """
        ...

    def latest(self, before: PurgePosition | None, limit: int) -> list[Purge | UnreadablePurge]:
        """Returns at most `limit` purges that were requested before a position, the newest first.

        The list lags behind by a moment. It does not have a purge whose order an older release stored, until
        the purge starts.

        Raises:
            StoreUnavailable: The store did not answer.
        """
        ...
