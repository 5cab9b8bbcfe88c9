"""The work on jobs. The state machine calls it step by step: to plan, for each item, and to plan again."""

from __future__ import annotations

import heed.cold_start as _start  # noqa: F401 - first: it pauses the garbage collector

from typing import Any

from heed import clock
from heed.bootstrap import Heed
from heed.domain.errors import MalformedMessage, OutOfTime
from heed.domain.jobs.job_phase import parse_job_phase
from heed.entrypoints.observability import logger, observed
from heed.use_cases.jobs.run_phase import fail_phase, plan_phase, work_on_item
from heed.use_cases.ports.job_work import NextStep

heed = Heed.from_environment()
# Milliseconds; with less left, no other piece of work starts. A piece takes a few calls of AWS.
_RESERVED_MS = 60_000


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, object]:  # noqa: ANN401
    """Does one step of an execution, and says what comes next. Its answer has no content of a file."""
    job_id, phase = parse_job_phase(event.get("job"), event.get("phase"))

    def has_time() -> bool:
        return bool(context.get_remaining_time_in_millis() > _RESERVED_MS)

    match event.get("step"):
        case "plan":
            plan = plan_phase(
                job_id, phase, event["stage"], has_time, clock.now, heed.jobs, heed.work_of_phase
            )
            items = f"{job_id}/{plan.items}"
            return {"job": job_id, "phase": phase, "next": plan.next, "stage": plan.stage, "items": items}
        case "work":
            try:
                work_on_item(job_id, phase, event["item"], has_time, clock.now, heed.jobs, heed.work_of_phase)
            except OutOfTime:
                return {"next": NextStep.AGAIN}
            return {"next": NextStep.DONE}
        case "fail":
            job = fail_phase(job_id, phase, has_time, clock.now, heed.jobs, heed.work_of_phase)
            if job is None:
                return {"next": NextStep.AGAIN}
            # An alarm fires on this message (template.yaml, JobWorkFailedFilter).
            logger.error("the work on a job failed", kind=job.kind.value, phase=phase.value)
            return {"next": NextStep.DONE}
        case _:
            raise MalformedMessage("not a step of an execution")


heed.warm_up(lambda: (heed.jobs, heed.work_files))
