"""HTTP as API Gateway hands it to a function, and back: payload format 2.0 of an HTTP API.

Source of the rules: "Working with AWS Lambda proxy integrations for HTTP APIs", AWS's documentation,
and events captured from real HTTP APIs (events/). That `rawPath` is decoded, and cut at a question mark
that was encoded, is told by such captures too (github.com/middleapi/standard-server/pull/93).
"""

from __future__ import annotations

import base64
import json
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

from local.places import ACCOUNT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_TEXT = frozenset({"application/json", "application/xml", "application/javascript"})


@dataclass(frozen=True)
class Call:
    """One HTTP request: header names in lower case in the order of arrival, repeated ones kept."""

    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    source_ip: str
    protocol: str = "HTTP/1.1"


@dataclass(frozen=True)
class Reply:
    """One HTTP response; header names as the function gave them."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


def is_text(content_type: str) -> bool:
    """Whether API Gateway passes a body of this type as it is; every other one as base64."""
    media = content_type.partition(";")[0].strip().lower()
    return media.startswith("text/") or media in _TEXT or media.endswith(("+json", "+xml"))


def to_event(call: Call, route_key: str, parameters: Mapping[str, str], now: datetime) -> dict[str, Any]:
    """The event of a call on this route, with its path and path parameters decoded."""
    path = unquote(call.path).partition("?")[0]
    headers = _joined((name, value) for name, value in call.headers if name != "cookie")
    host, _, port = headers.get("host", "").partition(":")
    headers |= {
        "x-forwarded-for": _after(headers.get("x-forwarded-for"), call.source_ip),
        "x-forwarded-port": port or "80",
        "x-forwarded-proto": "http",
    }
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": route_key,
        "rawPath": path,
        "rawQueryString": call.query,
        "headers": headers,
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": "local",
            "domainName": host,
            "domainPrefix": host.partition(".")[0],
            "http": {
                "method": call.method,
                "path": path,
                "protocol": call.protocol,
                "sourceIp": call.source_ip,
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
    if cookies := _cookies(call):
        event["cookies"] = cookies
    if call.query:
        event["queryStringParameters"] = _joined(parse_qsl(call.query, keep_blank_values=True))
    if parameters:
        event["pathParameters"] = dict(parameters)
    if call.body:
        event |= _body(call.body, headers.get("content-type", ""))
    return event


def to_reply(answer: Any) -> Reply:  # noqa: ANN401 - whatever JSON a function returns
    """The response that API Gateway makes of a function's answer."""
    if not isinstance(answer, dict) or "statusCode" not in answer:
        whole = answer if isinstance(answer, str) else json.dumps(answer)
        return Reply(200, (("content-type", "application/json"),), whole.encode())
    headers = [(name, str(value)) for name, value in (answer.get("headers") or {}).items()]
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("content-type", "text/plain;charset=UTF-8"))
    headers += [("set-cookie", cookie) for cookie in answer.get("cookies") or ()]
    text = answer.get("body") or ""
    body = base64.b64decode(text) if answer.get("isBase64Encoded") else text.encode()
    return Reply(int(answer["statusCode"]), tuple(headers), body)


def _after(earlier: str | None, last: str) -> str:
    return f"{earlier}, {last}" if earlier else last


def _joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in pairs:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def _cookies(call: Call) -> list[str]:
    return [cookie.strip() for name, value in call.headers if name == "cookie" for cookie in value.split(";")]


def _body(body: bytes, content_type: str) -> dict[str, Any]:
    if is_text(content_type):
        return {"body": body.decode("utf-8", "replace"), "isBase64Encoded": False}
    return {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}
