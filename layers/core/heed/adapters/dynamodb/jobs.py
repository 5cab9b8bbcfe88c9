"""Jobs, in the table `Control`.

`job#<id>` is a job. The sparse index lists the jobs of an owner and a kind. `job-files#<id>` exists as long
as the job may have files: it is stored before a caller gets the URL for an upload, and is deleted after the
files.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, replace
from hashlib import sha256
from typing import Any

from heed.adapters.dynamodb.table import TableAdapter
from heed.codec.attributes import (
    MAX_COUNT,
    Item,
    read_number,
    read_optional_instant,
    read_text,
    strict_reader,
)
from heed.domain.errors import UnreadableRecord
from heed.domain.imports.formats import RowMeaning
from heed.domain.jobs.import_estimate import JobEstimate
from heed.domain.jobs.job import Job, JobKind, JobSignature, JobState, TakeBack, Upload
from heed.domain.jobs.job_report import JobCounts, JobError, JobReport, ResultFile, WordMeaning
from heed.domain.jobs.job_settings import (
    ColumnMapping,
    ImportJobSettings,
    JobSettings,
    ScrubJobSettings,
    SnapshotJobSettings,
    UndatedRows,
)
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import DAY_MS, ScopeNumber
from heed.domain.privacy.disclosure import DisclosurePurpose
from heed.domain.privacy.retention import JOB_DAYS
from heed.override import override
from heed.use_cases.ports.jobs import JobPosition, Jobs

JOB_PREFIX, JOB_FILES_PREFIX = "job#", "job-files#"
_INDEX = "Lists"
_NAMES = {"#list": "list", "#place": "place"}  # the keys of the index
_OPEN_LIST = "jobs"
_FIRST_PLACE, _LAST_PLACE = "0", "9" * 15


class JobsTable(TableAdapter, Jobs):
    """Implements the port Jobs with DynamoDB."""

    @override
    def add(self, job: Job) -> None:
        self._table.put(_to_item(job))
        self.reopen(job)

    @override
    def find(self, job_id: str) -> Job | None:
        item = self._table.get(_key(JOB_PREFIX, job_id))
        return _to_job(item) if item else None

    @override
    def replace(self, current: Job, changed: Job) -> bool:
        """Stores a changed job. A retry after a lost response finds what its first attempt stored."""
        stored = _to_item(replace(changed, revision=current.revision + 1))
        existing = self._table.put_or_read(
            stored,
            condition="#revision = :revision",
            names={"#revision": "revision"},
            values={":revision": {"N": str(current.revision)}},
        )
        return existing is None or existing == stored

    @override
    def of_owner(self, owner: str, kind: JobKind, after: JobPosition | None = None) -> Iterator[Job]:
        for item in self._query(_list_of(owner, kind), "#place < :place", _place(after), ascending=False):
            with suppress(UnreadableRecord):
                yield _to_job(item)

    @override
    def open_ids(self) -> Iterator[str]:
        for item in self._query(_OPEN_LIST, "#place > :place", _FIRST_PLACE):
            yield str(item["pk"]["S"]).removeprefix(JOB_FILES_PREFIX)

    @override
    def reopen(self, job: Job) -> None:
        marker = {"list": {"S": _OPEN_LIST}, "place": _to_item(job)["place"]}
        self._table.put({**_key(JOB_FILES_PREFIX, job.id), **marker})

    @override
    def close(self, job_id: str) -> None:
        self._table.delete(_key(JOB_FILES_PREFIX, job_id))

    def _query(self, name: str, condition: str, place: str, *, ascending: bool = True) -> Iterator[Item]:
        return self._table.query(
            f"#list = :list AND {condition}",
            index=_INDEX,
            names=_NAMES,
            values={":list": {"S": name}, ":place": {"S": place}},
            ascending=ascending,
        )


def _key(prefix: str, job_id: str) -> dict[str, Any]:
    return {"pk": {"S": prefix + job_id}}


def _list_of(owner: str, kind: JobKind) -> str:
    """Returns the name of a list. An owner's name may be long, so it is hashed."""
    return f"jobs#{kind.value}#{sha256(owner.encode()).hexdigest()}"


def _place(position: JobPosition | None) -> str:
    """Returns a place in a list, as a text that sorts by the time of creation and the id."""
    return f"{position.created_at:015d}#{position.id}" if position else _LAST_PLACE


def _to_item(job: Job) -> dict[str, Any]:
    expires = (job.ended_at or job.created.at) + JOB_DAYS * DAY_MS
    item: dict[str, Any] = {
        **_key(JOB_PREFIX, job.id),
        "kind": {"S": job.kind.value},
        "state": {"S": job.state.value},
        "purpose": {"S": job.purpose.value},
        "settings": _to_json(asdict(job.settings)),
        "report": _to_json(asdict(job.report.without_unsafe_words())),
        "created": _to_json(asdict(job.created)),
        "changed_at": {"N": str(job.changed_at)},
        "revision": {"N": str(job.revision)},
        "expires": {"N": str(expires // 1000)},
        "list": {"S": _list_of(job.created.owner, job.kind)},
        "place": {"S": _place(JobPosition(job.created.at, job.id))},
    }
    for name in ("started_at", "on_record"):
        if (number := getattr(job, name)) is not None:
            item[name] = {"N": str(number)}
    for name in ("upload", "committed", "taken_back", "error"):
        if (part := getattr(job, name)) is not None:
            item[name] = _to_json(asdict(part))
    return item


def _to_json(value: object) -> dict[str, str]:
    return {"S": json.dumps(value, separators=(",", ":"))}


@strict_reader
def _to_job(item: Item) -> Job:
    return Job(
        id=read_text(item, "pk").removeprefix(JOB_PREFIX),
        settings=_to_settings(JobKind(read_text(item, "kind")), json.loads(read_text(item, "settings"))),
        purpose=DisclosurePurpose(read_text(item, "purpose")),
        created=JobSignature(**json.loads(read_text(item, "created"))),
        changed_at=Millis(read_number(item, "changed_at")),
        state=JobState(read_text(item, "state")),
        started_at=read_optional_instant(item, "started_at"),
        upload=_read_part(item, "upload", Upload),
        report=_to_report(json.loads(read_text(item, "report"))),
        on_record=read_number(item, "on_record", MAX_COUNT) if "on_record" in item else None,
        committed=_read_part(item, "committed", JobSignature),
        taken_back=_read_part(item, "taken_back", TakeBack),
        error=_read_part(item, "error", JobError),
        revision=read_number(item, "revision", MAX_COUNT),
    )


def _read_part(item: Item, name: str, part: Any) -> Any:  # noqa: ANN401 - each part has its own type
    return part(**json.loads(read_text(item, name))) if name in item else None


def _to_settings(kind: JobKind, parts: dict[str, Any]) -> JobSettings:
    match kind:
        case JobKind.IMPORT:
            topics = {name: ScopeNumber(number) for name, number in parts.pop("topics").items()}
            undated, words = UndatedRows(parts.pop("undated")), tuple(parts.pop("name_words"))
            mapping = parts.pop("mapping")
            if mapping:
                mapping = ColumnMapping(**mapping | {"meaning": RowMeaning(mapping["meaning"])})
            return ImportJobSettings(
                **parts, topics=topics, undated=undated, name_words=words, mapping=mapping
            )
        case JobKind.SCRUB:
            return ScrubJobSettings(**parts)
        case JobKind.SNAPSHOT:
            return SnapshotJobSettings(**parts)


def _to_report(parts: dict[str, Any]) -> JobReport:
    meanings = {word: WordMeaning(**meaning) for word, meaning in parts.pop("meanings").items()}
    files = tuple(ResultFile(**file) for file in parts.pop("files"))
    estimate = parts.pop("estimate")
    return JobReport(
        **parts | {"counts": JobCounts(**parts["counts"])},
        meanings=meanings,
        files=files,
        estimate=estimate and JobEstimate(**estimate),
    )
