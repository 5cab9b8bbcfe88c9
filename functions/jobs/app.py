"""The API for jobs: bulk work on files. It also notices uploads, and once an hour does what is due."""

from __future__ import annotations

import heed.cold_start as _start  # noqa: F401 - first: it pauses the garbage collector

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from heed import clock
from heed.bootstrap import Heed
from heed.domain.api_key import KeyScope
from heed.domain.errors import NotAuthorised, NotFound
from heed.domain.jobs.job import Job, JobKind
from heed.domain.jobs.job_access import can_see_job
from heed.domain.jobs.job_command import can_command_job
from heed.entrypoints.http.api import job_requests, jobs
from heed.entrypoints.http.api.routes import ApiRequest, ApiResponse, ApiRoutes
from heed.entrypoints.observability import count_metric, logger, observed
from heed.entrypoints.uploads import parse_upload_event
from heed.use_cases.jobs.carry_out_order import carry_out_order
from heed.use_cases.jobs.change_job import find_job
from heed.use_cases.jobs.create_job import create_job, create_scheduled_snapshot
from heed.use_cases.jobs.receive_upload import receive_upload
from heed.use_cases.jobs.start_execution import start_execution
from heed.use_cases.jobs.sweep_jobs import sweep_jobs

heed = Heed.from_environment()
api = ApiRoutes(lambda: heed)
_OF_JOBS = (KeyScope.IMPORT, KeyScope.CHECK, KeyScope.EXPORT, KeyScope.PRIVACY)


@api.route("POST", "/v1/imports", KeyScope.IMPORT)
def create_import(call: ApiRequest) -> ApiResponse:
    """Creates an import, and a URL for its file."""
    return _create(call, job_requests.parse_import_request(call.body(), call.key, call.catalogue, call.at))


@api.route("POST", "/v1/scrubs", KeyScope.CHECK, by_brand=True)
def create_scrub(call: ApiRequest) -> ApiResponse:
    """Creates a scrub, and a URL for its file."""
    return _create(call, job_requests.parse_scrub_request(call, call.catalogue, heed.config.public_url))


@api.route("POST", "/v1/snapshots", KeyScope.EXPORT)
def create_snapshot(call: ApiRequest) -> ApiResponse:
    """Creates a snapshot."""
    return _create(call, job_requests.parse_snapshot_request(call.body(), call.key))


@api.route("GET", "/v1/jobs", *_OF_JOBS, by_brand=True)
def list_jobs(call: ApiRequest) -> Mapping[str, object]:
    """Lists the jobs of the key's owner, the newest first."""
    query, owner = jobs.parse_jobs_query(call.event, call.key), job_requests.sign_job(call).owner
    kinds = (heed.jobs.of_owner(owner, kind, query.after) for kind in query.kinds)
    visible = ((job for job in each if can_see_job(job, call.key, call.catalogue)) for each in kinds)
    return jobs.jobs_to_json(visible)


@api.route("GET", "/v1/jobs/{id}", *_OF_JOBS, by_brand=True)
def show_job(call: ApiRequest) -> Mapping[str, object]:
    """Shows a job, with new URLs of its files."""
    return _show(call, _find(call))


@api.route("POST", "/v1/jobs/{id}", *_OF_JOBS, by_brand=True)
def command_job(call: ApiRequest) -> Mapping[str, object]:
    """Commits, cancels or takes back a job."""
    order, job = job_requests.parse_job_order(call.body()), _find(call)
    if not can_command_job(job, call.key, order.command, call.catalogue):
        raise NotAuthorised("the command needs a key of another owner or scope")
    signature = job_requests.sign_job(call)
    job = carry_out_order(job.id, order, signature, heed.jobs, heed.disclosures, heed.job_executions)
    return _show(call, job)


def _create(call: ApiRequest, request: job_requests.JobRequest) -> ApiResponse:
    job = create_job(*request, job_requests.sign_job(call), heed.jobs, heed.job_executions)
    upload = heed.job_files.upload_url(job.id, call.at) if job.has_upload else None
    count_metric("JobCreated")
    return ApiResponse(jobs.created_job_to_json(job, upload), HTTPStatus.ACCEPTED)


def _find(call: ApiRequest) -> Job:
    """Returns the job in the path. To a key that may not see it, it does not exist."""
    job = find_job(job_requests.parse_job_id(call), heed.jobs)
    if not can_see_job(job, call.key, call.catalogue):
        raise NotFound("no job has this id")
    return job


def _show(call: ApiRequest, job: Job) -> Mapping[str, object]:
    return jobs.shown_job_to_json(job, call, lambda name: heed.job_files.result_url(job.id, name, call.at))


def sweep(time_left: Callable[[], int]) -> dict[str, int]:
    """Does what is due for all jobs, and reports it. If that was not all, it fails, and Lambda repeats it."""
    result = sweep_jobs(clock.now(), heed.jobs, heed.job_files, heed.job_executions, time_left)
    count_metric("JobExpired", result.ended)
    count_metric("UnreadableRecordFound", result.unreadable)
    if result.stopped:
        # An alarm fires on this message (template.yaml, JobWorkFailedSweepFilter).
        logger.error("the work on a job failed", jobs=result.stopped)
    if result.failure:
        raise result.failure
    # An alarm fires when this message is missing (template.yaml, JobsSweptFilter).
    logger.info("jobs swept", open=result.open, cleared=result.cleared)
    return {"open": result.open, "ended": result.ended, "cleared": result.cleared}


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401
    """Answers one HTTP request, in payload format 2.0 or 1.0. Other events: an upload, schedules."""
    if "requestContext" in event:
        return api(event, context)
    if job_id := parse_upload_event(event):
        if job := receive_upload(job_id, clock.now(), heed.jobs, heed.job_files):
            start_execution(job, heed.job_executions)
        return {}
    if event.get("create") == JobKind.SNAPSHOT:
        create_scheduled_snapshot(clock.now(), heed.jobs, heed.job_executions)
        count_metric("JobCreated")
        return {}
    return sweep(context.get_remaining_time_in_millis)


heed.warm_up(lambda: (heed.authenticator, heed.jobs))
