"""Parts for jobs: bulk work on files."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from heed.bootstrap.shared import SharedParts

if TYPE_CHECKING:
    from heed.adapters.bulk_bucket import BulkBucket
    from heed.adapters.dynamodb.jobs import JobsTable
    from heed.adapters.job_machine import JobMachine


class JobParts(SharedParts):
    """Parts that store jobs and their files."""

    @cached_property
    def jobs(self) -> JobsTable:
        """The jobs."""
        from heed.adapters.dynamodb.jobs import JobsTable

        return JobsTable(self.client("dynamodb"), self.config.control_table)

    @cached_property
    def job_files(self) -> BulkBucket:
        """The files of the jobs."""
        from heed.adapters.bulk_bucket import BulkBucket

        return BulkBucket(self.client("s3"), self.config.bulk_bucket)

    @cached_property
    def job_executions(self) -> JobMachine:
        """The executions of the state machine."""
        from heed.adapters.job_machine import JobMachine

        return JobMachine(self.client("stepfunctions"), self.config.job_machine)
