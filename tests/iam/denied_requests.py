"""Requests that must be denied: variations of allowed ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tests.iam.requests import Request
from tests.support.stack import ACCOUNT

_OTHER_ACCOUNT = "999999999999"


def other_account_requests(requests: Iterable[Request]) -> Iterator[Request]:
    """Yields the same requests for the resources of another account.

    A service acts for each account under the same name, so the name does not prove the account.
    """
    for request in requests:
        if any(ACCOUNT in value for value in request.context.values()):
            context = {k: str(v).replace(ACCOUNT, _OTHER_ACCOUNT) for k, v in request.context.items()}
            why = f"another account: {request.why}"
            yield Request(request.who, request.action, request.resource, why, context)


def unencrypted_requests(requests: Iterable[Request]) -> Iterator[Request]:
    """Yields the same requests without TLS, for resources that require TLS."""
    for request in requests:
        context = {**request.context, "aws:SecureTransport": "false"}
        yield Request(request.who, request.action, request.resource, f"without TLS: {request.why}", context)


def overwriting_requests(requests: Iterable[Request]) -> Iterator[Request]:
    """Yields the same writes of an object without the condition that the object must not exist.

    A mail may be stored again. Only evidence may not.
    """
    for request in requests:
        if request.action == "s3:PutObject" and "s3:if-none-match" in request.context:
            context = {k: v for k, v in request.context.items() if k != "s3:if-none-match"}
            yield Request(request.who, request.action, request.resource, "an overwritten object", context)
