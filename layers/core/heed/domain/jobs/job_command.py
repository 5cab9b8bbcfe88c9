"""What a caller can do with a job, and which keys may do it."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple, assert_never

from heed.domain.api_key import ApiKey, KeyScope
from heed.domain.jobs.job import Job, JobKind
from heed.domain.jobs.job_access import can_use_job
from heed.domain.preferences.catalogue import Catalogue


class JobCommand(StrEnum):
    """What a caller can do with a job."""

    COMMIT = "commit"
    CANCEL = "cancel"
    TAKE_BACK = "take_back"


class JobOrder(NamedTuple):
    """A command, and the reason for taking an import back."""

    command: JobCommand
    reason: str = ""


def can_command_job(job: Job, key: ApiKey, command: JobCommand, catalogue: Catalogue) -> bool:
    """Whether a key may give a command. The steps of the job check the owner of the key where it matters.

    Args:
        job: the job.
        key: the key.
        command: the command.
        catalogue: the brands and topics that the key may use.
    """
    is_officer = KeyScope.PRIVACY in key.scopes
    match command:
        case JobCommand.COMMIT:
            return can_use_job(job, key, catalogue) or (is_officer and job.needs_second_owner)
        case JobCommand.CANCEL:
            return can_use_job(job, key, catalogue) or (is_officer and job.kind is JobKind.IMPORT)
        case JobCommand.TAKE_BACK:
            return is_officer and job.kind is JobKind.IMPORT
        case _:
            assert_never(command)
