"""Reads an HTTP request from the event of Lambda. It tolerates damaged requests."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from heed.domain.links.link_token import URL_LENGTH
from heed.domain.milliseconds import Millis

_FIXED_LENGTH_LINKS = ("/u/", "/p/")  # tokens of confirmation links have several lengths
_LINKS = (*_FIXED_LENGTH_LINKS, "/c/")
_PREFETCH_HEADERS = ("sec-purpose", "purpose", "x-purpose", "x-moz")


def to_payload_2(event: dict[str, Any]) -> dict[str, Any]:
    """Converts an event to payload format 2.0. REST APIs and older mappings send format 1.0."""
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


def strip_token_suffix(event: dict[str, Any]) -> dict[str, Any]:
    """Returns the event (payload format 2.0) with only the token of a link in its path.

    Mail programs and people percent-encode links and append text: a full stop, a bracket, words,
    parameters. The token is the first part of the decoded text; its tag decides later whether it is valid.
    Some servers decode path parameters but not the path, so the parameter is preferred. The text is decoded
    twice, because a link may have been encoded twice. A token never contains a percent sign.
    """
    path = unquote(event["rawPath"])
    kind = path[:3]
    if kind not in _LINKS:
        return event
    encoded = (event.get("pathParameters") or {}).get("token") or path.removeprefix(kind)
    text = unquote(unquote(encoded))
    bare = kind + (text[:URL_LENGTH] if kind in _FIXED_LENGTH_LINKS else text)
    return event if bare == event["rawPath"] else {**event, "rawPath": bare}


def arrived_at(event: Mapping[str, Any]) -> Millis:
    """Returns when API Gateway received the request, in milliseconds. The handler's clock is not used."""
    return Millis(int(event["requestContext"]["timeEpoch"]))


def request_id(event: Mapping[str, Any]) -> str:
    """Returns API Gateway's id of the request. A retry of the same invocation has the same id."""
    return str(event["requestContext"]["requestId"])


def base_url(event: Mapping[str, Any], public_url: str) -> str:
    """Returns the base URL of links: the public URL, or the host of the API if there is none."""
    return public_url or f"https://{event['requestContext']['domainName']}"


def read_header(event: Mapping[str, Any], name: str) -> str:
    """Returns a header by its lower-case name; "" if absent."""
    return str((event.get("headers") or {}).get(name) or "")


def read_query(event: Mapping[str, Any], name: str) -> str:
    """Returns a query parameter; "" if absent."""
    return str((event.get("queryStringParameters") or {}).get(name) or "")


def sends_privacy_signal(event: Mapping[str, Any]) -> bool:
    """Returns whether the browser sent a privacy signal: `Sec-GPC` or `DNT` with exactly the value 1.

    A header that was sent twice arrives as `1,1` (W3C GPC §2.1; RFC 9110 §5.2).
    """
    return any(
        part.strip() == "1" for name in ("sec-gpc", "dnt") for part in read_header(event, name).split(",")
    )


def is_navigation(event: Mapping[str, Any]) -> bool:
    """Returns whether a browser opens the page for a person, by its headers (W3C Fetch Metadata).

    Frames, prefetches, HEAD requests and scanners without these headers are not navigations.
    """
    return (
        event["requestContext"]["http"]["method"] == "GET"
        and is_browser_request(event)
        and not any(read_header(event, name) for name in _PREFETCH_HEADERS)
    )


def is_browser_request(event: Mapping[str, Any]) -> bool:
    """Returns whether a browser sent the request to show its answer as a page (W3C Fetch Metadata)."""
    return (
        read_header(event, "sec-fetch-mode") == "navigate"
        and read_header(event, "sec-fetch-dest") == "document"
    )


def read_body(event: Mapping[str, Any]) -> bytes:
    """Returns the bytes of the body. They are empty if there is no body or its base64 is not valid."""
    text = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return str(text).encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
