"""Reads the sample files of vendors as an import does: from bytes to what each row becomes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from hypothesis import strategies as st

from heed.domain.imports.formats import ImportFormat
from heed.domain.imports.interpretation import (
    ImportSettings,
    InvalidRow,
    RefusedRow,
    RowOutcome,
    SkippedRow,
    StopRow,
    UnmappedRow,
    interpret_row,
)
from heed.domain.imports.recognition import ANY_FORMAT, recognise_format
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import ScopeNumber
from heed.domain.rfc3339 import format_time, parse_time
from heed.entrypoints.bulk_files.expansion import expand
from heed.entrypoints.bulk_files.reader import DelimitedFile, JsonFile, open_file

SAMPLES = Path(__file__).parents[1] / "data" / "imports"
NOW = parse_time("2026-06-01T00:00:00Z").first
EXPORTED_AT = parse_time("2026-05-01T00:00:00Z").first
TOPICS = {name: ScopeNumber(2) for name in ("sports", "weekly news", "topic_1", "2")}
TOPICS |= {name: ScopeNumber(3) for name in ("cycling", "y6nrlr")}

any_bytes = st.binary(max_size=300) | st.text('a"\n\r,\ud7ff', max_size=60).map(str.encode)


def read_sample(name: str) -> bytes:
    return (SAMPLES / name).read_bytes()


def in_pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


def opened(data: bytes | str) -> DelimitedFile | JsonFile:
    return open_file(expand([data.encode() if isinstance(data, str) else data]))


def opened_delimited(data: bytes | str) -> DelimitedFile:
    file = opened(data)
    assert isinstance(file, DelimitedFile)
    return file


def settings_for(
    known: ImportFormat, *, exported_at: Millis | None = EXPORTED_AT, scope: int | None = 0, us: bool = False
) -> ImportSettings:
    number = None if scope is None else ScopeNumber(scope)
    return ImportSettings(known, NOW, exported_at, number, TOPICS, has_us_dates=us)


def outcomes_of(data: bytes | str, name: str = "", form: str = ANY_FORMAT, *, us: bool = False) -> list[str]:
    """Returns what each row becomes, as `joan@example.com o:0 2026-03-05T00:41:02.000Z unsub`."""
    file = opened(data)
    settings = settings_for(recognise_format(file.header, name, form), us=us)
    return [
        f"invalid {record.fault}"
        if record.fault
        else describe_outcome(interpret_row(record.fields, settings))
        for record in file.records()
    ]


def describe_outcome(outcome: RowOutcome) -> str:
    match outcome:
        case StopRow(address, stops):
            return " ".join(
                [address, *(f"{s.register.code} {format_time(s.at)} {s.finding.word}" for s in stops)]
            )
        case SkippedRow(finding):
            return f"skipped {finding.meaning} {finding.word}"
        case RefusedRow(reason):
            return f"refused {reason}"
        case InvalidRow(reason):
            return f"invalid {reason}"
        case UnmappedRow(topics):
            return f"unmapped {', '.join(topics)}"
