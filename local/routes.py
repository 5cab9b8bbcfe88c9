"""Reads the routes of the HTTP API from the translated template, and matches requests."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from starlette.routing import compile_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_ANY_METHOD = "X-AMAZON-APIGATEWAY-ANY-METHOD"
_DEFAULT = "/$default"
_TARGET = re.compile(r"functions/\$\{(\w+)\.Arn\}/invocations$")


@dataclass(frozen=True)
class Route:
    """A route of the HTTP API.

    Attributes:
        method: The HTTP method, or ANY for all methods.
        path: The path, such as `/u/{token}`, or `$default` for all other paths.
        function: The logical id of the function that answers.
    """

    method: str
    path: str
    function: str

    @property
    def key(self) -> str:
        """The route key of API Gateway: `GET /u/{token}` or `$default`."""
        return self.path if self.is_default else f"{self.method} {self.path}"

    @property
    def is_default(self) -> bool:
        """Whether the route gets all requests that no other route matches."""
        return self.path == "$default"

    @property
    def rank(self) -> tuple[bool, bool, bool]:
        """The sort key for matching: exact paths, greedy paths, the default. A named method comes first."""
        return self.is_default, self.path.endswith("+}"), self.method == "ANY"


def read_routes(template: Mapping[str, Any]) -> tuple[Route, ...]:
    """Returns all routes of the HTTP API in a translated template. The API of the desk alone has no body."""
    return tuple(
        _to_route(method.upper(), path, _find_function(operation))
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::ApiGatewayV2::Api"
        for path, operations in resource["Properties"].get("Body", {"paths": {}})["paths"].items()
        for method, operation in operations.items()
    )


def _to_route(method: str, path: str, function: str) -> Route:
    method = "ANY" if method == _ANY_METHOD else method
    return Route(method, "$default" if path == _DEFAULT else path, function)


def _find_function(operation: Mapping[str, Any]) -> str:
    uri = operation["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"]
    target = _TARGET.search(uri)
    if target is None:
        raise ValueError(f"not a Lambda integration: {uri}")
    return target[1]


def match_route(known: Iterable[Route], method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    """Returns the route of a request and its decoded path parameters, or None if API Gateway answers 404.

    The path is decoded before it is split, so `%2F` counts as a slash. A parameter is one segment that is not
    empty. A greedy parameter, `{name+}`, is the rest of the path, which may be empty after the slash.
    """
    path = unquote(path)
    candidates = (route for route in known if route.method in (method, "ANY"))
    for route in sorted(candidates, key=lambda route: route.rank):
        if route.is_default:
            return route, {}
        pattern, _, _ = compile_path(route.path.replace("+}", ":path}"))
        if matched := pattern.fullmatch(path):
            return route, matched.groupdict()
    return None
