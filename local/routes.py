"""The HTTP API's routes, read from the body that the translation gives it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_ANY = "X-AMAZON-APIGATEWAY-ANY-METHOD"
_DEFAULT = "/$default"
_TARGET = re.compile(r"functions/\$\{(\w+)\.Arn\}/invocations$")


@dataclass(frozen=True)
class Route:
    """A method and a path (`/u/{token}`), and the logical id of the function that answers.

    The method ANY stands for each; the path `$default` for every other.
    """

    method: str
    path: str
    function: str

    @property
    def key(self) -> str:
        """API Gateway's own name for it: `GET /u/{token}`, or `$default`."""
        return self.path if self.is_default else f"{self.method} {self.path}"

    @property
    def is_default(self) -> bool:
        """Whether it takes what no other route matches."""
        return self.path == "$default"

    @property
    def rank(self) -> tuple[bool, bool, bool]:
        """The order of choice: whole paths, then greedy ones, then the default; a named method first."""
        return self.is_default, self.path.endswith("+}"), self.method == "ANY"


def routes(template: Mapping[str, Any]) -> tuple[Route, ...]:
    """Every route of every HTTP API in a translated template."""
    return tuple(
        _route(method.upper(), path, _function(operation))
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::ApiGatewayV2::Api"
        for path, operations in resource["Properties"]["Body"]["paths"].items()
        for method, operation in operations.items()
    )


def _route(method: str, path: str, function: str) -> Route:
    method = "ANY" if method == _ANY else method
    return Route(method, "$default" if path == _DEFAULT else path, function)


def _function(operation: Mapping[str, Any]) -> str:
    uri = operation["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"]
    found = _TARGET.search(uri)
    if found is None:
        raise ValueError(f"not a Lambda integration: {uri}")
    return found[1]


def match(known: Iterable[Route], method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    """The route of a request, with its decoded path parameters; None where API Gateway says 404.

    A path is decoded, then split: `%2F` separates like a slash. A parameter is one segment, not empty;
    `{name+}` takes the rest of the path, even nothing after its slash.
    """
    parts = unquote(path).split("/")
    for route in sorted((r for r in known if r.method in (method, "ANY")), key=lambda r: r.rank):
        found = {} if route.is_default else _parameters(route.path.split("/"), parts)
        if found is not None:
            return route, found
    return None


def _parameters(pattern: list[str], parts: list[str]) -> dict[str, str] | None:
    if pattern[-1].endswith("+}") and len(parts) >= len(pattern):
        split = len(pattern) - 1
        parts = [*parts[:split], "/".join(parts[split:])]
    if len(pattern) != len(parts):
        return None
    found = {}
    for known, part in zip(pattern, parts, strict=True):
        if known.startswith("{") and (part or known.endswith("+}")):
            found[known.strip("{+}")] = part
        elif known != part:
            return None
    return found
