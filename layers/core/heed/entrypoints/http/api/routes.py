"""The routes of the API under /v1: authentication, JSON requests and JSON answers.

The answer to each expected failure is `application/problem+json` (heed.entrypoints.http.api.problems), also
to an unknown path and to a wrong method. A bug is not an expected failure. It crashes the function, is
logged and raises an alarm, and the answer contains nothing about it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Protocol

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from heed.domain.api_key import ApiKey, KeyScope
from heed.domain.errors import (
    BrandNotAllowed,
    DependencyUnavailable,
    HeedError,
    MethodNotAllowed,
    NotFound,
    RequestFault,
    UnreadableRecord,
)
from heed.domain.milliseconds import Millis
from heed.domain.preferences.catalogue import Catalogue
from heed.entrypoints.http import request
from heed.entrypoints.http.api import problems
from heed.entrypoints.http.api.authentication import Authenticator
from heed.entrypoints.http.api.json_body import JsonReader, read_json_object
from heed.entrypoints.http.paths import is_path_of_route, to_resolver_path
from heed.entrypoints.observability import count_metric, logger


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """An authenticated request.

    Attributes:
        event: The event of Lambda, payload format 2.0.
        key: The API key of the caller.
        at: When the request arrived, in milliseconds.
        catalogue: The brands and topics that the key may use.
        parts: The values of the variable parts of the path, by name.
    """

    event: Mapping[str, Any]
    key: ApiKey
    at: Millis
    catalogue: Catalogue
    parts: Mapping[str, str] = field(default_factory=dict)

    def body(self) -> JsonReader:
        """Returns a reader of the body, which must be a JSON object.

        Raises:
            NotJson: The body is not JSON.
        """
        return read_json_object(request.read_body(self.event))


@dataclass(frozen=True, slots=True)
class ApiResponse:
    """An answer whose status is not 200."""

    body: Mapping[str, object]
    status: HTTPStatus


_WHOLE_ROUTE = RequestFault("", "this path needs a key of all brands", is_brand_refused=True)

RouteHandler = Callable[[ApiRequest], "Mapping[str, object] | ApiResponse"]


class ApiParts(Protocol):
    """The parts of a deployment that each route needs."""

    @property
    def authenticator(self) -> Authenticator:
        """Accepts requests by their API key."""
        ...

    @property
    def catalogue(self) -> Catalogue:
        """The brands and topics."""
        ...


class ApiRoutes:
    """The routes of one function under /v1.

    Args:
        parts: Returns the parts of the deployment. It is called for a request, never at import.
    """

    def __init__(self, parts: Callable[[], ApiParts]) -> None:
        self._parts = parts
        # The debug mode is off in any environment, because it prints events and answers with traces.
        self._app = APIGatewayHttpResolver(debug=False)
        self._app.exception_handler(HeedError)(_to_problem_response)
        self._app.not_found(self._answer_unknown_route)
        self.scopes: dict[tuple[str, str], frozenset[KeyScope]] = {}

    def route(
        self, method: str, path: str, *scopes: KeyScope, by_brand: bool = False
    ) -> Callable[[RouteHandler], RouteHandler]:
        """Decorates a handler: it serves a route to keys that have one of the scopes.

        A variable part of the path has the form `{name}` (heed.entrypoints.http.paths). A key that is limited
        to brands is accepted only with `by_brand`. The handler must then use the catalogue of the request.
        """

        def decorate(handle: RouteHandler) -> RouteHandler:
            self.scopes[method, path] = frozenset(scopes)

            def respond(**parts: str) -> Response[str]:
                event = self._app.current_event.raw_event
                at = request.arrived_at(event)
                heed = self._parts()
                key = heed.authenticator.authenticate(request.read_header(event, "authorization"), scopes, at)
                if key.brands.is_limited and not by_brand:
                    raise BrandNotAllowed([_WHOLE_ROUTE])
                catalogue = key.brands.narrow(heed.catalogue)
                return _to_json_response(handle(ApiRequest(event, key, at, catalogue, parts)))

            self._app.route(to_resolver_path(path), method=method)(respond)
            return handle

        return decorate

    def __call__(self, event: dict[str, Any], context: object) -> dict[str, Any]:
        """Answers one HTTP request, in payload format 2.0 or 1.0."""
        return self._app.resolve(request.to_payload_2(event), context)  # type: ignore[arg-type]

    def _answer_unknown_route(self, _: Exception) -> Response[str]:
        requested = self._app.current_event.path
        allowed = sorted(method for method, path in self.scopes if is_path_of_route(path, requested))
        if not allowed or self._app.current_event.http_method in allowed:  # characters that no id has
            return _to_problem_response(NotFound("no such path"))
        response = _to_problem_response(MethodNotAllowed("no such method"))
        response.headers["Allow"] = ", ".join(allowed)
        return response


def _to_problem_response(error: HeedError) -> Response[str]:
    if isinstance(error, (DependencyUnavailable, UnreadableRecord)):
        count_metric("ApiUnavailable")
        logger.warning("unavailable", error=type(error).__name__)
    return problems.problem_response(error)


def _to_json_response(answer: Mapping[str, object] | ApiResponse) -> Response[str]:
    body, status = (
        (answer.body, answer.status) if isinstance(answer, ApiResponse) else (answer, HTTPStatus.OK)
    )
    return Response(
        status_code=int(status),
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
        body=json.dumps(body, separators=(",", ":"), allow_nan=False),
    )
