"""The table of problems: which HTTP answer each expected failure becomes (RFC 9457)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http import HTTPStatus

from aws_lambda_powertools.event_handler import Response

from heed.domain import errors
from heed.domain.jobs.job_limits import MAX_JOBS_A_DAY, MAX_OPEN_JOBS

RETRY_AFTER = 5  # seconds; most outages of a table are throttles and end sooner
RETRY_AFTER_FULL_QUEUE = 3_600  # seconds; after about an hour an origin has room again
RETRY_AFTER_TOO_MANY_JOBS = 600  # seconds; most jobs end within that time

_NOT_VALID = "The request is not valid"
_UNAVAILABLE = "Temporarily unavailable; it is safe to retry"


@dataclass(frozen=True, slots=True)
class Problem:
    """A kind of problem.

    Attributes:
        name: The stable name, the last part of the problem's `type`.
        status: The HTTP status.
        title: A short text for people, the same for all problems of one name and status.
        detail: What went wrong and what the caller can do, for people.
        retry_after: Of a 503 or 429, the seconds until a retry may succeed.
    """

    name: str
    status: HTTPStatus
    title: str
    detail: str
    retry_after: int = RETRY_AFTER


PROBLEMS: dict[type[errors.HeedError], Problem] = {
    errors.NotJson: Problem(
        "not-json",
        HTTPStatus.BAD_REQUEST,
        "The body is not JSON",
        "The body must be one JSON object in UTF-8. Nothing was changed.",
    ),
    errors.NotAuthenticated: Problem(
        "not-authenticated",
        HTTPStatus.UNAUTHORIZED,
        "The API key is missing or not valid",
        "The API key is missing, malformed, unknown, revoked or expired.",
    ),
    errors.NotAuthorised: Problem(
        "not-authorised",
        HTTPStatus.FORBIDDEN,
        "The API key lacks the scope for this request",
        "The API key is valid, but it has none of the scopes that this route accepts.",
    ),
    errors.BrandNotAllowed: Problem(
        "brand-not-allowed",
        HTTPStatus.FORBIDDEN,
        "The API key is limited to other brands",
        "The request is about more than the brands to which the API key is limited. `errors` says what. "
        "Nothing of the request was done.",
    ),
    errors.PurposeRefused: Problem(
        "purpose-refused",
        HTTPStatus.FORBIDDEN,
        "Data is not disclosed for this purpose",
        "The policy does not permit a disclosure for the purpose in this request. Nothing was disclosed.",
    ),
    errors.NotFound: Problem(
        "not-found", HTTPStatus.NOT_FOUND, "Not found", "This path or id does not exist."
    ),
    errors.NoConfirmationMail: Problem(
        "not-found",
        HTTPStatus.NOT_FOUND,
        "Not found",
        "This deployment sends no confirmation mail. Set its parameter `MailFrom`.",
    ),
    errors.InvalidToken: Problem(
        "not-found", HTTPStatus.NOT_FOUND, "Not found", "The link is not valid: it was changed or cut short."
    ),
    errors.MethodNotAllowed: Problem(
        "method-not-allowed",
        HTTPStatus.METHOD_NOT_ALLOWED,
        "The path does not support this method",
        "The path exists, but not with this method. The header `Allow` lists the methods.",
    ),
    errors.OnHold: Problem(
        "held",
        HTTPStatus.CONFLICT,
        "A legal hold is active",
        "A legal hold preserves this person's record. Repeat the request when an officer has lifted it.",
    ),
    errors.CaseDecided: Problem(
        "case-decided",
        HTTPStatus.CONFLICT,
        "The case has another decision",
        "The first decision about a case counts. `GET /v1/cases/{id}` shows it. Nothing was changed.",
    ),
    errors.JobConflict: Problem(
        "job-conflict",
        HTTPStatus.CONFLICT,
        "The state of the job does not permit this",
        "The job has another state. `GET /v1/jobs/{id}` shows it. Nothing was changed.",
    ),
    errors.ImportTooLong: Problem(
        "import-too-long",
        HTTPStatus.CONFLICT,
        "The commit takes longer than the file is kept",
        "The file is deleted 48 hours after its upload, before the commit would be done. Nothing was "
        "changed. Split the file, or let an operator raise `BulkRate`. Then import it again and commit soon.",
    ),
    errors.TooManyJobs: Problem(
        "too-many-jobs",
        HTTPStatus.TOO_MANY_REQUESTS,
        "The owner of the key has too many jobs",
        f"The owner has {MAX_OPEN_JOBS} jobs that have not ended, or created {MAX_JOBS_A_DAY:,} in a day. "
        "Nothing was created. Cancel a job, or repeat the request after `Retry-After` seconds.",
        RETRY_AFTER_TOO_MANY_JOBS,
    ),
    errors.SecondOwnerNeeded: Problem(
        "second-owner-needed",
        HTTPStatus.FORBIDDEN,
        "A key of another owner has to do this",
        "An import that stops more than 10 % of the people on record, or 100,000, is committed with a key of "
        "another owner and the scope `privacy`, and any import is taken back with one. A first import "
        "is such an import, because hardly anybody is on record. This makes a key: `heed keys create "
        "officer --owner 'Privacy office' --scope privacy`. Nothing was changed.",
    ),
    errors.InvalidRequest: Problem(
        "invalid-request",
        HTTPStatus.UNPROCESSABLE_ENTITY,
        _NOT_VALID,
        "The body is JSON, but it is not a valid request. `errors` names each fault. Nothing was changed.",
    ),
    errors.InvalidQuery: Problem(
        "invalid-request",
        HTTPStatus.UNPROCESSABLE_ENTITY,
        _NOT_VALID,
        "A query parameter is not valid. `errors` names each fault. Nothing was done.",
    ),
    errors.DependencyUnavailable: Problem(
        "unavailable",
        HTTPStatus.SERVICE_UNAVAILABLE,
        _UNAVAILABLE,
        "A service that Heed depends on did not respond. Repeat the request after `Retry-After` seconds.",
    ),
    errors.WaitingQueueFull: Problem(
        "unavailable",
        HTTPStatus.SERVICE_UNAVAILABLE,
        _UNAVAILABLE,
        "There is no room for this confirmation mail today or tomorrow: the API key, or all keys together, "
        "have reached a cap. Nothing was accepted. Repeat the request after `Retry-After` seconds.",
        RETRY_AFTER_FULL_QUEUE,
    ),
    errors.UnreadableRecord: Problem(
        "unavailable",
        HTTPStatus.SERVICE_UNAVAILABLE,
        _UNAVAILABLE,
        "A stored record is damaged, and Heed treats it as a suppression. An operator has to repair it.",
    ),
}
"""Every failure that may become an HTTP answer of the API. A subclass has the problem of its nearest base."""


def find_problem(error: errors.HeedError) -> Problem | None:
    """Returns the problem of an error, by its class or nearest base class. None: the table has none."""
    for kind in type(error).__mro__:
        if problem := PROBLEMS.get(kind):
            return problem
    return None


def problem_response(error: errors.HeedError) -> Response[str]:
    """Returns the answer to an error, as `application/problem+json`.

    Raises:
        HeedError: The table has no problem for this error. That is a bug, so the error is raised again.
    """
    problem = find_problem(error)
    if problem is None:
        raise error
    body: dict[str, object] = {
        "type": f"urn:heed:problem:{problem.name}",
        "title": problem.title,
        "status": int(problem.status),
        "detail": problem.detail,
    }
    if isinstance(error, errors.InvalidRequest):
        body["errors"] = [{"pointer": fault.pointer, "detail": fault.detail} for fault in error.faults]
    return Response(
        status_code=int(problem.status),
        content_type="application/problem+json",
        headers={"Cache-Control": "no-store", **_make_headers(problem)},
        body=json.dumps(body),
    )


def _make_headers(problem: Problem) -> dict[str, str]:
    if problem.status is HTTPStatus.UNAUTHORIZED:
        return {"WWW-Authenticate": "Bearer"}
    if problem.status in (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS):
        return {"Retry-After": str(problem.retry_after)}
    return {}
