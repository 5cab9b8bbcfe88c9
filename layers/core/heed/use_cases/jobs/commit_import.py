"""Commits an import after its preview, and enters that in the register of disclosures."""

from __future__ import annotations

from heed.domain.jobs.job import Job, JobSignature, commit_job
from heed.domain.privacy.disclosure import DisclosureDetails
from heed.use_cases.jobs.change_job import change_job
from heed.use_cases.ports.jobs import Jobs
from heed.use_cases.ports.privacy import Disclosures


def commit_import(job_id: str, signature: JobSignature, jobs: Jobs, disclosures: Disclosures) -> Job:
    """Commits an import. A second commit changes nothing.

    The register gets its entry first, because the counts of a commit reveal what is on record.

    Args:
        job_id: id of the job.
        signature: who commits it.
        jobs: the jobs.
        disclosures: the register of disclosures.

    Raises:
        NotFound: No job has this id.
        JobConflict, ImportTooLong, SecondOwnerNeeded: The job cannot be committed, or not by this key.
        DependencyUnavailable, UnreadableRecord: It is unknown whether the job is committed.
    """

    def step(job: Job) -> Job:
        committed = commit_job(job, signature)
        if committed != job:
            people = job.report.counts.people
            disclosures.append(
                DisclosureDetails(signature.at, job.kind.value, job.purpose, people, signature.key)
            )
        return committed

    return change_job(job_id, step, jobs)
