"""Records of the stream of the table `Preferences`, as far as they tell of a purge that is due."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from heed.actions.ports_privacy import Wanted
from heed.adapters.epochs_table import work_of


def read(records: Iterable[Mapping[str, Any]]) -> list[Wanted]:
    """The purges that are due on the items as they were written; another record says nothing here."""
    found = []
    for record in records:
        told = record["dynamodb"]
        image = told.get("NewImage") or {}
        if "purge" in image:
            recipient = told["Keys"]["id"]["S"]
            found.append(Wanted(told["SequenceNumber"], recipient, work_of(image)))
    return found
