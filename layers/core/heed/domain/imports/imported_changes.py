"""What an import makes of a row about one person: the changes of the record, and the result of the row."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from hashlib import sha256
from typing import NamedTuple

from heed.domain.imports.interpretation import ImportedStop
from heed.domain.jobs.job_settings import ImportJobSettings, UndatedRows
from heed.domain.milliseconds import Millis
from heed.domain.preferences.catalogue import Catalogue, Topic, TopicKind
from heed.domain.preferences.decision import decide
from heed.domain.preferences.evidence import make_evidence
from heed.domain.preferences.imported_stops import changes_for_import, without_job
from heed.domain.preferences.kinds import ChoiceKind, OtherKind
from heed.domain.preferences.record import Record, merge_changes
from heed.domain.preferences.register import Change, Entry, Source, confirmed_register

_CLAIM_LENGTH = 32  # hex digits
_NO_MEANING = ("reference", "format", "name_words", "undated", "commit")
"""The settings of a job that do not change what a row of its file means. The claim has the found format."""


@dataclass(frozen=True, slots=True)
class ImportOrigin:
    """Where the stops of an import come from.

    Attributes:
        job: the id of the job.
        claim: the digest of the file and of its meaning (`make_claim`).
        format: the name of the format.
    """

    job: str
    claim: str
    format: str


class RowResult(StrEnum):
    """The result of a row about a person. The names are those of `JobCounts`."""

    APPLIED = "applied"
    KNOWN = "known"
    SUPERSEDED = "superseded"


class RowDecision(NamedTuple):
    """What an import makes of a row.

    Attributes:
        changes: the changes of the record.
        result: the result of the row. A preview, a commit and each repetition of it have the same.
        is_against_yes: whether a row without a date stops what the person has confirmed.
    """

    changes: list[Change]
    result: RowResult
    is_against_yes: bool


def make_claim(file_digest: str, format_name: str, settings: ImportJobSettings) -> str:
    """Returns the digest of a file and of the settings that give its rows their meaning.

    Args:
        file_digest: the SHA-256 of the uploaded file, in hex.
        format_name: the name of the format that was found.
        settings: the settings of the job.
    """
    meaning = {name: value for name, value in asdict(settings).items() if name not in _NO_MEANING}
    text = json.dumps([file_digest, format_name, meaning], sort_keys=True)
    return _digest(text)


def imported_changes(record: Record, stops: Iterable[ImportedStop], origin: ImportOrigin) -> list[Change]:
    """Returns the changes that the stops of a row make, for this state of the record.

    The caller must write them on the condition that the record has not changed since.
    """
    return [
        change
        for stop in stops
        for change in changes_for_import(record, stop.register, _to_entry(stop, origin))
    ]


def decide_row(
    record: Record,
    stops: Sequence[ImportedStop],
    origin: ImportOrigin,
    undated: UndatedRows,
    catalogue: Catalogue,
    now: Millis,
) -> RowDecision:
    """Returns what an import makes of a row, for this state of the record.

    The result compares with the record as it would be without this import. So it does not matter whether an
    earlier attempt, or another row, has already recorded the stop. Minors, held and erased people get no mail
    anyway, and nothing distinguishes them from others who do not.

    Args:
        record: the record of the person.
        stops: the stops of the row.
        origin: where they come from.
        undated: what becomes of rows without a date.
        catalogue: the brands and topics.
        now: milliseconds.
    """
    before = without_job(record, origin.job)
    topics = [topic for topic in catalogue.topics.values() if not topic.retired]
    sent = [topic for topic in topics if decide(before, topic, now).sendable]

    def stopped_by(some: Iterable[ImportedStop]) -> list[Topic]:
        after = merge_changes(before, imported_changes(before, some, origin))
        return [topic for topic in sent if not decide(after, topic, now).sendable]

    undated_stops = [stop for stop in stops if not stop.is_dated]
    is_against_yes = any(_is_confirmed(before, topic) for topic in stopped_by(undated_stops))
    if is_against_yes and undated is UndatedRows.SKIP_CONFIRMED:
        recorded = [stop for stop in stops if stop.is_dated]
    else:
        recorded = list(stops)
    if stopped_by(recorded):
        result = RowResult.APPLIED
    else:
        is_sent = any(_concerns(stop, topic, catalogue) for stop in stops for topic in sent)
        result = RowResult.SUPERSEDED if is_sent else RowResult.KNOWN
    return RowDecision(imported_changes(record, recorded, origin), result, is_against_yes)


def _is_confirmed(record: Record, topic: Topic) -> bool:
    return any(record.get(confirmed_register(scope)) is not None for scope in topic.path)


def _concerns(stop: ImportedStop, topic: Topic, catalogue: Catalogue) -> bool:
    """Whether a stop would stop a topic, if nothing newer overrode it."""
    match stop.register.kind:
        case ChoiceKind.OUT:
            return topic in catalogue.governed_topics(stop.register.scope)
        case OtherKind.COMPLAINT:
            return topic.kind is TopicKind.MARKETING
        case _:
            return True  # the address is undeliverable


def _to_entry(stop: ImportedStop, origin: ImportOrigin) -> Entry:
    """Returns the entry of a stop. Its evidence names the word of the format's table, and no cell.

    If the time of the job limits its date, that time is part of the claim: the same file as another job says
    something else, so neither of the two entries replaces the other.
    """
    evidence = make_evidence(
        claim=_digest(f"{origin.claim} {stop.at}") if stop.is_limited else origin.claim,
        dated=stop.is_dated,
        finding=stop.finding.word,
        format=origin.format,
        job=origin.job,
    )
    return Entry(stop.at, Source.IMPORT, evidence)


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:_CLAIM_LENGTH]
