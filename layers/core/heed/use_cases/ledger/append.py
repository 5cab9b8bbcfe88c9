"""A batch of writes becomes entries of the ledger, hashes for the seal, and events for other systems.

Every step may be done again and again: an entry is named by its content, a batch of hashes too, and an
event keeps its id. A wish that waits at its record is taken away when all of that is done.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

from heed.domain.ledger.announcement import Announcement, announcements
from heed.domain.ledger.entry import LedgerEntry
from heed.domain.ledger.transition import Transition, entries
from heed.domain.preferences.catalogue import Catalogue
from heed.domain.preferences.register import DAY, Change
from heed.use_cases.ports.ledger import Bus, Ledger, Seals
from heed.use_cases.ports.preferences import LateWishes

Read = Callable[[Mapping[str, Any]], Transition]
"""From a record of the stream to the write that it tells of; raises Malformed."""


class LedgerBatch:
    """Writes that are handled together: `enter` each, then `finish`.

    Attributes:
        entered: the entries, of late wishes only those that were not on record.
    """

    def __init__(
        self, read: Read, ledger: Ledger, late: LateWishes, seals: Seals, bus: Bus
    ) -> None:
        self._read = read
        self._ledger = ledger
        self._late = late
        self._seals = seals
        self._bus = bus
        self._leaves: dict[int, set[bytes]] = defaultdict(set)
        self._events: dict[int, list[Announcement]] = defaultdict(list)
        self._waiting: list[tuple[str, frozenset[Change]]] = []
        self.entered: list[LedgerEntry] = []

    def enter(self, record: Mapping[str, Any], catalogue: Catalogue) -> None:
        """Enter what a write changed, of which a record of the stream tells.

        Raises:
            Malformed: nobody can ever read it.
            Unavailable, UnreadableRecord: not all is known to be entered.
        """
        transition = self._read(record)
        for entry, evidence in entries(transition):
            there = self._ledger.enter(entry, evidence)
            # One of another time is a fact that was known, and has been hashed when it was entered.
            if there.recorded_at == entry.recorded_at:
                self._leaves[there.recorded_at // DAY].add(there.leaf)
                self.entered.append(there)
        if transition.erased:
            # Here and nowhere else: every entry of this subject was written before, in this order.
            self._ledger.erase(transition.erased)
        if transition.late:
            self._waiting.append((transition.recipient, transition.late))
        self._events[transition.recorded_at] += announcements(transition, catalogue)

    def finish(self) -> None:
        """Keep the hashes, publish the events, and let go of the wishes that waited.

        Raises:
            Unavailable: not all of it is done.
        """
        for day, leaves in self._leaves.items():
            self._seals.add(day, leaves)
        for at, events in self._events.items():
            self._bus.publish(events, at)
        for recipient, entered in self._waiting:
            self._late.settle(recipient, entered)
