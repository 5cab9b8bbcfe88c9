"""The files between the steps of an import."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from heed.domain.imports.import_tally import ImportTally, tally_from_json
from heed.domain.jobs.job_phase import JobPhase


def tally_folder(phase: JobPhase) -> str:
    """Returns the folder with the counts of each part that is done."""
    return f"work/{phase.value}/counts/"


def rejects_folder(phase: JobPhase) -> str:
    """Returns the folder with the rejected rows of each part. Their header is part 0."""
    return f"work/{phase.value}/rejects/"


def summed_place(phase: JobPhase) -> str:
    """Returns the name of the file that keeps the counts added up so far."""
    return f"work/{phase.value}/summed.json"


def joined_place(phase: JobPhase) -> str:
    """Returns the name of the file that keeps how many files of rejected rows are joined."""
    return f"work/{phase.value}/joined.json"


def add_json(total: ImportTally, counted: Mapping[str, Any]) -> None:
    """Adds the counts of a part, or a sum, as JSON."""
    total.add(tally_from_json(counted))
