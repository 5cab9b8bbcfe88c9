"""An HTTP request as Lambda hands it over, read forgivingly."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from heed.domain.links.link_token import URL_LENGTH

_CUT = ("/u/", "/p/")  # links whose token has one length; that of a confirmation has several
_LINKS = (*_CUT, "/c/")
_AHEAD = ("sec-purpose", "purpose", "x-purpose", "x-moz")  # what a browser says that loads ahead


def as_payload_2(event: dict[str, Any]) -> dict[str, Any]:
    """The event in payload format 2.0; one of format 1.0 (a REST API, an older mapping) translated."""
    if "requestContext" not in event or "http" in event["requestContext"]:
        return event
    context = event["requestContext"]
    headers: dict[str, str] = {}
    for name, value in (event.get("headers") or {}).items():
        headers[name.lower()] = value
    for name, values in (event.get("multiValueHeaders") or {}).items():
        headers[name.lower()] = ",".join(values)
    return {
        "version": "2.0",
        "rawPath": event["path"],
        "rawQueryString": "",
        "headers": headers,
        "queryStringParameters": event.get("queryStringParameters") or {},
        "pathParameters": event.get("pathParameters") or {},
        "requestContext": {
            "http": {
                "method": event["httpMethod"],
                "path": event["path"],
                "sourceIp": context.get("identity", {}).get("sourceIp", ""),
            },
            "domainName": context.get("domainName", ""),
            "requestId": context.get("requestId", ""),
            "stage": "$default",
            "timeEpoch": context["requestTimeEpoch"],
        },
        "body": event.get("body"),
        "isBase64Encoded": event.get("isBase64Encoded", False),
    }


def without_token_suffix(event: dict[str, Any]) -> dict[str, Any]:
    """The request with the bare token in its path, of an event of payload format 2.0.

    Mail programs and people percent-encode a link and glue something behind it: a full stop, a bracket,
    words, parameters. The token is what stands first, decoded; whether it is one, its tag decides. Some
    fronts hand a path over as it was sent, and decode only its parameters: those come first. Twice, for
    a link that was encoded once more on its way; no token has a percent sign.
    """
    path = unquote(event["rawPath"])
    kind = path[:3]
    if kind not in _LINKS:
        return event
    found = (event.get("pathParameters") or {}).get("token") or path.removeprefix(kind)
    text = unquote(unquote(found))
    bare = kind + (text[:URL_LENGTH] if kind in _CUT else text)
    return event if bare == event["rawPath"] else {**event, "rawPath": bare}


def arrived_at(event: Mapping[str, Any]) -> int:
    """When the request arrived, milliseconds: API Gateway's stamp, never the handler's clock."""
    return int(event["requestContext"]["timeEpoch"])


def request_id(event: Mapping[str, Any]) -> str:
    """The id that API Gateway gave the request: the same whenever the same request is handed over."""
    return str(event["requestContext"]["requestId"])


def base_url(event: Mapping[str, Any], public_url: str) -> str:
    """The base of links: the public one, or the API's own host."""
    return public_url or f"https://{event['requestContext']['domainName']}"


def read_header(event: Mapping[str, Any], name: str) -> str:
    """A header by its lower-case name, "" if absent."""
    return str((event.get("headers") or {}).get(name) or "")


def read_query(event: Mapping[str, Any], name: str) -> str:
    """A query parameter, "" if absent."""
    return str((event.get("queryStringParameters") or {}).get(name) or "")


def sends_privacy_signal(event: Mapping[str, Any]) -> bool:
    """Whether the browser asks not to be tracked: `Sec-GPC: 1` or `DNT: 1`, exactly 1.

    A header sent twice arrives joined, `1,1` (W3C GPC §2.1; RFC 9110 §5.2).
    """
    return any(
        part.strip() == "1" for name in ("sec-gpc", "dnt") for part in read_header(event, name).split(",")
    )


def is_navigation(event: Mapping[str, Any]) -> bool:
    """Whether a browser opens the page for somebody who looks at it, and says so (W3C Fetch Metadata).

    No scanner that sends no such headers, no frame, no prefetch, no HEAD.
    """
    return (
        event["requestContext"]["http"]["method"] == "GET"
        and read_header(event, "sec-fetch-mode") == "navigate"
        and read_header(event, "sec-fetch-dest") == "document"
        and not any(read_header(event, name) for name in _AHEAD)
    )


def read_body(event: Mapping[str, Any]) -> bytes:
    """The body's bytes; nothing, if there is none or its base64 cannot be read."""
    text = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return str(text).encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
