"""Converts HTTP requests to API Gateway events and answers to HTTP responses (payload format 2.0).

The rules come from AWS's documentation, "Working with AWS Lambda proxy integrations for HTTP APIs", and from
captured events of real HTTP APIs (events/). Captures also show that `rawPath` is decoded and ends before an
encoded question mark (github.com/middleapi/standard-server/pull/93).
"""

from __future__ import annotations

import base64
import json
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

from starlette.responses import Response

from local.places import ACCOUNT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_TEXT_TYPES = frozenset({"application/json", "application/xml", "application/javascript"})


@dataclass(frozen=True)
class HttpRequest:
    """An HTTP request. Header names are in lower case; order and repeated headers are kept."""

    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    source_ip: str
    protocol: str = "HTTP/1.1"


def is_text_body(content_type: str) -> bool:
    """Returns whether API Gateway passes a body of this type as text. It encodes other bodies as base64."""
    media_type = content_type.partition(";")[0].strip().lower()
    return (
        media_type.startswith("text/") or media_type in _TEXT_TYPES or media_type.endswith(("+json", "+xml"))
    )


def to_event(
    request: HttpRequest, route_key: str, parameters: Mapping[str, str], now: datetime
) -> dict[str, Any]:
    """Returns the event for a request on a route, with the decoded path and path parameters."""
    path = unquote(request.path).partition("?")[0]
    headers = _join_repeated((name, value) for name, value in request.headers if name != "cookie")
    host, _, port = headers.get("host", "").partition(":")
    headers |= {
        "x-forwarded-for": ", ".join(filter(None, [headers.get("x-forwarded-for"), request.source_ip])),
        "x-forwarded-port": port or "80",
        "x-forwarded-proto": "http",
    }
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": route_key,
        "rawPath": path,
        "rawQueryString": request.query,
        "headers": headers,
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": "local",
            "domainName": host,
            "domainPrefix": host.partition(".")[0],
            "http": {
                "method": request.method,
                "path": path,
                "protocol": request.protocol,
                "sourceIp": request.source_ip,
                "userAgent": headers.get("user-agent", ""),
            },
            "requestId": uuid.uuid4().hex,
            "routeKey": route_key,
            "stage": "$default",
            "time": now.astimezone(UTC).strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "timeEpoch": int(now.timestamp() * 1000),
        },
        "isBase64Encoded": False,
    }
    if cookies := _split_cookies(request):
        event["cookies"] = cookies
    if request.query:
        event["queryStringParameters"] = _join_repeated(parse_qsl(request.query, keep_blank_values=True))
    if parameters:
        event["pathParameters"] = dict(parameters)
    if request.body:
        event |= _encode_body(request.body, headers.get("content-type", ""))
    return event


def to_response(answer: Any) -> Response:  # noqa: ANN401 - any JSON
    """Returns the response that API Gateway makes from a function's answer."""
    if not isinstance(answer, dict) or "statusCode" not in answer:
        content = answer if isinstance(answer, str) else json.dumps(answer)
        return Response(content, media_type="application/json")
    text = answer.get("body") or ""
    body = base64.b64decode(text) if answer.get("isBase64Encoded") else text
    response = Response(body, int(answer["statusCode"]))
    for name, value in (answer.get("headers") or {}).items():
        response.headers.append(name, str(value))
    response.headers.setdefault("content-type", "text/plain;charset=UTF-8")
    for cookie in answer.get("cookies") or ():
        response.headers.append("set-cookie", cookie)
    return response


def _join_repeated(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in pairs:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def _split_cookies(request: HttpRequest) -> list[str]:
    return [
        cookie.strip() for name, value in request.headers if name == "cookie" for cookie in value.split(";")
    ]


def _encode_body(body: bytes, content_type: str) -> dict[str, Any]:
    if is_text_body(content_type):
        return {"body": body.decode("utf-8", "replace"), "isBase64Encoded": False}
    return {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}
