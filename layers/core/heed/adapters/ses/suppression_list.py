"""The SES list: the suppression list of the account, and those of tenants.

SES allows one call per second for the whole account.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from heed.adapters.aws import FAILURES, error_code, is_invalid_request, required_member
from heed.domain.errors import (
    InvalidListPosition,
    SuppressionListRefused,
    SuppressionListUnavailable,
)
from heed.override import override
from heed.use_cases.ports.ses_list import ACCOUNT_LIST, SesListPage, SesSuppressionList

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

CALL_INTERVAL = 2.0
"""Seconds to wait after each call.

The queue has two concurrent readers, the smallest number that SQS allows. Together they make one call per
second.
"""

SES_PAGE_SIZE = 1_000  # addresses

SES_ATTEMPTS = 2  # attempts at one call
_SUMMARIES = "SuppressedDestinationSummaries"
_SEPARATOR = "/"  # no name of a tenant has it
_INVALID_POSITION_ERRORS = ("InvalidNextTokenException", "BadRequestException")

T = TypeVar("T")


class SesSuppressionListClient(SesSuppressionList):
    """Implements the port SesSuppressionList with SES.

    Args:
        client: SES v2 client that makes no retries. This class retries by itself, with a pause.
        tenants: The names of the tenants with lists of their own.
        pause: Waits for a number of seconds.
    """

    def __init__(
        self, client: SESV2Client, tenants: Sequence[str] = (), pause: Callable[[float], None] = time.sleep
    ) -> None:
        self._client = client
        self._tenants = (ACCOUNT_LIST, *tenants)
        self._pause = pause

    @property
    @override
    def tenants(self) -> tuple[str, ...]:
        return self._tenants

    @override
    def remove(self, spelling: str, tenant: str) -> bool:
        """Removes an address. SES finds an entry by its exact spelling only."""
        request: dict[str, Any] = {"EmailAddress": spelling, **_of_tenant(tenant)}
        try:
            self._call(partial(self._client.delete_suppressed_destination, **request))
        except FAILURES as error:
            if error_code(error) == "NotFoundException":
                return False
            if error_code(error) == "BadRequestException":
                # `from None`, because the message of the error may contain the address.
                raise SuppressionListRefused(error_code(error)) from None
            raise _unavailable(error) from error
        return True

    @override
    def page(self, token: str | None) -> SesListPage:
        """Returns a page. Its token has the name of the tenant before the token of SES."""
        tenant, _, ses_token = (token or _to_token(ACCOUNT_LIST)).partition(_SEPARATOR)
        if tenant not in self._tenants:
            raise InvalidListPosition("the list of another tenant")
        request: dict[str, Any] = {"PageSize": SES_PAGE_SIZE, **_of_tenant(tenant)}
        if ses_token:
            request["NextToken"] = ses_token
        try:
            response = self._call(partial(self._client.list_suppressed_destinations, **request))
        except FAILURES as error:
            if ses_token and (error_code(error) in _INVALID_POSITION_ERRORS or is_invalid_request(error)):
                # `from None`, because the message of the error may contain the position.
                raise InvalidListPosition(error_code(error)) from None
            raise _unavailable(error) from error
        addresses = [item["EmailAddress"] for item in required_member(response, _SUMMARIES)]
        return SesListPage(addresses, tenant, self._next_token(tenant, response.get("NextToken")))

    def _next_token(self, tenant: str, ses_token: str | None) -> str | None:
        """Returns the token of the next page: of this list, or the first of the next list."""
        if ses_token:
            return _to_token(tenant, ses_token)
        following = self._tenants[self._tenants.index(tenant) + 1 :]
        return _to_token(following[0]) if following else None

    def _call(self, call: Callable[[], T]) -> T:
        """Makes one call and pauses after it. It retries if SES throttles the call."""
        for attempts_left in reversed(range(SES_ATTEMPTS)):
            try:
                return call()
            except FAILURES as error:
                if not attempts_left or error_code(error) != "TooManyRequestsException":
                    raise
            finally:
                self._pause(CALL_INTERVAL)
        raise AssertionError  # unreachable: the last attempt returns or raises


def _to_token(tenant: str, ses_token: str = "") -> str:
    return f"{tenant}{_SEPARATOR}{ses_token}"


def _of_tenant(tenant: str) -> dict[str, str]:
    """Returns the parameter of a call. Without it, SES uses the list of the account."""
    return {} if tenant == ACCOUNT_LIST else {"TenantName": tenant}


def _unavailable(error: BaseException) -> BaseException:
    """Converts a failure that is not about the address. An invalid request is a bug and stays unchanged."""
    return error if is_invalid_request(error) else SuppressionListUnavailable(error_code(error))
