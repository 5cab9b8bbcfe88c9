"""Turns a batch of writes into ledger entries, hashes for the seal, and events for other systems.

Each step can be repeated: the id of an entry and the name of a batch of hashes depend only on the content,
and an event keeps its id. A late change is deleted from its record after all other steps.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from heed.domain.ledger.entry import LedgerEntry
from heed.domain.ledger.events import PreferenceEvent, events_for
from heed.domain.ledger.transition import Transition, ledger_entries
from heed.domain.milliseconds import Millis
from heed.domain.preferences.catalogue import Catalogue
from heed.domain.preferences.register import DAY_MS, Change
from heed.use_cases.ports.ledger import EventPublisher, Ledger, Seals
from heed.use_cases.ports.preferences import LateChanges


@dataclass(slots=True)
class LedgerBatch:
    """The state of writes that are processed together: the entries so far, and the remaining work.

    Attributes:
        entries: the new entries. A change that the ledger knew before is not among them.
        leaves: hashes for the seal, by day.
        events: events for other systems, by the time of the write (milliseconds).
        late_changes: recipients, each with the late changes that are now in the ledger.
    """

    entries: list[LedgerEntry] = field(default_factory=list)
    leaves: defaultdict[int, set[bytes]] = field(default_factory=lambda: defaultdict(set))
    events: defaultdict[int, list[PreferenceEvent]] = field(default_factory=lambda: defaultdict(list))
    late_changes: list[tuple[str, frozenset[Change]]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class EnterTransition:
    """Adds the changes of a write to the ledger."""

    ledger: Ledger
    catalogue: Catalogue

    def __call__(self, transition: Transition, batch: LedgerBatch) -> None:
        """Adds the entries of a write to the ledger, and the remaining work to the batch.

        Raises:
            DependencyUnavailable, UnreadableRecord: It is unknown whether all entries are in the ledger.
        """
        for entry, evidence in ledger_entries(transition):
            stored = self.ledger.enter(entry, evidence)
            # A different time means that the ledger had this entry before. Then its hash is stored as well.
            if stored.recorded_at == entry.recorded_at:
                batch.leaves[stored.recorded_at // DAY_MS].add(stored.leaf)
                batch.entries.append(stored)
        if transition.erased_subject:
            # This is the only place: the stream is in order, so all entries of this subject exist by now.
            self.ledger.erase_evidence(transition.erased_subject)
        if transition.late_changes:
            batch.late_changes.append((transition.recipient, transition.late_changes))
        batch.events[transition.recorded_at] += events_for(transition, self.catalogue)


@dataclass(frozen=True, slots=True)
class FinishBatch:
    """Does the remaining work after all entries of a batch are in the ledger."""

    late_changes: LateChanges
    seals: Seals
    publisher: EventPublisher

    def __call__(self, batch: LedgerBatch) -> None:
        """Stores the hashes, publishes the events, and deletes the late changes from their records.

        Raises:
            DependencyUnavailable: Some of the work is not done.
        """
        for day, leaves in batch.leaves.items():
            self.seals.add_leaves(day, leaves)
        for at, events in batch.events.items():
            self.publisher.publish(events, Millis(at))
        for recipient, entered in batch.late_changes:
            self.late_changes.delete_entered(recipient, entered)
