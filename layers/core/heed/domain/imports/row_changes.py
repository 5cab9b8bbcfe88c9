"""Stand-in until the registers of imports are there: what a row changes in a record, and how it is counted."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from heed.domain.imports.interpretation import ImportedStop
from heed.domain.milliseconds import Millis
from heed.domain.preferences.catalogue import Catalogue
from heed.domain.preferences.decision import sendable_by_topic
from heed.domain.preferences.evidence import make_evidence
from heed.domain.preferences.record import Record, merge_changes
from heed.domain.preferences.register import Change, Entry, Source


class RowResult(StrEnum):
    APPLIED = "applied"
    KNOWN = "known"
    SUPERSEDED = "superseded"


def imported_changes(record: Record, stops: Sequence[ImportedStop], job_id: str) -> list[Change]:
    changes = [
        Change(
            stop.register,
            Entry(stop.at, Source.IMPORT, make_evidence(job=job_id, word=stop.finding.word)),
        )
        for stop in stops
    ]
    return [change for change in changes if record.accepts(change)]


def row_result(before: Record, changes: Sequence[Change], catalogue: Catalogue, now: Millis) -> RowResult:
    could = sendable_by_topic(before, catalogue, now)
    can = sendable_by_topic(merge_changes(before, changes), catalogue, now)
    if any(could[topic] and not can[topic] for topic in could):
        return RowResult.APPLIED
    return RowResult.SUPERSEDED if any(can.values()) else RowResult.KNOWN
