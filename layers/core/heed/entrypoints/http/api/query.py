"""Reads the query of a request of the API."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from heed.domain.errors import RequestFault


def read_query_parameters(
    event: Mapping[str, Any], names: Collection[str], faults: list[RequestFault]
) -> dict[str, str]:
    """Returns the parameters of the query. A parameter that is not in `names` is a fault."""
    query = {name: str(text) for name, text in (event.get("queryStringParameters") or {}).items()}
    faults += [
        RequestFault(f"/{name}", f"is not a parameter; the parameters are {', '.join(names)}")
        for name in query
        if name not in names
    ]
    return query


def parse_query_number(
    query: Mapping[str, str], name: str, maximum: int, faults: list[RequestFault]
) -> int | None:
    """Returns a number from 1 to `maximum`, or None if the query has none. Any other text is a fault."""
    text = query.get(name)
    if text is None:
        return None
    if text.isascii() and text.isdigit() and len(text) <= len(str(maximum)) and 1 <= int(text) <= maximum:
        return int(text)
    faults.append(RequestFault(f"/{name}", f"must be a number from 1 to {maximum:,}"))
    return None
