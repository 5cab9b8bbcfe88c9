"""The files that the steps of the work on a job give each other."""

from __future__ import annotations

from heed.domain.errors import StoreUnavailable
from heed.use_cases.ports.job_work import WorkFiles


def part_name(number: int) -> str:
    """Returns the name of the file of a part within a folder. The names have the order of the parts."""
    return f"{number:06d}"


def read_file(job_id: str, name: str, files: WorkFiles) -> bytes:
    """Returns the content of a file that an earlier step has stored.

    Raises:
        StoreUnavailable: It is not there, or could not be read.
    """
    content = files.get(job_id, name)
    if content is None:
        raise StoreUnavailable("a file of the work is missing")
    return content
