"""Requests that nobody of ours makes: each is one of ours, but for what must not be taken from anybody."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tests.iam.requests import Request
from tests.support.stack import ACCOUNT

_STRANGER = "999999999999"


def stranger_requests(requests: Iterable[Request]) -> Iterator[Request]:
    """The same in the name of another account's resources: a service's name is no proof of whose it is."""
    for request in requests:
        if any(ACCOUNT in value for value in request.context.values()):
            context = {k: str(v).replace(ACCOUNT, _STRANGER) for k, v in request.context.items()}
            why = f"a stranger: {request.why}"
            yield Request(request.who, request.action, request.resource, why, context)


def unencrypted_requests(requests: Iterable[Request]) -> Iterator[Request]:
    """The same without TLS, of what says that it takes nothing so."""
    for request in requests:
        context = {**request.context, "aws:SecureTransport": "false"}
        yield Request(request.who, request.action, request.resource, f"plain {request.why}", context)


def overwriting_requests(requests: Iterable[Request]) -> Iterator[Request]:
    """The same of an object, whether or not there is one already."""
    for request in requests:
        if request.action == "s3:PutObject":
            context = {k: v for k, v in request.context.items() if k != "s3:if-none-match"}
            yield Request(request.who, request.action, request.resource, "written over", context)
