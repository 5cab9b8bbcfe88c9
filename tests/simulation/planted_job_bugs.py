"""Planted bugs of jobs: imports, their taking back, scrubs and snapshots."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from heed.adapters.paced_writes import PacedWrites
from heed.domain.errors import StoreUnavailable
from heed.domain.imports import imported_changes
from heed.domain.jobs.job import Job
from heed.domain.milliseconds import Millis
from heed.domain.preferences import imported_stops
from heed.domain.preferences.imported_stops import changes_for_import, changes_to_take_back
from heed.domain.preferences.kinds import ImportKind
from heed.domain.preferences.record import Record
from heed.domain.preferences.register import (
    HOLD,
    LIFT_HOLD,
    LIFT_UNDELIVERABLE,
    MINOR,
    Change,
    Entry,
    Register,
    Source,
    import_register,
)
from heed.domain.snapshots.period import SnapshotPeriod
from heed.use_cases.jobs import scrub_file, take_back_import
from heed.use_cases.jobs.take_back_import import TakeBackSegment
from heed.use_cases.ports.preferences import UnreadableItem
from heed.use_cases.ports.snapshots import PeoplePage
from heed.use_cases.preferences.check import Unanswerable
from heed.use_cases.snapshots import plan_snapshot, read_segment
from tests.support.registers import in_

Patch = pytest.MonkeyPatch
JOB_BUGS: dict[str, Callable[[Patch], None]] = {}


def planted_job_bug(plant: Callable[[Patch], None]) -> Callable[[Patch], None]:
    """Registers a bug under its name in words."""
    JOB_BUGS[plant.__name__.replace("_", " ")] = plant
    return plant


@planted_job_bug
def taking_back_lifts_the_stops_of_every_import(patch: Patch) -> None:
    def changes(record: Record, job: str, *signature: str) -> list[Change]:
        jobs = {
            json.loads(entry.evidence)["job"]
            for register, entry in record.registers.items()
            if isinstance(register.kind, ImportKind)
        }
        return [change for each in jobs for change in changes_to_take_back(record, each, *signature)]

    patch.setattr(take_back_import, "changes_to_take_back", changes)


@planted_job_bug
def second_import_replaces_the_stop_of_the_first(patch: Patch) -> None:
    def merge(_: Record, stop: Register, entry: Entry) -> list[Change]:
        return [Change(import_register(stop), entry)]

    patch.setattr(imported_stops, "_merge_import", merge)


@planted_job_bug
def taking_back_lifts_every_hard_bounce(patch: Patch) -> None:
    def changes(record: Record, job: str, *signature: str) -> list[Change]:
        taken_back = changes_to_take_back(record, job, *signature)
        lifts = [
            Change(LIFT_UNDELIVERABLE, Entry(Millis(each.entry.at + 1), Source.AGENT, "{}"))
            for each in taken_back
        ]
        return [*taken_back, *lifts]

    patch.setattr(take_back_import, "changes_to_take_back", changes)


@planted_job_bug
def taking_back_skips_a_segment(patch: Patch) -> None:
    original_visit = TakeBackSegment.__call__

    class FirstSegment:
        def __init__(self, people: Any) -> None:
            self._people = people

        def page(self, segment: int, *place: Any) -> PeoplePage:
            page: PeoplePage = self._people.page(segment, *place)
            return PeoplePage([], None) if segment else page

    def visit(self: TakeBackSegment, *rest: Any) -> None:
        original_visit(replace(self, people=FirstSegment(self.people)), *rest)

    patch.setattr(TakeBackSegment, "__call__", visit)


@planted_job_bug
def import_opts_in(patch: Patch) -> None:
    def changes(record: Record, stop: Register, entry: Entry) -> list[Change]:
        yes = Change(in_(2), Entry(Millis(entry.at + 1), entry.source, "{}"))
        return [*changes_for_import(record, stop, entry), yes]

    patch.setattr(imported_changes, "changes_for_import", changes)


@planted_job_bug
def import_lifts_the_import_before_it(patch: Patch) -> None:
    def changes(record: Record, stop: Register, entry: Entry) -> list[Change]:
        before = record.last_import(stop)
        job = json.loads(before.evidence)["job"] if before else ""
        is_other = job not in ("", json.loads(entry.evidence)["job"])
        lifted = changes_to_take_back(record, job, "key", "a later file") if is_other else []
        return [*lifted, *changes_for_import(record, stop, entry)]

    patch.setattr(imported_changes, "changes_for_import", changes)


@planted_job_bug
def import_from_before_an_erasure_is_recorded(patch: Patch) -> None:
    _ignore_floor(patch, lambda record, change: change.entry.at < (record.erased_at or 0))


@planted_job_bug
def import_of_the_instant_of_an_erasure_is_recorded(patch: Patch) -> None:
    _ignore_floor(patch, lambda record, change: change.entry.at == record.erased_at)


def _ignore_floor(patch: Patch, applies: Callable[[Record, Change], bool]) -> None:
    original_accepts = Record.accepts

    def accepts(self: Record, change: Change) -> bool:
        if isinstance(change.register.kind, ImportKind) and applies(self, change):
            return original_accepts(replace(self, erased_at=None), change)
        return original_accepts(self, change)

    patch.setattr(Record, "accepts", accepts)


@planted_job_bug
def import_is_recorded_for_a_minor(patch: Patch) -> None:
    original_accepts = Record.accepts

    def accepts(self: Record, change: Change) -> bool:
        if isinstance(change.register.kind, ImportKind):
            adult = {register: entry for register, entry in self.registers.items() if register != MINOR}
            return original_accepts(replace(self, registers=adult), change)
        return original_accepts(self, change)

    patch.setattr(Record, "accepts", accepts)


@planted_job_bug
def taking_back_lifts_a_hold(patch: Patch) -> None:
    def changes(record: Record, job: str, *signature: str) -> list[Change]:
        taken_back = changes_to_take_back(record, job, *signature)
        lift = Change(LIFT_HOLD, Entry(Millis(record.time_of(HOLD) + 1), Source.AGENT, "{}"))
        return [*taken_back, lift] if taken_back and record.get(HOLD) else taken_back

    patch.setattr(take_back_import, "changes_to_take_back", changes)


@planted_job_bug
def commit_applied_twice_counts_twice(patch: Patch) -> None:
    numbers, original_entry = count(), imported_changes._to_entry

    def entry(*arguments: Any) -> Entry:
        made = original_entry(*arguments)
        return replace(made, evidence=f'{{"attempt":"{next(numbers):09d}",{made.evidence[1:]}')

    patch.setattr(imported_changes, "_to_entry", entry)


@planted_job_bug
def same_file_as_another_job_counts_twice(patch: Patch) -> None:
    patch.setattr(imported_stops, "_holds", lambda *_: False)


@planted_job_bug
def same_file_after_its_taking_back_stops_nobody(patch: Patch) -> None:
    original_merge = imported_stops._merge_import

    def merge(record: Record, stop: Register, entry: Entry) -> list[Change]:
        current = record.last_import(stop)
        if current and record.is_taken_back(stop, current):
            claims = [json.loads(each.evidence)["claim"] for each in (current, entry)]
            if claims[0] == claims[1]:
                return []
        return original_merge(record, stop, entry)

    patch.setattr(imported_stops, "_merge_import", merge)


@planted_job_bug
def throttled_row_of_an_import_is_dropped(patch: Patch) -> None:
    def run(_: PacedWrites, write: Callable[[], None], __: Any) -> None:
        with suppress(StoreUnavailable):
            write()

    patch.setattr(PacedWrites, "run", run)


@planted_job_bug
def scrub_permits_mail_to_an_unreadable_record(patch: Patch) -> None:
    original_answer = scrub_file._to_answer

    def answer(decision: Any) -> Any:
        return original_answer(decision)._replace(is_sendable=True)

    patch.setattr(
        scrub_file,
        "_to_answer",
        lambda decision: (answer if isinstance(decision, Unanswerable) else original_answer)(decision),
    )


@planted_job_bug
def snapshot_is_as_of_the_end_of_its_reading(patch: Patch) -> None:
    def period(job: Job) -> SnapshotPeriod:
        return SnapshotPeriod(job.changed_at, Millis(job.changed_at + 1))

    patch.setattr(plan_snapshot, "snapshot_period", period)


@planted_job_bug
def snapshot_leaves_out_unreadable_records(patch: Patch) -> None:
    original_place = read_segment._place

    def place(recipient: str, record: Any, *rest: Any) -> None:
        if not isinstance(record, UnreadableItem):
            original_place(recipient, record, *rest)

    patch.setattr(read_segment, "_place", place)
