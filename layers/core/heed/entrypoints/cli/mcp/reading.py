"""Reads from the API for the tools of an assistant. No route that changes anything can be called here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from mcp.server.mcpserver.exceptions import ToolError

from heed.entrypoints.cli import api
from heed.entrypoints.cli.failure import ApiRefused, CommandFailure
from heed.entrypoints.cli.stack import Stack

_READ_ROUTES = frozenset(
    {
        ("GET", "/v1/topics"),
        ("POST", "/v1/check"),
        ("POST", "/v1/recipients/lookup"),
        ("GET", "/v1/cases"),
        ("GET", "/v1/cases/{id}"),
    }
)
"""All routes that a tool may call. They are POST where a person is named, so that no URL has an address."""


class ToolFailure(ToolError):
    """A tool failed. The assistant gets the text, which names the remedy."""


@dataclass(frozen=True)
class ApiReader:
    """Calls the routes of the API that only read.

    Attributes:
        stack: The stack whose API it calls.
    """

    stack: Stack

    def post(self, route: str, body: Mapping[str, object]) -> Any:  # noqa: ANN401 - any JSON
        """Returns the answer to a POST.

        Raises:
            ToolFailure: The route is not one that only reads, or the API refused or did not answer.
        """
        _require_read_route("POST", route)
        try:
            return api.post_to_api(self.stack, route, body)
        except (ApiRefused, CommandFailure) as error:
            raise ToolFailure(str(error)) from error

    def get(self, route: str, *, id: str = "", query: Mapping[str, str] | None = None) -> Any:  # noqa: A002, ANN401 - as in the path; any JSON
        """Returns the answer to a GET.

        Args:
            route: The route, with `{id}` in place of an id.
            id: The id.
            query: The parameters of the query.

        Raises:
            ToolFailure: The route is not one that only reads, or the API refused or did not answer.
        """
        _require_read_route("GET", route)
        path = route.format(id=quote(id, safe="")) + (f"?{urlencode(query)}" if query else "")
        try:
            return api.get_from_api(self.stack, path)
        except (ApiRefused, CommandFailure) as error:
            raise ToolFailure(str(error)) from error


def _require_read_route(method: str, route: str) -> None:
    if (method, route) not in _READ_ROUTES:
        raise ToolFailure(f"an assistant may not call {method} {route}")
