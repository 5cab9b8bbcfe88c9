"""Parts that work on jobs."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, assert_never

from heed.bootstrap.jobs import JobParts
from heed.bootstrap.numbers import NumberParts
from heed.bootstrap.privacy import PrivacyParts
from heed.domain.jobs.job_phase import JobPhase
from heed.use_cases.ports.job_work import JobWork

if TYPE_CHECKING:
    from heed.adapters.dynamodb.preferences import PreferencesTable
    from heed.adapters.dynamodb.writer_turn import WriterTurnTable
    from heed.adapters.paced_writes import PacedWrites
    from heed.adapters.work_bucket import WorkBucket
    from heed.entrypoints.bulk_files.parts import UploadedFiles
    from heed.use_cases.jobs.plan_import import PlanImport
    from heed.use_cases.jobs.report_stopped_import import ReportStoppedImport
    from heed.use_cases.jobs.scrub_file import PlanScrub, ScrubPart
    from heed.use_cases.jobs.split_upload import SplitUpload
    from heed.use_cases.jobs.take_back_import import PlanTakeBack, TakeBackSegment
    from heed.use_cases.jobs.work_on_import import WorkOnImport
    from heed.use_cases.snapshots.plan_snapshot import PlanSnapshot
    from heed.use_cases.snapshots.work_on_snapshot import WorkOnSnapshot


class JobWorkParts(JobParts, NumberParts, PrivacyParts):
    """Parts that plan the work on jobs, and do it."""

    def work_of_phase(self, phase: JobPhase) -> JobWork:
        """Returns the work of a phase."""
        match phase:
            case JobPhase.PREVIEW:
                return JobWork(self.plan_import, self.work_on_import)
            case JobPhase.COMMIT:
                return JobWork(self.plan_import, self.work_on_import, self.report_stopped_import)
            case JobPhase.SCRUB:
                return JobWork(self.plan_scrub, self.scrub_part)
            case JobPhase.SNAPSHOT:
                return JobWork(self.plan_snapshot, self.work_on_snapshot)
            case JobPhase.TAKE_BACK:
                return JobWork(self.plan_take_back, self.take_back_segment)
            case _:
                assert_never(phase)

    @cached_property
    def split_upload(self) -> SplitUpload:
        """Splits the upload of a job."""
        from heed.use_cases.jobs.split_upload import SplitUpload

        return SplitUpload(self.work_files, self.bulk_files, self.jobs, self._now)

    @cached_property
    def bulk_files(self) -> UploadedFiles:
        """Reads files of many rows."""
        from heed.entrypoints.bulk_files.parts import UploadedFiles

        return UploadedFiles()

    @cached_property
    def plan_import(self) -> PlanImport:
        """Plans an import."""
        from heed.use_cases.jobs.plan_import import PlanImport

        return PlanImport(
            self.jobs,
            self.work_files,
            self.bulk_files,
            self.split_upload,
            self.preferences,
            self.disclosures,
            self.job_executions,
            self.writer_turn,
            self.event_bus,
            self.config.bulk_rate,
            self._now,
        )

    @cached_property
    def report_stopped_import(self) -> ReportStoppedImport:
        """Reports what a stopped import has applied."""
        from heed.use_cases.jobs.report_stopped_import import ReportStoppedImport

        return ReportStoppedImport(self.work_files, self.event_bus, self._now)

    @cached_property
    def writer_turn(self) -> WriterTurnTable:
        """The turn of the jobs that write records."""
        from heed.adapters.dynamodb.writer_turn import WriterTurnTable

        return WriterTurnTable(self.client("dynamodb"), self.config.control_table)

    @cached_property
    def work_on_import(self) -> WorkOnImport:
        """Works on a part of an import."""
        from heed.use_cases.jobs.work_on_import import WorkOnImport

        return WorkOnImport(
            self.jobs,
            self.work_files,
            self.bulk_files,
            self.identity_key,
            self.preferences,
            self.import_writes,
            self.write_pace,
            self.catalogue,
            self.numbers,
            self._now,
        )

    @cached_property
    def plan_snapshot(self) -> PlanSnapshot:
        """Plans a snapshot."""
        from heed.adapters.kms.keys import IDENTITY_LABEL
        from heed.adapters.kms.signing_keys import KmsSnapshotSigner
        from heed.use_cases.snapshots.plan_snapshot import PlanSnapshot

        signer = KmsSnapshotSigner(self.client("kms"), self.config.snapshot_keys[-1])
        ports = self.jobs, self.disclosures, self._now
        return PlanSnapshot(self.work_files, signer, IDENTITY_LABEL, *ports)

    @cached_property
    def work_on_snapshot(self) -> WorkOnSnapshot:
        """Works on a segment of the people, or on a shard of a filter."""
        from heed.adapters.dynamodb.people_segments import PeopleSegmentsTable
        from heed.use_cases.snapshots.work_on_snapshot import WorkOnSnapshot

        people = PeopleSegmentsTable(self.client("dynamodb"), self.config.preferences_table)
        return WorkOnSnapshot(people, self.work_files, self.catalogue)

    @cached_property
    def plan_scrub(self) -> PlanScrub:
        """Plans a scrub."""
        from heed.use_cases.jobs.scrub_file import PlanScrub

        return PlanScrub(
            self.work_files,
            self.bulk_files,
            self.split_upload,
            self.jobs,
            self.disclosures,
            self.campaigns,
            self._now,
        )

    @cached_property
    def scrub_part(self) -> ScrubPart:
        """Scrubs a part of a file."""
        from heed.entrypoints.bulk_files.scrub_links import ScrubLinks
        from heed.entrypoints.http.api.mail_links import LinkBases
        from heed.use_cases.jobs.scrub_file import ScrubPart

        bases = LinkBases(self.config.public_url, self.config.mail_domain)
        return ScrubPart(
            self.jobs,
            self.work_files,
            self.bulk_files,
            self.identity_key,
            self.preferences,
            self.catalogue,
            ScrubLinks(self.link_keys, self.catalogue, bases),
            self._now,
        )

    @cached_property
    def import_writes(self) -> PreferencesTable:
        """Writes the records without repeating a failed write, because the pace repeats it."""
        from heed.adapters.dynamodb.preferences import PreferencesTable

        return PreferencesTable(self.client("dynamodb", once=True), self.config.preferences_table)

    @cached_property
    def plan_take_back(self) -> PlanTakeBack:
        """Plans the taking back of an import."""
        from heed.use_cases.jobs.take_back_import import PlanTakeBack

        return PlanTakeBack(self.jobs, self.work_files, self.writer_turn, self.event_bus, self._now)

    @cached_property
    def take_back_segment(self) -> TakeBackSegment:
        """Takes an import back, in one segment of the people."""
        from heed.adapters.dynamodb.people_segments import PeopleSegmentsTable
        from heed.use_cases.jobs.take_back_import import TakeBackSegment

        return TakeBackSegment(
            PeopleSegmentsTable(self.client("dynamodb"), self.config.preferences_table),
            self.work_files,
            self.import_writes,
            self.write_pace,
            self._now,
        )

    @cached_property
    def write_pace(self) -> PacedWrites:
        """The pace of one writer of imports."""
        from heed.adapters.ledger_delay import LedgerDelay
        from heed.adapters.paced_writes import PacedWrites

        delay = LedgerDelay(self.client("cloudwatch"), self.config.ledger_function)
        rate = self.config.bulk_rate / self.config.bulk_concurrency
        return PacedWrites(rate, delay, self.clock.time_ns, self.clock.sleep)

    @cached_property
    def work_files(self) -> WorkBucket:
        """The files of the work on jobs."""
        from heed.adapters.work_bucket import WorkBucket

        return WorkBucket(self.client("s3"), self.config.bulk_bucket)
