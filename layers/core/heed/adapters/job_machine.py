"""The state machine that works on jobs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from heed.adapters.aws import FAILURES, error_code, to_store_unavailable
from heed.domain.jobs.job_phase import JobPhase, execution_name
from heed.override import override
from heed.use_cases.ports.job_work import JobExecutions

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


class JobMachine(JobExecutions):
    """Implements the port JobExecutions with Step Functions.

    Args:
        client: Step Functions client.
        machine: ARN of the state machine.
    """

    def __init__(self, client: SFNClient, machine: str) -> None:
        self._client = client
        self._machine = machine

    @override
    def start(self, job_id: str, phase: JobPhase, attempt: int) -> None:
        """Starts an execution. Its name is accepted once in 90 days, so a second call starts nothing."""
        request = json.dumps({"job": job_id, "phase": phase.value, "stage": 0})
        try:
            self._client.start_execution(
                stateMachineArn=self._machine, name=execution_name(job_id, phase, attempt), input=request
            )
        except FAILURES as error:
            if error_code(error) != "ExecutionAlreadyExists":
                raise to_store_unavailable(error) from error
