"""A transition: the record before and after one write to the table, and the ledger entries of the write.

The entries of a subject form a chain of revisions 1, 2, 3 … without a gap. The chain begins with revision
1, or after an erasure with an entry of the register `floor`. It may end with an entry of the register
`erased`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from heed.domain.ledger.entry import (
    ERASED_REGISTER,
    FLOOR_REGISTER,
    LEDGER_SOURCE,
    EntryOutcome,
    LedgerEntry,
    keyed_hash,
    ledger_subject,
    time_recorded,
)
from heed.domain.links.entry_mode import LINK_SOURCES, hourly_changes, is_hourly_write
from heed.domain.milliseconds import Millis
from heed.domain.preferences.record import EMPTY_RECORD, Record, changes_between
from heed.domain.preferences.register import ALL_SCOPES, MINOR, Change, Source, opt_out_register


@dataclass(frozen=True, slots=True)
class Transition:
    """The record before and after one write of the table, from which ledger entries and events are made.

    Attributes:
        id: identifies the write; the same at every delivery.
        recipient: the recipient id.
        before: the record before the write; empty if there was none.
        after: the record after the write; empty if there is none.
        late_changes: late changes for which it is unknown whether the ledger has an entry.
        recorded_at: the time of the write, milliseconds. The stream reports whole seconds, rounded down.
        expired: whether the table removed the item because its retention ended.
    """

    id: str
    recipient: str
    before: Record
    after: Record
    late_changes: frozenset[Change] = frozenset()
    recorded_at: Millis = Millis(0)
    expired: bool = False

    @property
    def changes(self) -> list[Change]:
        """The changes of the write, by register. Each new soft-bounce day is a change of its own."""
        return changes_between(self.before, self.after)

    @property
    def recorded_changes(self) -> list[Change]:
        """The changes that make ledger entries and events.

        For repeated changes by links there are none, or one that represents all of them.
        """
        if self.is_omitted:
            return []
        return hourly_changes(self.before.registers, self.changes) if self._is_hourly else self.changes

    @property
    def is_omitted(self) -> bool:
        """Whether the write has no entry of its own. The entry of a later write includes it."""
        return self.after.tally.omitted_after is not None and self.before.revision > 0

    @property
    def first_revision(self) -> int | None:
        """The first revision that the entry covers, if it represents omitted changes; otherwise None.

        In the hourly mode of `LedgerEntryMode`, an entry may omit changes of its own write. It then covers
        the revision of this write, too.
        """
        if self.is_omitted:
            return None
        omitted_after = (self.before if self.before.revision else self.after).tally.omitted_after
        if omitted_after is None:
            has_omissions = self._is_hourly and len(self.recorded_changes) < len(self.changes)
            return self.after.revision if has_omissions else None
        return omitted_after + 1

    @property
    def _is_hourly(self) -> bool:
        """Whether the write made the one entry of its hour (heed.domain.links.entry_mode)."""
        return (
            self.before.revision > 0
            and not self.is_omitted
            and is_hourly_write(self.before.tally, self.after.tally)
            and all(change.entry.source in LINK_SOURCES for change in self.changes)
        )

    @property
    def is_erasure(self) -> bool:
        """Whether the write erased everything before it."""
        return self.after.erased_at is not None and self.after.erased_at != self.before.erased_at

    @property
    def erased_subject(self) -> str | None:
        """The subject that cannot be linked to the recipient after the write, or None."""
        if self.before.salt and self.before.salt != self.after.salt:
            return ledger_subject(self.before.salt, self.recipient)
        return None


class EntryWithEvidence(NamedTuple):
    """A ledger entry and its evidence."""

    entry: LedgerEntry
    evidence: str


def ledger_entries(transition: Transition) -> Iterator[EntryWithEvidence]:
    """Yields the ledger entries of a write. They are the same at every delivery."""
    before, after = transition.before, transition.after
    if transition.erased_subject:
        yield _erased_entry(transition)
    if not after.salt:
        return
    is_new_subject = before.revision > 0 and before.salt != after.salt
    if is_new_subject or transition.is_erasure:
        # If the record before had no salt, its changes have no entries yet. They keep their revision.
        is_first_subject = is_new_subject and not before.salt
        yield _opening_entry(transition, before.revision if is_first_subject else after.revision)
        if is_first_subject:
            for change in changes_between(EMPTY_RECORD, before):
                yield _change_entry(transition, change, before.revision)
            is_new_subject = False
    records_all = is_new_subject and not transition.is_omitted
    for change in changes_between(EMPTY_RECORD, after) if records_all else transition.recorded_changes:
        yield _change_entry(transition, change, after.revision)
    for change in sorted(transition.late_changes, key=lambda late: (late.register.code, late.entry.rank)):
        yield _change_entry(transition, change, after.last_ledger_revision, EntryOutcome.SUPERSEDED)


def make_ledger_entry(
    salt: bytes,
    recipient: str,
    change: Change,
    revision: int,
    recorded_at: Millis,
    outcome: EntryOutcome = EntryOutcome.APPLIED,
    first_revision: int | None = None,
) -> EntryWithEvidence:
    """Returns the ledger entry of a change, with its evidence.

    Args:
        salt: the recipient's salt.
        recipient: the recipient id.
        change: the change.
        revision: the revision of the record after the change.
        recorded_at: the time of the write, milliseconds.
        outcome: whether the change was applied.
        first_revision: the first revision, if the entry records several; otherwise None.
    """
    register_entry = change.entry
    entry = LedgerEntry(
        subject=ledger_subject(salt, recipient),
        seq=revision,
        scope=change.register.scope,
        register=change.recorded_kind.value,
        at=register_entry.at,
        recorded_at=time_recorded(register_entry.at, recorded_at),
        source=register_entry.source.value,
        policy_version=register_entry.policy,
        commitment=keyed_hash(salt, register_entry.evidence),
        outcome=outcome,
        until=register_entry.until,
        first_seq=first_revision,
    )
    return EntryWithEvidence(entry, register_entry.evidence)


def _change_entry(
    transition: Transition, change: Change, revision: int, outcome: EntryOutcome = EntryOutcome.APPLIED
) -> EntryWithEvidence:
    salt, recipient = transition.after.salt, transition.recipient
    # A late change has the revision of another change, so it never represents several revisions.
    first = (
        transition.first_revision
        if outcome is EntryOutcome.APPLIED and revision == transition.after.revision
        else None
    )
    return make_ledger_entry(salt, recipient, change, revision, transition.recorded_at, outcome, first)


def _erased_entry(transition: Transition) -> EntryWithEvidence:
    """Returns the last entry of a subject. The record after the erasure contains its cause."""
    after = transition.after
    cause = after.get(MINOR) or after.get(opt_out_register(ALL_SCOPES))
    if transition.expired:
        source = Source.RETENTION.value
    else:
        source = cause.source.value if cause and after.erased_at == cause.at else LEDGER_SOURCE
    at = transition.recorded_at if after.erased_at is None else after.erased_at
    salt, revision = transition.before.salt, transition.before.revision + 1
    first = transition.first_revision
    return _special_entry(
        transition, salt, ERASED_REGISTER, at=at, source=source, revision=revision, first_revision=first
    )


def _opening_entry(transition: Transition, revision: int) -> EntryWithEvidence:
    after = transition.after
    at = transition.recorded_at if after.erased_at is None else after.erased_at
    return _special_entry(
        transition, after.salt, FLOOR_REGISTER, at=at, source=LEDGER_SOURCE, revision=revision
    )


def _special_entry(
    transition: Transition,
    salt: bytes,
    register: str,
    *,
    at: Millis,
    source: str,
    revision: int,
    first_revision: int | None = None,
) -> EntryWithEvidence:
    entry = LedgerEntry(
        subject=ledger_subject(salt, transition.recipient),
        seq=revision,
        scope=ALL_SCOPES,
        register=register,
        at=at,
        recorded_at=time_recorded(at, transition.recorded_at),
        source=source,
        policy_version="",
        commitment=keyed_hash(salt, ""),
        first_seq=first_revision,
    )
    return EntryWithEvidence(entry, "")
