"""The scene of jobs: an upload arrives, and the sweep finds files and previews that are due."""

from __future__ import annotations

from functions.jobs import app as jobs
from heed.domain.jobs.job import JobState, Upload, cancel_job, finish_preview, start_job
from heed.domain.jobs.job_settings import ImportJobSettings
from heed.use_cases.jobs.change_job import change_job
from tests.simulation.scenes import Scene
from tests.support.deployment import NOW, World, client, parts
from tests.support.jobs import ON_RECORD, SMALL_REPORT, job_of

UPLOADED, PREVIEWED, ENDED = (job_of(ImportJobSettings("r"), number) for number in (1, 2, 3))


class JobsScene(Scene):
    """An upload, a preview that nobody commits, and a job whose files are due."""

    function = "jobs"

    def prepare(self, _: World) -> None:
        for job in (UPLOADED, PREVIEWED, ENDED):
            parts().jobs.add(job)
            client("s3").put_object(Bucket="bulk", Key=f"{job.id}/upload", Body=b"email\n")
        change_job(
            PREVIEWED.id,
            lambda job: finish_preview(
                start_job(job, Upload('"etag"', 6), NOW), SMALL_REPORT, ON_RECORD, NOW
            ),
            parts().jobs,
        )
        change_job(
            ENDED.id, lambda job: cancel_job(start_job(job, Upload('"etag"', 6), NOW), NOW), parts().jobs
        )

    def deliver(self, world: World) -> None:
        upload = {"object": {"key": f"{UPLOADED.id}/upload"}}
        jobs.handler({"detail-type": "Object Created", "detail": upload}, world.context)
        jobs.handler({}, world.context)

    def observe(self, _: World) -> object:
        found = [parts().jobs.find(job.id) for job in (UPLOADED, PREVIEWED, ENDED)]
        assert [job and job.state for job in found] == [
            JobState.RUNNING,
            JobState.CANCELLED,
            JobState.CANCELLED,
        ]
        keys = [item["Key"] for item in client("s3").list_objects_v2(Bucket="bulk")["Contents"]]
        return found, keys, list(parts().jobs.open_ids())
