"""Implementations of ports in memory. They pass the contract tests (tests/adapters/test_*_contract.py)."""

from __future__ import annotations

import hmac
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from heed.adapters.dynamodb.desk_sessions import TOUCH_INTERVAL
from heed.domain.desk.session import DeskSession
from heed.domain.errors import HeedError, InvalidToken, UnreadableRecord
from heed.domain.links.link_token import TokenPurpose
from heed.domain.milliseconds import Millis
from heed.domain.numbers.numbers import (
    MAX_KEYS_A_DAY,
    OTHER_KEY,
    ColumnCounts,
    CountedKey,
    DayCount,
    DayKey,
    NumberColumn,
    NumberGrouping,
)
from heed.domain.preferences.record import EMPTY_RECORD, Record, merge_changes
from heed.domain.preferences.register import Change
from heed.use_cases.ports.preferences import UNREADABLE, UnreadableItem, WriteResult


@dataclass
class MemoryPreferences:
    """Implements the port Preferences. While `failure` is set, each call raises it."""

    records: dict[str, Record | UnreadableItem] = field(default_factory=dict)
    failure: HeedError | None = None

    def read(self, recipient: str) -> Record:
        self._raise_failure()
        record = self.records.get(recipient, EMPTY_RECORD)
        if isinstance(record, UnreadableItem):
            raise UnreadableRecord("the test made it unreadable")
        return record

    def read_many(self, recipients: Iterable[str]) -> Mapping[str, Record | UnreadableItem]:
        self._raise_failure()
        return {recipient: self.records.get(recipient, EMPTY_RECORD) for recipient in recipients}

    def apply(self, recipient: str, changes: Sequence[Change], now: int) -> WriteResult:
        return self.update(recipient, lambda _: changes, now)

    def update(
        self,
        recipient: str,
        decide: Callable[[Record], Sequence[Change]],
        now: int,  # noqa: ARG002
        current: Record | None = None,  # noqa: ARG002
    ) -> WriteResult:
        before, changes = EMPTY_RECORD, None
        while changes is None or self.read(recipient) != before:
            before = self.read(recipient)
            changes = decide(before)
        after = merge_changes(before, changes)
        if after != before:
            after = replace(after, revision=before.revision + 1)
            self.records[recipient] = after
        return WriteResult(before, after)

    def make_unreadable(self, recipient: str) -> None:
        """Makes the record of a recipient unreadable."""
        self.records[recipient] = UNREADABLE

    def _raise_failure(self) -> None:
        if self.failure is not None:
            raise self.failure


@dataclass
class MemoryKeys:
    """Implements the ports IdentityKey and LinkKeys, with keys derived from fixed public bytes.

    While `failure` is set, each derivation raises it.
    """

    link_key_ids: tuple[int, ...] = (1,)
    failure: HeedError | None = None

    def identity_key(self) -> bytes:
        return self._derive("identity/1")

    def link_key(self, purpose: TokenPurpose, key_id: int) -> bytes:
        if key_id not in self.link_key_ids:
            raise InvalidToken("unknown key id")
        return self._derive(f"{purpose.name.lower()}/{key_id}")

    def newest_key_id(self) -> int:
        return self.link_key_ids[-1]

    def _derive(self, label: str) -> bytes:
        if self.failure is not None:
            raise self.failure
        return hmac.digest(b"a made-up key of the tests", label.encode(), "sha256")


@dataclass
class MemoryQueue:
    """Implements the ports MessageQueue and DeadLetterQueue. While `failure` is set, each send raises it."""

    bodies: list[str] = field(default_factory=list)
    reasons: list[str | None] = field(default_factory=list)
    failure: HeedError | None = None

    def send(self, body: str, reason: str | None = None) -> None:
        if self.failure is not None:
            raise self.failure
        self.bodies.append(body)
        self.reasons.append(reason)


@dataclass
class MemoryDeskSessions:
    """Implements the port DeskSessions."""

    sessions: dict[str, DeskSession] = field(default_factory=dict)

    def find(self, session_hash: str) -> DeskSession | None:
        return self.sessions.get(session_hash)

    def create(self, session: DeskSession) -> None:
        self.sessions[session.hash] = session

    def touch(self, session: DeskSession, now: Millis) -> None:
        current = self.sessions.get(session.hash)
        if current is not None and now >= max(session.used_at + TOUCH_INTERVAL, current.used_at):
            self.sessions[session.hash] = replace(current, used_at=now)

    def renew(self, session: DeskSession) -> bool:
        current = self.sessions.get(session.hash)
        if current is None:
            return False
        self.sessions[session.hash] = replace(session, used_at=current.used_at)
        return True

    def end(self, session_hash: str) -> None:
        self.sessions.pop(session_hash, None)

    def end_all_of(self, who: str) -> int:
        ended = [each.hash for each in self.sessions.values() if who in (each.key, each.agent)]
        for session_hash in ended:
            del self.sessions[session_hash]
        return len(ended)


@dataclass
class MemoryNumbers:
    """Implements the port Numbers."""

    seen: set[str] = field(default_factory=set)
    counts: dict[tuple[NumberGrouping, DayKey], Counter[NumberColumn]] = field(default_factory=dict)

    def count(self, id_: str, day: int, counted: Mapping[CountedKey, ColumnCounts], _: Millis) -> bool:
        if id_ in self.seen:
            return False
        self.seen.add(id_)
        for (grouping, key), counts in counted.items():
            names = {known.key for known in self.find_keys(grouping, [day])} - {OTHER_KEY}
            has_room = key in names or len(names) < MAX_KEYS_A_DAY
            row = grouping, DayKey(day, key if has_room else OTHER_KEY)
            self.counts.setdefault(row, Counter()).update(counts)
        return True

    def find_keys(self, grouping: NumberGrouping, days: Iterable[int]) -> Sequence[DayKey]:
        wanted = set(days)
        return [key for known, key in self.counts if known == grouping and key.day in wanted]

    def read(self, grouping: NumberGrouping, keys: Iterable[DayKey]) -> Iterable[DayCount]:
        for key in keys:
            for column, number in self.counts.get((grouping, key), {}).items():
                yield DayCount(*key, column, number)
