"""openapi.yaml, to hold answers against: more strictly than a client may, for ours may not add unsaid."""

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
    """The whole document."""
    parsed: dict[str, Any] = yaml.load(PATH.read_text(), yaml.CSafeLoader)
    return parsed


def operations() -> dict[tuple[str, str], dict[str, Any]]:
    """Every operation, by method and path."""
    return {
        (method.upper(), path): operation
        for path, item in document()["paths"].items()
        for method, operation in item.items()
        if method in ("get", "post", "put", "patch", "delete")
    }


def scopes(operation: dict[str, Any]) -> set[str]:
    """The scopes of which a key needs one."""
    return {scope for way in operation["security"] for scope in way["apiKey"]}


def hold(method: str, path: str, answer: Answer) -> Any:
    """The answer's body, once its status, headers and body are what the document says."""
    response = _resolved(operations()[method, path]["responses"][str(answer["statusCode"])])
    ((content_type, media),) = response["content"].items()
    assert answer["headers"]["Content-Type"] == content_type
    assert answer["headers"]["Cache-Control"] == "no-store"
    assert not answer.get("cookies")
    for name, header in response.get("headers", {}).items():
        validator(header["schema"]).validate(answer["headers"][name])
    body = json.loads(answer["body"])
    validator(media["schema"]).validate(body)
    return body


def _resolved(node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        steps = node["$ref"].removeprefix("#/").split("/")
        node = functools.reduce(lambda found, step: found[step], steps, document())
    return node


def validator(schema: dict[str, Any]) -> Draft202012Validator:
    """What holds a document against a schema of openapi.yaml."""
    whole = {**_closed(schema), "components": _closed(document()["components"])}
    return Draft202012Validator(whole, format_checker=FormatChecker())


def _closed(node: Any) -> Any:
    """A schema in which no object has members that the document does not name."""
    if isinstance(node, list):
        return [_closed(item) for item in node]
    if not isinstance(node, dict):
        return node
    closed = {name: _closed(value) for name, value in node.items()}
    if node.get("type") == "object" and "properties" in node:
        closed.setdefault("additionalProperties", False)
    return closed
