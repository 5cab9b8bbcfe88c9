"""Generated requests from openapi.yaml: each answer conforms to the document, and no handler crashes."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import negative_data_rejection

from functions.agents import app as agents
from functions.cases import app as cases
from functions.jobs import app as jobs
from functions.platform import app as platform
from heed.domain.api_key import KeyScope
from tests.support.deployment import Context, deployed, http_event, parts
from tests.support.full import examples
from tests.support.openapi import document

pytest_plugins = ("schemathesis.pytest.plugin",)  # which no other process of the tests imports
SERVED = {path: app for app in (agents, cases, jobs, platform) for _, path in app.api.scopes}

Start = Callable[[str, list[tuple[str, str]]], Any]


def application(environ: dict[str, Any], start: Start) -> Iterable[bytes]:
    """A WSGI application that acts as API Gateway and Lambda."""
    headers = {
        name.removeprefix("HTTP_").replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    query = dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True))
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    path = environ["PATH_INFO"]
    event = http_event(environ["REQUEST_METHOD"], path, body=body or None, headers=headers, query=query)
    route = re.sub("^/v1/(purges|cases|jobs)/.*", r"/v1/\1/{id}", path, flags=re.DOTALL)
    answer = SERVED[route].handler(event, Context())
    status = HTTPStatus(answer["statusCode"])
    start(f"{status.value} {status.phrase}", list(answer["headers"].items()))
    return [answer["body"].encode()]


def narrowed() -> dict[str, Any]:
    """Returns the document with values that a schema cannot know: names of the sample brand, and the time."""
    whole = copy.deepcopy(document())
    schemas = whole["components"]["schemas"]
    scope = {"enum": ["*", "meridian", "offers", "meridian/news", "targeted-advertising"]}
    schemas["TopicName"] = {"enum": ["offers", "news", "meridian/events", "research"]}
    for links in ("LinksRequest", "ScrubRequest"):
        schemas[links]["properties"]["lang"] = {"enum": ["de", "en", "es", "fr", "ja"]}
    del schemas["LinksRequest"]["properties"]["refs"]  # as many as there are people
    schemas["AddressText"] = {"enum": ["jane.doe@example.com", "Jane <JANE@Example.com>"]}
    schemas["RecipientText"] = {"type": "string", "pattern": "^[0-9a-f]{32}$"}
    schemas["When"] = {"enum": ["2026-03-06", "2027-01-01T00:00:00+01:00"]}
    for choice in ("Change", "ImportRequest"):
        schemas[choice]["properties"]["scope"] = scope
    schemas["ImportRequest"]["properties"]["exported_at"] = {"enum": ["2026-03-04", "2026-03-05T01:00:00Z"]}
    schemas["ImportRequest"]["properties"]["zone"] = {"enum": ["UTC", "Europe/Berlin"]}
    schemas["Lift"]["properties"]["scope"] = {"enum": ["*", "meridian", "offers", "meridian/news"]}
    (ruling,) = whole["paths"]["/v1/cases/{id}"]["post"]["requestBody"]["content"].values()
    ruling["schema"]["properties"]["scope"] = scope
    days = {"from": {"enum": ["2026-03-01", "2026-02-28"]}, "to": {"enum": ["2026-03-04", "2026-03-05"]}}
    since = {"since": {"enum": ["2026-03-01", "2026-03-01T00:00:00Z"]}, "scope": scope}
    for path, known in (("/v1/suppressions", since), ("/v1/numbers", days)):
        operation = whole["paths"][path]["get"]
        operation["parameters"] = [
            {**parameter, "schema": known.get(parameter["name"], parameter["schema"])}
            for parameter in operation["parameters"]
            if parameter["name"] != "cursor"
        ]
    return whole


schema = schemathesis.openapi.from_dict(narrowed())
schema.app = application


@pytest.fixture(scope="module")
def key() -> Iterable[str]:
    with pytest.MonkeyPatch.context() as patch, deployed(patch):
        yield parts().api_keys.create("fuzz", "tests", list(KeyScope))[1]


@schema.parametrize()
@settings(examples(10), suppress_health_check=list(HealthCheck))
def test_each_answer_conforms_to_the_document(case: schemathesis.Case[Any], key: str) -> None:
    # A parameter without a value is not sent, so a request that is invalid only because of it is valid.
    unsent = any(value is None or value in ([], {}) for value in (case.query or {}).values())
    excluded = [negative_data_rejection] if unsent else []
    case.call_and_validate(headers={"Authorization": f"Bearer {key}"}, excluded_checks=excluded)
