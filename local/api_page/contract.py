"""Reads what the page about the API says from the files of the project."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from heed.domain.jobs.job_limits import MAX_JOBS_A_DAY, MAX_OPEN_JOBS
from local.api_page.fields import Body, Field, Schemas, list_links

ROOT = Path(__file__).parents[2]
_METHODS = ("get", "post")
_PROBLEM = "application/problem+json"


@dataclass(frozen=True)
class Throttle:
    """How many requests of all clients together API Gateway lets through."""

    rate: int
    burst: int


@dataclass(frozen=True)
class Answer:
    """An answer of a route.

    Attributes:
        status: The HTTP status.
        description: What it means, in Markdown.
        problems: The names of the errors that it may have.
        body: Its body, or None if it is an error.
        example: The text of an example of it, or "".
    """

    status: str
    description: str
    problems: tuple[str, ...]
    body: Body | None
    example: str


@dataclass(frozen=True)
class Operation:
    """A route of the API."""

    name: str
    method: str
    path: str
    summary: str
    description: str
    scopes: tuple[str, ...]
    throttle: Throttle
    parameters: tuple[Field, ...]
    body: Body | None
    example: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True)
class ErrorCode:
    """An error of the API, as docs/reference/errors.md lists it."""

    name: str
    status: str
    advice: str
    example: str


@dataclass(frozen=True)
class Group:
    """The routes for one kind of callers."""

    name: str
    title: str
    operations: tuple[Operation, ...]


class _Loader(yaml.CSafeLoader):
    """Loads a SAM template without what only a deployment knows: `!Ref X` becomes None."""


_Loader.add_multi_constructor("!", lambda *_: None)


class Contract:
    """The contract of `/v1`, and its numbers."""

    def __init__(self, root: Path = ROOT) -> None:
        """Reads openapi.yaml, template.yaml and docs/reference/errors.md below a folder."""
        self._document = _load(root / "openapi.yaml")
        self._template = _load(root / "template.yaml")
        self._errors = (root / "docs" / "reference" / "errors.md").read_text("utf-8")
        self._schemas = Schemas(self._document)

    @cached_property
    def sections(self) -> dict[str, str]:
        """The general part: the Markdown of each section by its title."""
        parts = re.split(r"^\*\*(.+?)\.\*\* ", self._document["info"]["description"], flags=re.MULTILINE)
        return dict(zip(parts[1::2], parts[2::2], strict=True))

    @cached_property
    def introduction(self) -> str:
        """The text before the sections."""
        return str(self._document["info"]["description"].partition("\n\n**")[0])

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """All routes, grouped by their tags."""
        operations = [
            (operation["tags"][0], self._read_operation(method.upper(), path, operation))
            for path, item in self._document["paths"].items()
            for method, operation in item.items()
            if method in _METHODS
        ]
        return tuple(
            Group(
                tag["name"],
                tag["description"],
                tuple(each for name, each in operations if name == tag["name"]),
            )
            for tag in self._document["tags"]
        )

    @cached_property
    def objects(self) -> dict[str, Body]:
        """The objects to which several bodies refer, by name."""
        bodies = [
            body
            for group in self.groups
            for operation in group.operations
            for body in (operation.body, *(answer.body for answer in operation.answers))
            if body is not None
        ]
        return self._schemas.describe_shared({link for body in bodies for link in list_links(body)})

    @cached_property
    def errors(self) -> tuple[ErrorCode, ...]:
        """All errors in the order of their page, each with an example if openapi.yaml has one."""
        examples = self._document["components"]["examples"]
        return tuple(
            ErrorCode(name, status, advice, _format_json(examples[name]["value"]) if name in examples else "")
            for name, status, advice in re.findall(
                r"^\| `([\w-]+)` \| (\d+) \| (.+) \|$", self._errors, re.MULTILINE
            )
        )

    @cached_property
    def throttle(self) -> Throttle:
        """The throttle of a route that has none of its own."""
        return _read_throttle(self._api["DefaultRouteSettings"])

    @cached_property
    def limits(self) -> dict[str, str]:
        """What the API limits, with the numbers of this version."""
        schemas = self._document["components"]["schemas"]
        parameters = self._template["Parameters"]
        people, changes = (
            schemas["Addresses"]["maxItems"],
            schemas["Changes"]["properties"]["changes"]["maxItems"],
        )
        mails, reports = (parameters[name]["Default"] for name in ("KeyMailsPerDay", "MinorReportsPerKey"))
        rate, burst = self.throttle.rate, self.throttle.burst
        return {
            "The body of a request": "10 MB. Beyond it API Gateway answers 413.",
            "People in one `/v1/check` or `/v1/links`": f"{people:,}",
            "Changes in one `/v1/changes`": f"{changes:,}",
            "Requests to a route, of all clients together": (
                f"{rate:,} per second, in bursts of {burst:,}, unless the route says otherwise. Beyond it "
                "API Gateway answers 429."
            ),
            "Confirmation mails that a key causes on a day": (
                f"{int(mails):,} for opt-ins and as many for opt-outs (`KeyMailsPerDay`). More wait for the "
                "next day."
            ),
            "Minors that a key without the scope `privacy` reports on a day": (
                f"{int(reports):,} (`MinorReportsPerKey`). More wait for a privacy officer."
            ),
            "Jobs of an owner": (
                f"{MAX_OPEN_JOBS:,} that have not ended, and {MAX_JOBS_A_DAY:,} within a day. Beyond it Heed "
                "answers 429."
            ),
            "The file of a job": "5 GiB",
        }

    @cached_property
    def _api(self) -> Mapping[str, Any]:
        api: Mapping[str, Any] = self._template["Resources"]["HttpApi"]["Properties"]
        return api

    def _read_operation(self, method: str, path: str, operation: Mapping[str, Any]) -> Operation:
        own = self._api["RouteSettings"].get(f"{method} {path}")
        request = operation.get("requestBody", {}).get("content", {}).get("application/json")
        return Operation(
            operation["operationId"],
            method,
            path,
            operation["summary"],
            operation.get("description", ""),
            tuple(scope for each in operation["security"] for scope in each["apiKey"]),
            self.throttle if own is None else _read_throttle(own),
            tuple(self._schemas.describe_parameter(each) for each in operation.get("parameters", ())),
            self._schemas.describe_body(request["schema"]) if request else None,
            _format_request(method, path, operation),
            tuple(self._read_answer(status, answer) for status, answer in operation["responses"].items()),
        )

    def _read_answer(self, status: str, answer: Mapping[str, Any]) -> Answer:
        if "$ref" in answer:
            answer = self._document["components"]["responses"][answer["$ref"].rpartition("/")[2]]
        ((kind, content),) = answer["content"].items()
        if kind == _PROBLEM:
            return Answer(status, answer["description"], tuple(content.get("examples", ())), None, "")
        example = _format_json(content["example"]) if "example" in content else ""
        return Answer(
            status, answer["description"], (), self._schemas.describe_body(content["schema"]), example
        )


def _load(path: Path) -> Mapping[str, Any]:
    loaded: Mapping[str, Any] = yaml.load(path.read_text("utf-8"), _Loader)  # noqa: S506 - a SafeLoader
    return loaded


def _read_throttle(settings: Mapping[str, int]) -> Throttle:
    return Throttle(settings["ThrottlingRateLimit"], settings["ThrottlingBurstLimit"])


def _format_request(method: str, path: str, operation: Mapping[str, Any]) -> str:
    """Returns the text of the example request of a route."""
    parameters = [each for each in operation.get("parameters", ()) if "example" in each]
    for parameter in parameters:
        path = path.replace(f"{{{parameter['name']}}}", str(parameter["example"]))
    query = "&".join(f"{each['name']}={each['example']}" for each in parameters if each["in"] == "query")
    lines = [f"{method} {path}{'?' if query else ''}{query}", "Authorization: Bearer heed_…"]
    if "requestBody" in operation:
        example = operation["requestBody"]["content"]["application/json"]["example"]
        lines += ["Content-Type: application/json", "", _format_json(example)]
    return "\n".join(lines)


def _format_json(value: object) -> str:
    """Returns JSON with a line for each member, and short values on one line."""
    return "\n".join(_lines(value, 0))


def _lines(value: object, depth: int) -> Iterator[str]:
    short = json.dumps(value, ensure_ascii=False)
    if not value or not isinstance(value, dict | list) or len(short) + depth <= 76:
        yield short
        return
    is_object = isinstance(value, dict)
    members = list(value.items()) if isinstance(value, dict) else [("", each) for each in value]
    yield "{" if is_object else "["
    for number, (name, member) in enumerate(members, 1):
        first, *rest = _lines(member, depth + 2)
        label = f"{json.dumps(name, ensure_ascii=False)}: " if is_object else ""
        *before, last = [f"  {label}{first}", *(f"  {line}" for line in rest)]
        yield from before
        yield last if number == len(members) else f"{last},"
    yield "}" if is_object else "]"
