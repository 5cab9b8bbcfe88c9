"""Checks responses against openapi.yaml.

The check is stricter than that of a client: a response must not have members that the document does not name.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator, FormatChecker

PATH = Path(__file__).parents[2] / "openapi.yaml"

Answer = dict[str, Any]


@functools.cache
def document() -> dict[str, Any]:
    """Returns the whole document."""
    parsed: dict[str, Any] = yaml.load(PATH.read_text(), yaml.CSafeLoader)
    return parsed


def operations() -> dict[tuple[str, str], dict[str, Any]]:
    """Returns all operations by method and path."""
    return {
        (method.upper(), path): operation
        for path, item in document()["paths"].items()
        for method, operation in item.items()
        if method in ("get", "post", "put", "patch", "delete")
    }


def scopes(operation: dict[str, Any]) -> set[str]:
    """Returns the scopes of an operation. A key needs one of them."""
    return {scope for requirement in operation["security"] for scope in requirement["apiKey"]}


def check_response(method: str, path: str, answer: Answer) -> Any:
    """Checks the status, the headers and the body of a response, and returns its body."""
    response = _resolve(operations()[method, path]["responses"][str(answer["statusCode"])])
    ((content_type, media),) = response["content"].items()
    assert answer["headers"]["Content-Type"] == content_type
    assert answer["headers"]["Cache-Control"] == "no-store"
    assert not answer.get("cookies")
    for name, header in response.get("headers", {}).items():
        validator(header["schema"]).validate(answer["headers"][name])
    body = json.loads(answer["body"])
    validator(media["schema"]).validate(body)
    return body


def _resolve(node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        steps = node["$ref"].removeprefix("#/").split("/")
        node = functools.reduce(lambda member, step: member[step], steps, document())
    return node


def validator(schema: dict[str, Any]) -> Draft202012Validator:
    """Returns a validator for a schema of openapi.yaml."""
    closed_schema = {**_without_extra_members(schema), "components": _closed_components()}
    return Draft202012Validator(closed_schema, format_checker=FormatChecker())


@functools.cache
def _closed_components() -> dict[str, Any]:
    components: dict[str, Any] = _without_extra_members(document()["components"])
    return components


def _without_extra_members(node: Any) -> Any:
    """Returns a copy of a schema whose objects allow no additional members."""
    if isinstance(node, list):
        return [_without_extra_members(item) for item in node]
    if not isinstance(node, dict):
        return node
    closed = {name: _without_extra_members(value) for name, value in node.items()}
    if node.get("type") == "object" and "properties" in node:
        closed.setdefault("additionalProperties", False)
    return closed
