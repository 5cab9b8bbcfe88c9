"""How the rows of the file of an import job are interpreted."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from heed.domain.errors import UnknownHeader
from heed.domain.imports.columns import column_key
from heed.domain.imports.formats import ImportFormat
from heed.domain.imports.interpretation import ImportSettings
from heed.domain.imports.recognition import manual_format, recognise_format
from heed.domain.jobs.job_settings import ImportJobSettings
from heed.domain.milliseconds import Millis


def interpret_job(settings: ImportJobSettings, header: Sequence[str], started_at: Millis) -> ImportSettings:
    """Returns the settings for the rows of a file.

    Its preview and its commit have the same ones, because the time is that at which the job started.

    Args:
        settings: what the caller requested.
        header: the names of the columns of the file.
        started_at: milliseconds.

    Raises:
        UnknownFormat, UnknownHeader, AmbiguousFormat: The format of the file is not clear.
        ScopeNeeded: The format needs a scope.
    """
    return ImportSettings(
        _find_format(settings, header),
        started_at,
        settings.exported_at,
        settings.scope,
        {name.lower(): scope for name, scope in settings.topics.items()},
        ZoneInfo(settings.zone),
        settings.has_us_dates,
    )


def _find_format(settings: ImportJobSettings, header: Sequence[str]) -> ImportFormat:
    if settings.mapping is None:
        return recognise_format(header, "_".join(settings.name_words), settings.format)
    columns = settings.mapping
    known = manual_format(columns.address, columns.meaning, columns.date)
    if not known.required <= {column_key(name) for name in header}:
        raise UnknownHeader("the file does not have the columns that the request names")
    return known
