"""Requests that must be denied: variations of allowed ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tests.iam.requests import Request
from tests.support.stack import ACCOUNT

_STRANGER = "999999999999"


def stranger_requests(requests: Iterable[Request]) -> Iterator[Request]:
    """The same requests for another account's resources: a service's name does not prove whose it is."""
    for request in requests:
        if any(ACCOUNT in value for value in request.context.values()):
            context = {k: str(v).replace(ACCOUNT, _STRANGER) for k, v in request.context.items()}
            why = f"a stranger: {request.why}"
            yield Request(request.who, request.action, request.resource, why, context)


def unencrypted_requests(requests: Iterable[Request]) -> Iterator[Request]:
    """The same requests without TLS, for resources that require TLS."""
    for request in requests:
        context = {**request.context, "aws:SecureTransport": "false"}
        yield Request(request.who, request.action, request.resource, f"plain {request.why}", context)


def overwriting_requests(requests: Iterable[Request]) -> Iterator[Request]:
    """The same writes of an object without the condition that the object must not exist."""
    for request in requests:
        if request.action == "s3:PutObject":
            context = {k: v for k, v in request.context.items() if k != "s3:if-none-match"}
            yield Request(request.who, request.action, request.resource, "written over", context)
