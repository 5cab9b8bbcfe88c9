"""The scenes of jobs: an upload arrives, the sweep finds what is due, and an import is committed."""

from __future__ import annotations

from functions.jobs import app as jobs
from heed import clock
from heed.domain.imports.formats import RowMeaning
from heed.domain.jobs.job import JobState, Upload, cancel_job, finish_preview, start_job
from heed.domain.jobs.job_phase import JobPhase
from heed.domain.jobs.job_settings import ColumnMapping, ImportJobSettings
from heed.domain.numbers.numbers import NumberGrouping
from heed.domain.preferences.register import DAY_MS
from heed.use_cases.jobs.change_job import change_job
from heed.use_cases.jobs.commit_import import commit_import
from heed.use_cases.jobs.receive_upload import receive_upload
from tests.simulation.scenes import ANN, JOHN, Scene, registers
from tests.support.deployment import NOW, Context, World, client, parts
from tests.support.job_machine import JobMachineRun, definition
from tests.support.jobs import ON_RECORD, PRIVACY, SMALL_REPORT, job_of

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


class ImportScene(Scene):
    """An import that was committed after its preview: all steps of its execution."""

    function = "bulk"

    def prepare(self, _: World) -> None:
        columns = ColumnMapping("email", RowMeaning.UNSUBSCRIBED)
        job = job_of(ImportJobSettings("r", exported_at=NOW, mapping=columns), 4)
        parts().jobs.add(job)
        rows = f"email\n{ANN}\n{JOHN}\nx\n".encode()
        client("s3").put_object(Bucket="bulk", Key=f"{job.id}/upload", Body=rows)
        receive_upload(job.id, NOW, parts().jobs, parts().job_files)
        self._run(job.id, JobPhase.PREVIEW)
        commit_import(job.id, PRIVACY, parts().jobs, parts().disclosures)
        self._id = job.id

    def deliver(self, _: World) -> None:
        self._run(self._id, JobPhase.COMMIT)

    def observe(self, world: World) -> object:
        job = parts().jobs.find(self._id)
        assert job is not None and job.state is JobState.DONE
        keys = parts().numbers.find_keys(NumberGrouping.SOURCE, [clock.now() // DAY_MS])
        numbers = parts().numbers.read(NumberGrouping.SOURCE, keys)
        return job.report, registers(world, ANN), registers(world, JOHN), list(numbers)

    def _run(self, job_id: str, phase: JobPhase) -> None:
        run = JobMachineRun(Context(milliseconds_left=900_000))
        run.run(definition(), {"job": job_id, "phase": phase.value, "stage": 0})
