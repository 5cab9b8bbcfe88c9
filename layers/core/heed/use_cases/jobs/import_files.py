"""The files between the steps of an import."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from heed.domain.imports.import_tally import ImportTally, tally_from_json
from heed.domain.jobs.job import Job
from heed.domain.jobs.job_phase import JobPhase
from heed.use_cases.ports.job_work import JobFile, WorkFiles


def tally_folder(phase: JobPhase) -> str:
    """Returns the folder with the counts of each part that is done."""
    return f"work/{phase.value}/counts/"


def rejects_folder(phase: JobPhase) -> str:
    """Returns the folder with the rejected rows of each part, behind their header."""
    return f"work/{phase.value}/rejects/"


def summed_place(phase: JobPhase) -> str:
    """Returns the name of the file that keeps the counts added up so far."""
    return f"work/{phase.value}/summed.json"


def joined_place(phase: JobPhase) -> str:
    """Returns the name of the file that keeps how many files of rejected rows are joined."""
    return f"work/{phase.value}/joined.json"


def part_name(number: int) -> str:
    """Returns the name of the file of a part within a folder. The header of the rejected rows is part 0."""
    return f"{number:06d}"


def add_up(job: Job, counted: Iterable[JobFile], files: WorkFiles) -> ImportTally:
    """Returns the counts of the parts that are done.

    Raises:
        StoreUnavailable: Not all counts could be read.
    """
    total = ImportTally()
    for file in counted:
        add_json(total, json.loads(files.get(job.id, file.name) or b"{}"))
    return total


def add_json(total: ImportTally, counted: Mapping[str, Any]) -> None:
    """Adds the counts of a part, or a sum, as JSON."""
    total.add(tally_from_json(counted))
