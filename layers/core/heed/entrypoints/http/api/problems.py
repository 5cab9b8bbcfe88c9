"""Which failure is which HTTP answer: one table, and RFC 9457 for machines."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http import HTTPStatus

from aws_lambda_powertools.event_handler import Response

from heed.domain import errors

RETRY_AFTER = 5  # seconds; most outages of a table are throttles, and shorter


@dataclass(frozen=True, slots=True)
class Problem:
    """A kind of problem: its stable name, status, and title for people."""

    name: str
    status: HTTPStatus
    title: str


PROBLEMS: dict[type[errors.HeedError], Problem] = {
    errors.NotAuthenticated: Problem(
        "not-authenticated", HTTPStatus.UNAUTHORIZED, "The API key is missing or not valid"
    ),
    errors.NotAuthorised: Problem(
        "not-authorised", HTTPStatus.FORBIDDEN, "The API key lacks the scope for this"
    ),
    errors.PurposeRefused: Problem(
        "purpose-refused", HTTPStatus.FORBIDDEN, "Nothing is disclosed for such a purpose"
    ),
    errors.OnHold: Problem("held", HTTPStatus.CONFLICT, "A hold stands, and preserves what is on record"),
    errors.NotFound: Problem("not-found", HTTPStatus.NOT_FOUND, "There is nothing here"),
    errors.MethodNotAllowed: Problem(
        "method-not-allowed", HTTPStatus.METHOD_NOT_ALLOWED, "The path has no such method"
    ),
    errors.InvalidToken: Problem("not-found", HTTPStatus.NOT_FOUND, "There is nothing here"),
    errors.NotJson: Problem("not-json", HTTPStatus.BAD_REQUEST, "The body is not JSON"),
    errors.InvalidRequest: Problem(
        "invalid-request", HTTPStatus.UNPROCESSABLE_ENTITY, "The request breaks the contract"
    ),
    errors.DependencyUnavailable: Problem(
        "unavailable",
        HTTPStatus.SERVICE_UNAVAILABLE,
        "Not available now; nothing is lost by a retry",
    ),
    errors.UnreadableRecord: Problem(
        "unavailable",
        HTTPStatus.SERVICE_UNAVAILABLE,
        "Not available now; nothing is lost by a retry",
    ),
}
"""Every failure that may reach the border of HTTP; a subclass answers as its base does."""


def problem_of(error: errors.HeedError) -> Problem | None:
    """The problem of a failure, by its class or the nearest base; None if it is none of HTTP's."""
    for kind in type(error).__mro__:
        if problem := PROBLEMS.get(kind):
            return problem
    return None


def problem_response(error: errors.HeedError) -> Response[str]:
    """A failure as `application/problem+json`; one that HTTP does not know crashes, as a bug."""
    problem = problem_of(error)
    if problem is None:
        raise error
    body: dict[str, object] = {
        "type": f"urn:heed:problem:{problem.name}",
        "title": problem.title,
        "status": int(problem.status),
        "detail": _detail(error),
    }
    if isinstance(error, errors.InvalidRequest):
        body["errors"] = [{"pointer": f.pointer, "detail": f.detail} for f in error.faults]
    return Response(
        status_code=int(problem.status),
        content_type="application/problem+json",
        headers={"Cache-Control": "no-store", **_headers(problem)},
        body=json.dumps(body),
    )


def _detail(error: errors.HeedError) -> str:
    """The first line of the class, or of its nearest base, in `heed.domain.errors`: what callers may read."""
    known = (kind for kind in type(error).__mro__ if kind.__module__ == errors.__name__)
    return (next(known).__doc__ or "").partition("\n")[0]


def _headers(problem: Problem) -> dict[str, str]:
    if problem.status is HTTPStatus.UNAUTHORIZED:
        return {"WWW-Authenticate": "Bearer"}
    if problem.status is HTTPStatus.SERVICE_UNAVAILABLE:
        return {"Retry-After": str(RETRY_AFTER)}
    return {}
