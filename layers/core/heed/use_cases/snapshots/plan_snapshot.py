"""Plans the work on a snapshot: reads the people in segments, builds the shards, and joins the file."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from heed.domain.errors import CatalogueChanged
from heed.domain.jobs.job import Job, report_progress
from heed.domain.jobs.job_report import JobCounts, JobReport, ResultFile
from heed.domain.milliseconds import Millis
from heed.domain.snapshots.file_format import SnapshotManifest, place_shards, snapshot_head
from heed.domain.snapshots.key_runs import BUCKETS, COUNTS_SIZE, decode_counts
from heed.domain.snapshots.period import snapshot_period
from heed.domain.snapshots.shards import choose_shard_bits
from heed.domain.snapshots.signature import detached_jws, signing_input
from heed.use_cases.jobs.change_job import change_job
from heed.use_cases.jobs.report_work import report_end
from heed.use_cases.ports.job_work import HasTime, JobFile, NextStep, Plan, WorkFiles
from heed.use_cases.ports.jobs import Jobs
from heed.use_cases.ports.keys import SnapshotSigner
from heed.use_cases.ports.privacy import Disclosures
from heed.use_cases.snapshots.snapshot_files import (
    BUILT,
    FILTERS,
    HEAD,
    ITEMS,
    SEGMENT_COUNT,
    SHARDS,
    BuiltShard,
    SegmentProgress,
    SnapshotFilters,
    find,
    load,
    segment_name,
    store,
)

RESULT = "snapshot.heedsnap"
"""The name of the result file."""
_JOINED = "work/joined.json"  # where the join goes on


@dataclass(frozen=True, slots=True)
class PlanSnapshot:
    """Plans each stage of a snapshot.

    Attributes:
        files: the files of the job.
        signer: signs the manifest.
        identity_key_name: names the key of the recipient ids.
        jobs: the jobs.
        disclosures: the register of disclosures.
        now: returns milliseconds.
    """

    files: WorkFiles
    signer: SnapshotSigner
    identity_key_name: str
    jobs: Jobs
    disclosures: Disclosures
    now: Callable[[], Millis]

    def __call__(self, job: Job, stage: int, has_time: HasTime) -> Plan:
        """Plans a stage: 0 the segments, 1 the shards, 2 the file.

        Raises:
            WorkImpossible: The snapshot cannot be made.
            DependencyUnavailable, UnreadableRecord: The stage has to be repeated.
        """
        if stage == 0:
            return self._map(job, [{"segment": segment} for segment in range(SEGMENT_COUNT)], stage=1)
        segments = [
            load(self.files, job.id, segment_name(segment), SegmentProgress)
            for segment in range(SEGMENT_COUNT)
        ]
        report = _report(segments)
        if stage == 1:
            shards = self._choose_shards(job, segments).shards()
            change_job(job.id, lambda current: report_progress(current, report, self.now()), self.jobs)
            return self._map(job, [place._asdict() for place in shards], stage=2)
        size = self._join(job, has_time)
        if size is None:
            return Plan(NextStep.AGAIN, 2)
        report = replace(report, files=(ResultFile(RESULT, size),))
        report_end(job.id, report, self.now(), self.jobs, self.disclosures)
        return Plan(NextStep.DONE)

    def _map(self, job: Job, items: Sequence[Mapping[str, object]], stage: int) -> Plan:
        self.files.put(job.id, ITEMS, json.dumps(items).encode())
        return Plan(NextStep.MAP, stage, ITEMS)

    def _choose_shards(self, job: Job, segments: Sequence[SegmentProgress]) -> SnapshotFilters:
        """Returns the filters with their shards. They are chosen once: the seed is random."""
        topics = segments[0].topics
        if any(segment.topics != topics for segment in segments):
            raise CatalogueChanged(
                "the topics of the brand changed during the work; request another snapshot"
            )
        filters = find(self.files, job.id, FILTERS, SnapshotFilters)
        if filters is None:
            runs = {
                name: [run for segment in segments for run in segment.runs.get(name, ())] for name in topics
            }
            bits = {name: choose_shard_bits(self._count(job, runs[name])) for name in topics}
            filters = SnapshotFilters(secrets.randbits(64), topics, runs, bits)
            store(self.files, job.id, FILTERS, filters)
        return filters

    def _count(self, job: Job, runs: Sequence[str]) -> list[int]:
        """Returns the number of keys for each value of the leading bits."""
        counts = [decode_counts(self.files.get_part(job.id, run, 0, COUNTS_SIZE)) for run in runs]
        return list(map(sum, zip([0] * BUCKETS, *counts, strict=True)))

    def _join(self, job: Job, has_time: HasTime) -> int | None:
        """Makes the file, and returns its size in bytes. It has the same bytes if it is made again.

        It returns None if its time is over: the next call goes on.
        """
        filters = load(self.files, job.id, FILTERS, SnapshotFilters)
        names = [filters.shard_name(place) for place in filters.shards()]
        head = self.files.get(job.id, HEAD)
        if head is None:
            head = self._sign(job, filters, names)
            self.files.put(job.id, HEAD, head)  # another signature has other bytes
        stored = {file.name: file for file in self.files.list_files(job.id, SHARDS)}
        shards = [stored[f"{SHARDS}{name}"] for name in names]
        sources = [JobFile(HEAD, len(head)), *shards]
        return self.files.join(job.id, sources, f"results/{RESULT}", _JOINED, has_time)

    def _sign(self, job: Job, filters: SnapshotFilters, names: Sequence[str]) -> bytes:
        """Returns the beginning of the file: the manifest and its signature."""
        shards = [load(self.files, job.id, f"{BUILT}{name}", BuiltShard) for name in names]
        counts = dict.fromkeys(filters.topics, 0)
        for place, shard in zip(filters.shards(), shards, strict=True):
            counts[place.topic] += shard.keys
        manifest = SnapshotManifest(
            *snapshot_period(job),
            self.identity_key_name,
            filters.seed,
            filters.topics,
            counts,
            place_shards(
                (filters.topics[place.topic], shard.length, shard.sha256)
                for place, shard in zip(filters.shards(), shards, strict=True)
            ),
        ).to_json()
        key_id = self.signer.key_id
        signature = self.signer.sign(signing_input(key_id, manifest))
        return snapshot_head(manifest, detached_jws(key_id, signature))


def _report(segments: Sequence[SegmentProgress]) -> JobReport:
    """Returns the report. A snapshot stops the people in its filters, so they are counted as applied."""
    counts = JobCounts(
        applied=sum(segment.stopped for segment in segments),
        known=sum(segment.others for segment in segments),
        invalid=sum(segment.unreadable for segment in segments),
    )
    return JobReport(done_rows=counts.total, counts=counts)
