"""How the rows of the file of an import job are interpreted and recorded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from heed.domain.errors import JobConflict, UnknownHeader
from heed.domain.imports.columns import column_key
from heed.domain.imports.formats import ImportFormat
from heed.domain.imports.imported_changes import ImportOrigin, make_claim
from heed.domain.imports.interpretation import ImportSettings
from heed.domain.imports.recognition import manual_format, recognise_format
from heed.domain.imports.row_dates import find_zone
from heed.domain.jobs.job import Job
from heed.domain.jobs.job_settings import ImportJobSettings, UndatedRows


class JobImport(NamedTuple):
    """The import of one file.

    Attributes:
        settings: how its rows are interpreted.
        origin: where its stops come from.
        undated: what becomes of rows without a date.
    """

    settings: ImportSettings
    origin: ImportOrigin
    undated: UndatedRows


def interpret_job(job: Job, header: Sequence[str]) -> JobImport:
    """Returns the import of a job.

    It is the same in the preview and in the commit, because its time is that at which the job started.

    Args:
        job: the job.
        header: the names of the columns of the file.

    Raises:
        JobConflict: The job is not an import with an upload.
        UnknownFormat, UnknownHeader, AmbiguousFormat: The format of the file is not clear.
        ScopeNeeded: The format needs a scope.
    """
    requested = job.settings
    if not isinstance(requested, ImportJobSettings) or job.upload is None or job.started_at is None:
        raise JobConflict("the job is not an import with an upload")
    known = _find_format(requested, header)
    settings = ImportSettings(
        known,
        job.started_at,
        requested.exported_at,
        requested.scope,
        {name.lower(): scope for name, scope in requested.topics.items()},
        find_zone(requested.zone),
        requested.has_us_dates,
    )
    origin = ImportOrigin(job.id, make_claim(job.upload.digest, known.name, requested), known.name)
    return JobImport(settings, origin, requested.undated)


def _find_format(requested: ImportJobSettings, header: Sequence[str]) -> ImportFormat:
    if requested.mapping is None:
        return recognise_format(header, "_".join(requested.name_words), requested.format)
    columns = requested.mapping
    known = manual_format(columns.address, columns.meaning, columns.date)
    if not known.required <= {column_key(name) for name in header}:
        raise UnknownHeader("the file does not have the columns that the request names")
    return known
