"""The paths of routes, whose variable parts have the form `{name}`, as in openapi.yaml and template.yaml."""

from __future__ import annotations

import re

_VARIABLE = re.compile(r"\{([a-z]+)\}")


def to_resolver_path(path: str) -> str:
    """Returns a path in the form of Powertools, whose variable parts have the form `<name>`."""
    return _VARIABLE.sub(r"<\1>", path)


def is_path_of_route(path: str, requested: str) -> bool:
    """Returns whether the path of a request is the path of a route, which may have variable parts."""
    return re.fullmatch(_VARIABLE.sub("[^/]+", path), requested) is not None
