"""Columns of a file: their names, their cells, and the columns of a record of JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from heed.domain.errors import InvalidAddress, MalformedHeader
from heed.domain.recipients.address import normalise_address

ADDRESS_COLUMNS = (
    "email",
    "email address",
    "emailaddress",
    "e-mail",
    "address",
    "recipient",
    "primary email",
    "mail",
    "to",
)
"""The usual names of the column with the address, the most likely first."""

_MISSPELT = {"unsusbcribeall": "unsubscribeall", "createdat": "created_at"}
_GUARDED = re.compile(r"'(?=[=+@-])")
_FORMULA = re.compile(r"[=+@\t\r-]")
_MAX_DEPTH = 8  # objects within each other
_MAX_NAME = 300  # characters of the name of a column, with those of the objects around it


def column_key(name: str) -> str:
    """Returns the name of a column as formats write it: in lower case, without space around it."""
    key = name.strip().lower()
    return _MISSPELT.get(key, key)


def read_fields(keys: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    """Returns the cells of a row by column. Of two columns with the same name, the first counts.

    Args:
        keys: the keys of the columns of the header, in order.
        cells: the cells of the row. It may have fewer than the header.
    """
    pairs = list(zip(keys, cells, strict=False))
    return {key: remove_guard(cell) for key, cell in reversed(pairs)}


def remove_guard(cell: str) -> str:
    """Returns a cell without the quote that a spreadsheet writes before what would be a formula."""
    return cell[1:] if _GUARDED.match(cell) else cell


def guard_formula(cell: str) -> str:
    """Returns a cell with a quote before it, if a spreadsheet would run it as a formula."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def imply_header(first_row: Sequence[str]) -> tuple[str, ...] | None:
    """Returns the header of a file that has none; None if the first row is a header.

    It is known of two kinds of files: a list of addresses, and the file from which SES imports.

    Raises:
        MalformedHeader: The first row has an address, so it is no header, and its columns are not known.
    """
    if not any(map(is_address, first_row)):
        return None
    match list(first_row):
        case [_]:
            return ("email",)
        case [_, "BOUNCE" | "COMPLAINT"]:
            return ("emailAddress", "reason")
        case _:
            raise MalformedHeader("the file has no header: add a line with the names of its columns", 1)


def flatten_record(record: object) -> dict[str, str]:
    """Returns the fields of a JSON record by column: `{"reason": {"code": "x"}}` is `reason.code`.

    A record that is a text is an address. Texts of an array are joined by commas, and its other items have
    their number as name. A part that lies deeper than eight levels, or has a very long name, is left out.
    """
    return dict(_flatten("", {"email": record} if isinstance(record, str) else record, 0))


def _flatten(name: str, value: object, depth: int) -> Iterator[tuple[str, str]]:
    if depth > _MAX_DEPTH or len(name) > _MAX_NAME:
        return
    match value:
        case Mapping():
            members = [(str(member), part) for member, part in value.items()]
        case list() if all(isinstance(item, str) for item in value):
            yield name, ",".join(value)
            return
        case list():
            members = [(str(number), part) for number, part in enumerate(value)]
        case None:
            yield name, ""
            return
        case bool():
            yield name, str(value).lower()
            return
        case _:
            yield name, remove_guard(str(value))
            return
    for member, part in members:
        key = column_key(member)
        yield from _flatten(f"{name}.{key}" if name else key, part, depth + 1)


def is_address(cell: str) -> bool:
    """Whether a cell is an address."""
    if "@" not in cell:
        return False
    try:
        return bool(normalise_address(remove_guard(cell)))
    except InvalidAddress:
        return False
