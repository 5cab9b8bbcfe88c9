"""What every function under /v1 shares: routes with the scopes they ask for, JSON in and out.

Every failure is `application/problem+json` (heed.edge.problems), an unknown path and a wrong method
too. A bug is none of them: it crashes, is logged and alarmed, and tells the caller nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from heed.domain.api_key import ApiKey, KeyScope
from heed.domain.errors import HeedError, MethodNotAllowed, NotFound, Unavailable, UnreadableRecord
from heed.edge import problems, request
from heed.edge.api_keys import Gate
from heed.edge.body import Reader, read
from heed.edge.observability import count, logger


@dataclass(frozen=True, slots=True)
class Call:
    """A request that was let in.

    Attributes:
        event: of Lambda, payload format 2.0.
        key: whose request it is.
        at: when it arrived, milliseconds.
    """

    event: Mapping[str, Any]
    key: ApiKey
    at: int

    def body(self) -> Reader:
        """The body, which must be a JSON object.

        Raises:
            NotJson: it is not JSON.
        """
        return read(request.body(self.event))


Answer = Callable[[Call], Mapping[str, object]]


class Api:
    """The routes of one function under /v1; `gate` gives who lets requests in, when the first comes."""

    def __init__(self, gate: Callable[[], Gate]) -> None:
        self._gate = gate
        # Off, whatever the environment says: its debug mode prints events and answers with traces.
        self._app = APIGatewayHttpResolver(debug=False)
        self._app.exception_handler(HeedError)(_problem)
        self._app.not_found(self._unrouted)
        self.scopes: dict[tuple[str, str], frozenset[KeyScope]] = {}

    def route(self, method: str, path: str, *scopes: KeyScope) -> Callable[[Answer], Answer]:
        """Serve a route to keys that have one of the scopes; what is returned is answered as JSON."""

        def serve(answer: Answer) -> Answer:
            self.scopes[method, path] = frozenset(scopes)

            def respond() -> Response[str]:
                event = self._app.current_event.raw_event
                at = request.at(event)
                key = self._gate().admit(request.header(event, "authorization"), scopes, at)
                return _json(answer(Call(event, key, at)))

            self._app.route(path, method=method)(respond)
            return answer

        return serve

    def __call__(self, event: dict[str, Any], context: object) -> dict[str, Any]:
        """Answer one HTTP request, payload format 2.0 (or 1.0)."""
        return self._app.resolve(request.as_payload_2(event), context)  # type: ignore[arg-type]

    def _unrouted(self, _: Exception) -> Response[str]:
        here = self._app.current_event.path
        allowed = sorted(method for method, path in self.scopes if path == here)
        if not allowed:
            return _problem(NotFound("no such path"))
        refused = _problem(MethodNotAllowed("no such method"))
        refused.headers["Allow"] = ", ".join(allowed)
        return refused


def _problem(error: HeedError) -> Response[str]:
    if isinstance(error, (Unavailable, UnreadableRecord)):
        count("ApiUnavailable")
        logger.warning("unavailable", error=type(error).__name__)
    return problems.answer(error)


def _json(body: Mapping[str, object]) -> Response[str]:
    return Response(
        status_code=int(HTTPStatus.OK),
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
        body=json.dumps(body, separators=(",", ":"), allow_nan=False),
    )
