"""A batch of writes becomes entries of the ledger, hashes for the seal, and events for other systems.

Every step may be done again and again: an entry is named by its content, a batch of hashes too, and an
event keeps its id. A wish that waits at its record is taken away when all of that is done.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from heed.domain.ledger.entry import LedgerEntry
from heed.domain.ledger.events import PreferenceEvent, events_for
from heed.domain.ledger.transition import Transition, ledger_entries
from heed.domain.preferences.catalogue import Catalogue
from heed.domain.preferences.register import DAY_MS, Change
from heed.use_cases.ports.ledger import EventPublisher, Ledger, Seals
from heed.use_cases.ports.preferences import LateChanges


@dataclass(slots=True)
class LedgerBatch:
    """Writes that are handled together: what was entered of them, and what is left to be done.

    Attributes:
        entered: the entries, of late wishes only those that were not on record.
        leaves: hashes for the seal, by their day.
        events: what other systems are told, by the time of the write.
        waiting: recipients with wishes that wait at their records, and were entered.
    """

    entered: list[LedgerEntry] = field(default_factory=list)
    leaves: defaultdict[int, set[bytes]] = field(default_factory=lambda: defaultdict(set))
    events: defaultdict[int, list[PreferenceEvent]] = field(default_factory=lambda: defaultdict(list))
    late_changes: list[tuple[str, frozenset[Change]]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class EnterTransition:
    """Enters what a write changed."""

    ledger: Ledger
    catalogue: Catalogue

    def __call__(self, transition: Transition, batch: LedgerBatch) -> None:
        """Enter it, and add to the batch what is left to be done.

        Raises:
            Unavailable, UnreadableRecord: not all is known to be entered.
        """
        for entry, evidence in ledger_entries(transition):
            there = self.ledger.enter(entry, evidence)
            # One of another time is a fact that was known, and has been hashed when it was entered.
            if there.recorded_at == entry.recorded_at:
                batch.leaves[there.recorded_at // DAY_MS].add(there.leaf)
                batch.entered.append(there)
        if transition.erased:
            # Here and nowhere else: every entry of this subject was written before, in this order.
            self.ledger.erase(transition.erased)
        if transition.late:
            batch.late_changes.append((transition.recipient, transition.late))
        batch.events[transition.recorded_at] += events_for(transition, self.catalogue)


@dataclass(frozen=True, slots=True)
class FinishBatch:
    """Does what is left to be done when the writes of a batch are entered."""

    late: LateChanges
    seals: Seals
    bus: EventPublisher

    def __call__(self, batch: LedgerBatch) -> None:
        """Keep the hashes, publish the events, and let go of the wishes that waited.

        Raises:
            Unavailable: not all of it is done.
        """
        for day, leaves in batch.leaves.items():
            self.seals.add(day, leaves)
        for at, events in batch.events.items():
            self.bus.publish(events, at)
        for recipient, entered in batch.late_changes:
            self.late.settle(recipient, entered)
