"""Parts for jobs: bulk work on files."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, assert_never

from heed.bootstrap.privacy import PrivacyParts
from heed.domain.jobs.job_phase import JobPhase
from heed.use_cases.ports.job_work import JobWork

if TYPE_CHECKING:
    from heed.adapters.bulk_bucket import BulkBucket
    from heed.adapters.dynamodb.jobs import JobsTable
    from heed.adapters.job_machine import JobMachine
    from heed.adapters.work_bucket import WorkBucket


class JobParts(PrivacyParts):
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

    @cached_property
    def work_files(self) -> WorkBucket:
        """The files of the work on jobs."""
        from heed.adapters.work_bucket import WorkBucket

        return WorkBucket(self.client("s3"), self.config.bulk_bucket)

    def work_of_phase(self, phase: JobPhase) -> JobWork:
        """Returns the work of a phase."""
        match phase:
            case JobPhase.PREVIEW | JobPhase.COMMIT:
                raise NotImplementedError
            case JobPhase.SCRUB:
                raise NotImplementedError
            case JobPhase.SNAPSHOT:
                return self.snapshot_work
            case JobPhase.TAKE_BACK:
                raise NotImplementedError
            case _:
                assert_never(phase)

    @cached_property
    def snapshot_work(self) -> JobWork:
        """The work on a snapshot."""
        from heed.adapters.dynamodb.people_segments import PeopleSegmentsTable
        from heed.adapters.kms.keys import IDENTITY_LABEL
        from heed.adapters.kms.signing_keys import KmsSnapshotSigner
        from heed.use_cases.snapshots.plan_snapshot import PlanSnapshot
        from heed.use_cases.snapshots.work_on_snapshot import WorkOnSnapshot

        people = PeopleSegmentsTable(self.client("dynamodb"), self.config.preferences_table)
        signer = KmsSnapshotSigner(self.client("kms"), self.config.snapshot_keys[-1])
        ports = self.jobs, self.disclosures, self._now
        plan = PlanSnapshot(self.work_files, signer, IDENTITY_LABEL, *ports)
        return JobWork(plan, WorkOnSnapshot(people, self.work_files, self.catalogue))
