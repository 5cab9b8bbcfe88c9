"""`heed jobs` with the real functions."""

from __future__ import annotations

from pathlib import Path

from heed import clock
from heed.domain.jobs.job import JobSignature, commit_job, finish_job, finish_preview, start_job
from heed.domain.jobs.job_report import JobCounts, JobReport
from heed.use_cases.jobs.change_job import change_job
from tests.cli.conftest import Heed
from tests.cli.server import ApiServer
from tests.support.aws_calls import outside_handlers
from tests.support.deployment import NOW, World, parts
from tests.support.jobs import MARKETING, ON_RECORD, SMALL_REPORT, UPLOAD, job_of


def _preview(world: World, number: int, report: JobReport = SMALL_REPORT) -> str:
    """Stores an import of the owner of the local stack's key, after its preview."""
    owner = parts().api_keys.list()[0][0].owner.casefold()
    job = job_of(number=number, created=JobSignature("0123456789abcdef", owner, NOW))
    with outside_handlers():
        parts().jobs.add(job)
        change_job(
            job.id,
            lambda current: finish_preview(start_job(current, UPLOAD, NOW), report, ON_RECORD, NOW),
            parts().jobs,
        )
    return job.id


def test_jobs_are_listed_shown_committed_and_cancelled(
    heed: Heed, local: Path, world: World, server: ApiServer
) -> None:
    server.works_on_jobs = False
    first, second = _preview(world, 1), _preview(world, 2)
    listed = heed("jobs", "list", "--kind", "import")
    assert listed.code == 0 and listed.out.index(second) < listed.out.index(first)
    assert heed("jobs", "list", "--kind", "scrub").out == "There is no job.\n"
    shown = heed("jobs", "show", first)
    assert (shown.code, "\nBounced  undeliverable  6\n" in shown.out) == (0, True)
    assert "\nrejects.csv  120    http" in shown.out
    assert "running" in heed("jobs", "commit", first).out
    assert heed("jobs", "cancel", second, "--json").json["state"] == "cancelled"
    refused = heed("jobs", "commit", second)
    assert (refused.code, "heed jobs show ID" in refused.err) == (3, True)
    watched = heed("jobs", "watch", second)
    assert (watched.code, watched.err) == (3, "heed: the job was cancelled: run the command again\n")


def test_a_large_import_names_who_commits_it(heed: Heed, local: Path, world: World) -> None:
    job_id = _preview(world, 3, JobReport(counts=JobCounts(applied=100_000)))
    refused = heed("jobs", "commit", job_id)
    assert (refused.code, "set HEED_API_KEY to a key of another owner" in refused.err) == (3, True)


def test_an_import_is_taken_back_with_a_reason(heed: Heed, local: Path, world: World) -> None:
    job, now = job_of(number=4), clock.now()
    previewed = finish_preview(start_job(job, UPLOAD, now), SMALL_REPORT, ON_RECORD, now)
    done = finish_job(commit_job(previewed, MARKETING), SMALL_REPORT, now)
    with outside_handlers():
        parts().jobs.add(job)
        parts().jobs.replace(job, done)
    assert heed("jobs", "take-back", job.id).code == 2
    taken_back = heed("jobs", "take-back", job.id, "--reason", "a wrong column")
    assert (taken_back.code, "a wrong column" in taken_back.out) == (0, True)
    assert heed("jobs", "show", job.id, "--json").json["taken_back"]["reason"] == "a wrong column"
