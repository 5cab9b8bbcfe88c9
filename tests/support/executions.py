"""Runs the work on a job as the state machine does, by the handler of the function `bulk`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

from functions.bulk import app
from heed.domain.jobs.job_phase import JobPhase
from tests.support.crash import SimulatedCrash, crash_after
from tests.support.deployment import World, client

Step = Callable[[World, Mapping[str, Any]], dict[str, Any]]


def call_step(world: World, event: Mapping[str, Any]) -> dict[str, Any]:
    """Calls the function, which has its whole time then. Step Functions keeps its answer as JSON."""
    world.context.milliseconds_left = 900_000
    answer: dict[str, Any] = json.loads(json.dumps(app.handler(dict(event), world.context)))
    return answer


def call_step_that_crashes(world: World, event: Mapping[str, Any]) -> dict[str, Any]:
    """Kills the function after its first call of S3 or KMS, repeats it, kills it after its second, and so on.

    Between two of these calls it stores nothing, except at its end.
    """
    for calls in count(1):
        try:
            with crash_after(calls, ("s3", "kms")):
                return call_step(world, event)
        except SimulatedCrash:
            continue
    raise AssertionError("a step ends")


def run_execution(world: World, job_id: str, phase: JobPhase, step: Step = call_step) -> None:
    """Plans, works on each item until it is done, and plans again, until nothing is left to do."""
    event = {"job": job_id, "phase": phase.value}
    plan: dict[str, Any] = {"next": "again", "stage": 0}
    while plan["next"] != "done":
        if plan["next"] == "map":
            for item in read_items(plan["items"]):
                while step(world, {**event, "step": "work", "item": item})["next"] == "again":
                    pass
        plan = step(world, {**event, "step": "plan", "stage": plan["stage"]})


def read_items(key: str) -> Any:
    """Returns the items of a plan."""
    return json.loads(client("s3").get_object(Bucket="bulk", Key=key)["Body"].read())
