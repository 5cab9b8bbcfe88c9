"""Records of the stream of the table `Preferences`, as far as they tell of a purge that is due."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from heed.adapters.dynamodb.erasures import work_of
from heed.domain.errors import UnreadableRecord
from heed.use_cases.ports.privacy import Wanted


def read(records: Iterable[Mapping[str, Any]]) -> list[Wanted]:
    """The purges that are due on the items as they were written; another record says nothing here."""
    found = []
    for record in records:
        told = record["dynamodb"]
        image = told.get("NewImage") or {}
        if "purge" in image:
            with suppress(UnreadableRecord):  # the sweep finds it too, and the alarm tells of it
                work = work_of(image)
                found.append(Wanted(told["SequenceNumber"], told["Keys"]["id"]["S"], work))
    return found
