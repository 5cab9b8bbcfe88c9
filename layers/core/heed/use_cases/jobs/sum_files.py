"""Adds up the results of the parts of a file."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from heed.use_cases.jobs.work_files import read_file
from heed.use_cases.ports.job_work import HasTime, WorkFiles

_T = TypeVar("_T")


def sum_files(
    job_id: str,
    names: Iterable[str],
    place: str,
    files: WorkFiles,
    total: _T,
    add: Callable[[_T, Any], None],
    to_json: Callable[[_T], Any],
    has_time: HasTime,
) -> bool:
    """Adds up files with JSON, or goes on where the last call stopped. It returns whether it is at the end.

    Args:
        job_id: id of the job.
        names: the names of the files, in their order.
        place: the name of the file that keeps the sum so far.
        files: the files of the work.
        total: the sum, empty at first.
        add: adds JSON to the sum: that of a file, or that of a sum.
        to_json: returns a sum as JSON.
        has_time: returns whether there is time for another file.

    Raises:
        StoreUnavailable: A file is missing, or could not be read.
    """
    last = ""
    if kept := files.get(job_id, place):
        last, summed = json.loads(kept)
        add(total, summed)
    for name in names:
        if name <= last:
            continue
        add(total, json.loads(read_file(job_id, name, files)))
        if not has_time():
            files.put(job_id, place, json.dumps([name, to_json(total)]).encode())
            return False
    return True
