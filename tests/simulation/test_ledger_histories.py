"""A stream that repeats, fails and crashes delivers the writes of simulated programs to the ledger.

Each change has its own entry, or a later entry that represents it. Here the limit of entries by link is one a
day.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from heed.adapters.sqlite_sort import SqliteSorter
from heed.codec.record import decode_late_changes, decode_record
from heed.domain.errors import StoreUnavailable
from heed.domain.ledger import transition
from heed.domain.ledger.entry import LEDGER_SOURCE, EntryOutcome, LedgerEntry, ledger_subject
from heed.domain.ledger.events import PreferenceEvent
from heed.domain.ledger.transition import Transition
from heed.domain.links import entry_mode
from heed.domain.milliseconds import Millis
from heed.domain.preferences.record import EMPTY_RECORD, changes_between
from heed.domain.preferences.register import DAY_MS, Change, Entry
from heed.entrypoints import stream
from heed.use_cases.ledger.enter_transition import EnterTransition, FinishBatch, LedgerBatch
from heed.use_cases.ledger.export import export_ledger
from heed.use_cases.ledger.verify import verify_ledger
from tests.simulation.aws_in_memory import ATTEMPTS
from tests.simulation.deployment import SimulatedDeployment, simulated_deployment
from tests.simulation.nemesis import Killed
from tests.simulation.program import SimulatedProgram
from tests.simulation.steps import Step, draw_program
from tests.support.catalogues import CATALOGUE
from tests.support.deployment import NOW, parts
from tests.support.full import is_full
from tests.support.ledgers import MemoryLedger, MemorySeals
from tests.support.stream_events import stream_record

Write = tuple[Millis, dict[str, Any] | None, dict[str, Any]]  # when, the item before, the item after


def preference_writes(deployment: SimulatedDeployment, steps: Iterable[Step]) -> list[Write]:
    """Every write to the preferences table while a program runs."""
    client, writes = parts().client("dynamodb"), []
    write = type(client)._write

    def watched(table: str, key: str, item: dict[str, Any]) -> None:
        old = client.tables.get(table, {}).get(key)
        write(client, table, key, item)
        if table == "Preferences":
            writes.append((deployment.clock, old, dict(item)))

    client._write = watched
    try:
        SimulatedProgram(deployment).run(steps)
    finally:
        del client._write
    return writes


def _supported_steps(steps: Iterable[Step]) -> Iterator[Step]:
    """Removes what a later version wrote: such an item is unreadable, and has its own test."""
    for step in steps:
        if step.kind != "unknown register":
            inside = {at: inner for at, inner in step.inner_steps.items() if inner.kind != "unknown register"}
            yield replace(step, inner_steps=inside)


@dataclass
class Ports:
    """The ledger, the hashes and the bus; a call may fail or crash before or after it takes effect."""

    rng: random.Random
    ledger: MemoryLedger = field(default_factory=MemoryLedger)
    seals: MemorySeals = field(default_factory=MemorySeals)
    received: set[str] = field(default_factory=set)
    is_calm: bool = False

    def _may_fail(self) -> None:
        drawn = 1.0 if self.is_calm else self.rng.random()
        if drawn < 0.06:
            raise StoreUnavailable("made up")
        if drawn < 0.1:
            raise Killed

    def _call(self, action: Callable[[], Any]) -> Any:
        self._may_fail()
        result = action()
        self._may_fail()
        return result

    def enter(self, entry: LedgerEntry, evidence: str) -> LedgerEntry:
        entered: LedgerEntry = self._call(lambda: self.ledger.enter(entry, evidence))
        return entered

    def erase_evidence(self, subject: str) -> int:
        return int(self._call(lambda: self.ledger.erase_evidence(subject)))

    def add_leaves(self, day: int, leaves: Iterable[bytes]) -> None:
        self._call(lambda: self.seals.add_leaves(day, leaves))

    def publish(self, announcements: Sequence[PreferenceEvent], at: Millis) -> None:  # noqa: ARG002
        self._call(
            lambda: self.received.update(str(announcement.detail["id"]) for announcement in announcements)
        )

    def delete_entered(self, recipient: str, entered: Iterable[Change]) -> None:
        """The late changes stay in the record: every later write delivers them again."""


def deliver_stream(ports: Ports, records: list[dict[str, Any]]) -> None:
    """Delivers the stream: in order, in batches, each until it is done; some finished batches come again."""
    place, rng = 0, ports.rng
    while place < len(records):
        size = rng.randrange(1, 8)
        _deliver_until_success(ports, records[place : place + size])
        place += size
        if rng.random() < 0.3:
            again = rng.randrange(place)
            _deliver_until_success(ports, records[again : again + size][: place - again])


def _deliver_until_success(ports: Ports, records: list[dict[str, Any]]) -> None:
    for attempt in range(200):
        ports.is_calm = attempt > 20
        port: Any = ports
        batch = LedgerBatch()
        enter, finish = EnterTransition(port, CATALOGUE), FinishBatch(port, port, port)
        with suppress(StoreUnavailable, Killed):
            for record in records:
                enter(stream.parse_transition(record), batch)
            finish(batch)
            return
    raise AssertionError("it never ended")


NamedChange = tuple[str, int, Entry]  # its name, its scope, and what is on record of it


def _named_changes(changes: Iterable[Change]) -> set[NamedChange]:
    """Names a change as people see it: a press that moves from `c:` to `o:` is the same press."""
    return {(change.recorded_kind.value, change.register.scope, change.entry) for change in changes}


@dataclass
class SubjectChanges:
    """The changes of one subject that its writes show.

    Attributes:
        applied: the applied changes, without those of writes that have no entry.
        late: the late changes.
        repeated: the applied changes by link to registers that were on record before, each with the revision
            of its write. Beyond the limit, one entry of that revision represents all of them.
    """

    applied: set[NamedChange] = field(default_factory=set)
    late: set[NamedChange] = field(default_factory=set)
    repeated: dict[NamedChange, int] = field(default_factory=dict)

    def shared(self, entries: Iterable[LedgerEntry]) -> set[NamedChange]:
        """Returns the changes that have no entry, because the entry of a repetition represents them."""
        hourly = {entry.seq for entry in entries if entry.first_seq is not None}
        names = {(entry.register, entry.scope, entry.at) for entry in entries}
        entered = {change for change in self.applied if (*change[:2], change[2].at) in names}
        representing = {at for change, at in self.repeated.items() if change in entered and at in hourly}
        return {change for change, at in self.repeated.items() if at in representing} - entered


def changes_by_subject(writes: list[Write]) -> dict[str, SubjectChanges]:
    """Returns the changes of each subject."""
    found: dict[str, SubjectChanges] = defaultdict(SubjectChanges)
    for _, old, item in writes:
        after, before = decode_record(item), decode_record(old)
        if after.salt:
            of_subject = found[ledger_subject(after.salt, item["id"]["S"])]
            if after.tally.omitted_after is None:
                previous = before if before.salt == after.salt else EMPTY_RECORD
                changes = changes_between(previous, after)
                of_subject.applied |= _named_changes(changes)
                if all(change.entry.source in entry_mode.LINK_SOURCES for change in changes):
                    known = [change for change in changes if previous.get(change.register)]
                    of_subject.repeated |= dict.fromkeys(_named_changes(known), after.revision)
            if (
                not before.salt
            ):  # the first record after an erasure has no subject until something is written to it
                of_subject.applied |= _named_changes(changes_between(EMPTY_RECORD, before))
            of_subject.late |= _named_changes(decode_late_changes(item))
    for of_subject in found.values():
        of_subject.late -= of_subject.applied
    return found


def check(seed: int, deployment: SimulatedDeployment, steps: Sequence[Step] = ()) -> int:
    """Runs one program and its ledger, and returns the number of entries."""
    writes = preference_writes(deployment, steps or _supported_steps(draw_program(seed, 20)))
    ports = Ports(random.Random(seed))  # noqa: S311
    numbered_writes = enumerate(writes, 1)
    deliver_stream(
        ports, [stream_record(old, new, at, number=number) for number, (at, old, new) in numbered_writes]
    )

    subjects_on_record = {
        ledger_subject(after.salt, key)
        for key, item in deployment.read_items().items()
        if (after := decode_record(item)).salt
    }
    for subject, changes in changes_by_subject(writes).items():
        ledger_entries = list(ports.ledger.entries_of(subject))
        outcomes = [entry.entry.outcome for entry in ledger_entries if entry.entry.source != LEDGER_SOURCE]
        erased_entries = [entry for entry in ledger_entries if entry.entry.register == "erased"]
        changes_in_erased_entries = sum(entry.entry.source != LEDGER_SOURCE for entry in erased_entries)
        expected = len(changes.applied) - len(changes.shared([each.entry for each in ledger_entries]))
        assert outcomes.count(EntryOutcome.APPLIED) - changes_in_erased_entries == expected, seed
        assert outcomes.count(EntryOutcome.SUPERSEDED) == len(changes.late), seed
        entries = [entry.entry for entry in ledger_entries]
        spans = (range(entry.first_seq or entry.seq, entry.seq + 1) for entry in entries)
        numbers = {number for span in spans for number in span}
        assert numbers == set(range(min(numbers), max(numbers) + 1)), seed
        assert bool(erased_entries) is (subject not in subjects_on_record), seed
        assert all(
            (entry.evidence is None) is (subject not in subjects_on_record) for entry in ledger_entries
        ), seed
    end = Millis(max((at for at, _, _ in writes), default=0) + 2 * DAY_MS)
    assert verify_ledger(export_ledger(ports.ledger, ports.seals, end), SqliteSorter).fault is None, seed
    return len(ports.ledger.entries)


@pytest.fixture(autouse=True)
def _low_entry_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entry_mode, "MAX_LINK_ENTRIES_A_DAY", 1)


@pytest.mark.parametrize("seeds", [range(40), pytest.param(range(1_000, 1_300), marks=pytest.mark.system)])
def test_every_change_has_one_entry_for_any_delivery_of_the_stream(seeds: range) -> None:
    checked = seeds if is_full() else seeds[:100]
    with simulated_deployment("pure") as deployment:
        assert _check_all_seeds(checked, deployment) > 5 * len(checked)


def test_a_press_repeated_after_a_lost_answer_has_one_entry() -> None:
    link = {"who": 0, "scope": 2, "issued_at": NOW, "press_kind": "this", "signal": False, "key": 1}
    retry = Step("opt-out retry batch", Millis(NOW + 1), {"count": 9, "duplicates": 0, "position": 0.0})
    with simulated_deployment("pure") as deployment:
        for place in range(6):
            lost = dict.fromkeys(range(place, place + ATTEMPTS), "time-out after")
            steps = [Step("press", NOW, link, lost), retry]
            letter = {"who": 0, "spelling": 0, "scope": 3, "state": "out", "stated_at": NOW}
            letters = {"changes": [{**letter, "until": NOW, "source": "letter"}]}
            assert check(place, deployment, [*steps, Step("agent", Millis(NOW + 2), letters)]) <= 2


def _check_all_seeds(seeds: range, deployment: SimulatedDeployment) -> int:
    return sum(check(seed, deployment) for seed in seeds)


def _only_first_delivery_is_hashed(patch: pytest.MonkeyPatch) -> None:
    add = Ports.add_leaves

    def once(self: Ports, day: int, leaves: Iterable[bytes]) -> None:
        hashed = [leaf for leaf in leaves if leaf.hex() not in self.received]
        self.received |= {leaf.hex() for leaf in hashed}
        add(self, day, hashed)

    patch.setattr(Ports, "add_leaves", once)


def _erasure_keeps_evidence(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(MemoryLedger, "erase_evidence", lambda *_: 0)


def _entry_key_is_time_of_entry(patch: pytest.MonkeyPatch) -> None:
    named: Any = vars(LedgerEntry)["id"].fget
    patch.setattr(LedgerEntry, "id", property(lambda entry: f"{entry.seq:02}{named(entry)[2:]}"))


def _late_changes_are_dropped(patch: pytest.MonkeyPatch) -> None:
    read = stream.parse_transition
    patch.setattr(stream, "parse_transition", lambda record: replace(read(record), late_changes=frozenset()))


def _failed_record_is_skipped(patch: pytest.MonkeyPatch) -> None:
    enter = EnterTransition.__call__

    def enter_or_skip(self: EnterTransition, transition: Any, batch: Any) -> None:
        with suppress(StoreUnavailable):
            enter(self, transition, batch)

    patch.setattr(EnterTransition, "__call__", enter_or_skip)


def _omitted_change_gets_entry(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Transition, "is_omitted", property(lambda _: False))


def _entry_covers_its_own_revision_only(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Transition, "first_revision", property(lambda _: None))


def _hourly_entry_replaces_new_changes_too(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(transition, "hourly_changes", lambda _, changes: changes[:1])


BUGS = (
    _hourly_entry_replaces_new_changes_too,
    _omitted_change_gets_entry,
    _entry_covers_its_own_revision_only,
    _only_first_delivery_is_hashed,
    _erasure_keeps_evidence,
    _entry_key_is_time_of_entry,
    _late_changes_are_dropped,
    _failed_record_is_skipped,
)


@pytest.mark.system
@pytest.mark.parametrize("plant", BUGS, ids=lambda plant: plant.__name__.strip("_"))
def test_the_check_finds_the_bug_of_the_ledger(plant: Callable[[pytest.MonkeyPatch], None]) -> None:
    with simulated_deployment("pure") as deployment, pytest.MonkeyPatch.context() as patch:
        plant(patch)
        with pytest.raises(AssertionError):
            _check_all_seeds(range(300), deployment)
