"""Recognises the format of a file: by its header, then by its name. Otherwise the caller names it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from heed.domain.errors import AmbiguousFormat, FileRefused, UnknownFormat, UnknownHeader
from heed.domain.imports.columns import ADDRESS_COLUMNS, column_key
from heed.domain.imports.delivery_formats import DELIVERY_FORMATS
from heed.domain.imports.formats import Always, ImportFormat, RowMeaning
from heed.domain.imports.marketing_formats import MARKETING_FORMATS
from heed.domain.jobs.job_report import MAX_KEPT_WORDS, is_safe_word

FORMATS = {known.name: known for known in (*DELIVERY_FORMATS, *MARKETING_FORMATS)}
"""All formats by name."""

ANY_FORMAT = "auto"


def recognise_format(header: Iterable[str], file_name: str = "", name: str = ANY_FORMAT) -> ImportFormat:
    """Returns the format of a file.

    Args:
        header: the names of its columns.
        file_name: its name, or "".
        name: the format that the caller names, or `auto`.

    Raises:
        UnknownFormat: There is no format of that name.
        UnknownHeader: The header is not the one of that format, or of no format.
        AmbiguousFormat: Several formats have this header, and the file name does not tell them apart.
    """
    header = list(header)
    keys = {column_key(column) for column in header}
    if name != ANY_FORMAT:
        if name not in FORMATS:
            raise UnknownFormat(f"no such format; known are {', '.join(FORMATS)}")
        if not FORMATS[name].required <= keys:
            raise UnknownHeader(f"the file has no {_join(FORMATS[name].required - keys)}, as {name} has")
        return FORMATS[name]
    fitting = [known for known in FORMATS.values() if _fits(known, keys)]
    named = [known for known in fitting if known.file_name and known.file_name in file_name.lower()]
    candidates = named or [known for known in fitting if not known.file_name]
    most = max((len(known.required) for known in candidates), default=0)
    best = [known for known in candidates if len(known.required) == most]
    if len(best) == 1:
        return best[0]
    if len(best or fitting) > 1:
        raise AmbiguousFormat(
            f"the file may be {_join(known.name for known in best or fitting)}: name its format"
        )
    raise UnknownHeader(f"no format has the columns {_show(header)}; known are {_join(FORMATS)}")


def find_address_column(header: Sequence[str], column: str = "") -> int:
    """Returns the position of the column with the address.

    Args:
        header: the names of the columns.
        column: the name that the caller gave; "" for the usual names and those of known formats.

    Raises:
        UnknownHeader: There is no such column.
    """
    keys = [column_key(name) for name in header]
    for key in (column_key(column),) if column else (*ADDRESS_COLUMNS, *_addresses_of_format(header)):
        if key in keys:
            return keys.index(key)
    raise UnknownHeader(
        f"no column with addresses among {_show(header)}: name it with `column`"
        if not column
        else f"no column has the name that `column` gives; there are {_show(header)}"
    )


def _addresses_of_format(header: Iterable[str]) -> tuple[str, ...]:
    try:
        return recognise_format(header).addresses
    except FileRefused:
        return ()


def manual_format(column: str, meaning: RowMeaning, date_column: str = "") -> ImportFormat:
    """Returns the format of a file whose columns the caller names: each row means the same.

    Args:
        column: the column with the address.
        meaning: what each row means.
        date_column: the column with the date, or "".
    """
    columns = [column_key(each) for each in (column, date_column) if each]
    return ImportFormat(
        "manual", frozenset(columns), (Always(meaning),), dates=tuple(columns[1:]), addresses=(columns[0],)
    )


def _fits(known: ImportFormat, keys: Collection[str]) -> bool:
    return known.required == keys if known.is_exact else known.required <= set(keys)


def _show(header: Iterable[str]) -> str:
    """Returns the names of columns that may be shown. An address may be where a name belongs."""
    return _join([column for column in dict.fromkeys(header) if is_safe_word(column)][:MAX_KEPT_WORDS])


def _join(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
