"""What every function under /v1 shares: routes with the scopes they ask for, JSON in and out.

Every failure is `application/problem+json` (heed.entrypoints.http.api.problems), an unknown path and a wrong
method too. A bug is none of them: it crashes, is logged and alarmed, and tells the caller nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from heed.domain.api_key import ApiKey, KeyScope
from heed.domain.errors import (
    DependencyUnavailable,
    HeedError,
    MethodNotAllowed,
    NotFound,
    UnreadableRecord,
)
from heed.entrypoints.http import request
from heed.entrypoints.http.api import problems
from heed.entrypoints.http.api.authentication import Authenticator
from heed.entrypoints.http.api.json_body import JsonReader, read_json_object
from heed.entrypoints.observability import count_metric, logger

_VARIABLE = re.compile(r"\{([a-z]+)\}")


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """A request that was let in.

    Attributes:
        event: of Lambda, payload format 2.0.
        key: whose request it is.
        at: when it arrived, milliseconds.
        parts: what stands in the variable parts of the path, by name.
    """

    event: Mapping[str, Any]
    key: ApiKey
    at: int
    parts: Mapping[str, str] = field(default_factory=dict)

    def body(self) -> JsonReader:
        """The body, which must be a JSON object.

        Raises:
            NotJson: it is not JSON.
        """
        return read_json_object(request.read_body(self.event))


@dataclass(frozen=True, slots=True)
class ApiResponse:
    """An answer with a status other than 200."""

    body: Mapping[str, object]
    status: HTTPStatus


RouteHandler = Callable[[ApiRequest], "Mapping[str, object] | ApiResponse"]


class ApiRoutes:
    """The routes of one function under /v1; `gate` gives who lets requests in, when the first comes."""

    def __init__(self, gate: Callable[[], Authenticator]) -> None:
        self._gate = gate
        # Off, whatever the environment says: its debug mode prints events and answers with traces.
        self._app = APIGatewayHttpResolver(debug=False)
        self._app.exception_handler(HeedError)(_problem)
        self._app.not_found(self._unrouted)
        self.scopes: dict[tuple[str, str], frozenset[KeyScope]] = {}

    def route(self, method: str, path: str, *scopes: KeyScope) -> Callable[[RouteHandler], RouteHandler]:
        """Serve a route to keys that have one of the scopes; what is returned is answered as JSON.

        A variable part of the path is written `{name}`, as in openapi.yaml and template.yaml.
        """

        def serve(answer: RouteHandler) -> RouteHandler:
            self.scopes[method, path] = frozenset(scopes)

            def respond(**parts: str) -> Response[str]:
                event = self._app.current_event.raw_event
                at = request.arrived_at(event)
                key = self._gate().authenticate(request.read_header(event, "authorization"), scopes, at)
                return _json(answer(ApiRequest(event, key, at, parts)))

            self._app.route(_VARIABLE.sub(r"<\1>", path), method=method)(respond)
            return answer

        return serve

    def __call__(self, event: dict[str, Any], context: object) -> dict[str, Any]:
        """Answer one HTTP request, payload format 2.0 (or 1.0)."""
        return self._app.resolve(request.as_payload_2(event), context)  # type: ignore[arg-type]

    def _unrouted(self, _: Exception) -> Response[str]:
        here = self._app.current_event.path
        allowed = sorted(method for method, path in self.scopes if _is_at(path, here))
        if not allowed or self._app.current_event.http_method in allowed:  # no id has such signs
            return _problem(NotFound("no such path"))
        refused = _problem(MethodNotAllowed("no such method"))
        refused.headers["Allow"] = ", ".join(allowed)
        return refused


def _problem(error: HeedError) -> Response[str]:
    if isinstance(error, (DependencyUnavailable, UnreadableRecord)):
        count_metric("ApiUnavailable")
        logger.warning("unavailable", error=type(error).__name__)
    return problems.problem_response(error)


def _is_at(path: str, here: str) -> bool:
    """Whether a route's path, with its variable parts, is the path of a request."""
    return re.fullmatch(_VARIABLE.sub("[^/]+", path), here) is not None


def _json(answer: Mapping[str, object] | ApiResponse) -> Response[str]:
    body, status = (
        (answer.body, answer.status) if isinstance(answer, ApiResponse) else (answer, HTTPStatus.OK)
    )
    return Response(
        status_code=int(status),
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
        body=json.dumps(body, separators=(",", ":"), allow_nan=False),
    )
