"""The SES list: the account's suppression list. SES allows one call per second for the whole account."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from heed.adapters.aws import FAILURES, error_code, is_invalid_request, required_member
from heed.domain.errors import (
    InvalidListPosition,
    SuppressionListRefused,
    SuppressionListUnavailable,
)
from heed.override import override
from heed.use_cases.ports.ses_list import SesListPage, SesSuppressionList

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

CALL_INTERVAL = 2.0
"""Seconds to wait after each call.

The queue has two concurrent readers, the smallest number that SQS allows. Together they make one call per
second.
"""

SES_PAGE_SIZE = 1_000  # addresses

SES_ATTEMPTS = 2  # attempts at one call
_INVALID_POSITION_ERRORS = ("InvalidNextTokenException", "BadRequestException")

T = TypeVar("T")


class SesSuppressionListClient(SesSuppressionList):
    """Implements the port SesSuppressionList with SES.

    Args:
        client: SES v2 client that makes no retries. This class retries by itself, with a pause.
        pause: Waits for a number of seconds.
    """

    def __init__(self, client: SESV2Client, pause: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._pause = pause

    @override
    def remove(self, spelling: str) -> bool:
        """Removes an address. SES finds an entry by its exact spelling only."""
        try:
            self._call(partial(self._client.delete_suppressed_destination, EmailAddress=spelling))
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
        request: dict[str, Any] = {"PageSize": SES_PAGE_SIZE} | ({"NextToken": token} if token else {})
        try:
            response = self._call(partial(self._client.list_suppressed_destinations, **request))
        except FAILURES as error:
            if token and (error_code(error) in _INVALID_POSITION_ERRORS or is_invalid_request(error)):
                # `from None`, because the message of the error may contain the position.
                raise InvalidListPosition(error_code(error)) from None
            raise _unavailable(error) from error
        summaries = required_member(response, "SuppressedDestinationSummaries")
        return SesListPage([summary["EmailAddress"] for summary in summaries], response.get("NextToken"))

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


def _unavailable(error: BaseException) -> BaseException:
    """Converts a failure that is not about the address. An invalid request is a bug and stays unchanged."""
    return error if is_invalid_request(error) else SuppressionListUnavailable(error_code(error))
