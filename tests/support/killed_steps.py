"""Executions of the state machine with killed functions."""

from __future__ import annotations

from itertools import count
from typing import Any

from heed.override import override
from tests.support.crash import SimulatedCrash, crash_after
from tests.support.job_machine import JobMachineRun


class RunWithKilledSteps(JobMachineRun):
    """Kills the function after its first call of S3 or KMS, repeats it, kills it after its second, and so on.

    Between two of these calls the function stores nothing, except at its end.
    """

    @override
    def call_function(self, payload: dict[str, Any]) -> Any:
        for calls in count(1):
            try:
                with crash_after(calls, ("s3", "kms")):
                    return super().call_function(payload)
            except SimulatedCrash:
                continue
        raise AssertionError("a step ends")
