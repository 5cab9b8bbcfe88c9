"""SES's suppression list of the account: SES takes one call a second, in all."""

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
"""Seconds after each call: two readers of the one queue, the fewest there can be, make one call a second."""

SES_PAGE_SIZE = 1_000  # addresses

SES_ATTEMPTS = 2
_OF_A_PLACE = ("InvalidNextTokenException", "BadRequestException")

T = TypeVar("T")


class SesSuppressionListClient(SesSuppressionList):
    """Serves the port Suppressions, with a client that makes each call once: a retry has its pause too."""

    def __init__(self, client: SESV2Client, pause: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._pause = pause

    @override
    def remove(self, spelling: str) -> bool:
        """SES finds an entry by its exact spelling alone."""
        try:
            self._call(partial(self._client.delete_suppressed_destination, EmailAddress=spelling))
        except FAILURES as error:
            if error_code(error) == "NotFoundException":
                return False
            if error_code(error) == "BadRequestException":
                raise SuppressionListRefused(error_code(error)) from None  # its words may name the address
            raise _unavailable(error) from error
        return True

    @override
    def page(self, place: str | None) -> SesListPage:
        request: dict[str, Any] = {"PageSize": SES_PAGE_SIZE} | ({"NextToken": place} if place else {})
        try:
            answer = self._call(partial(self._client.list_suppressed_destinations, **request))
        except FAILURES as error:
            if place and (error_code(error) in _OF_A_PLACE or is_invalid_request(error)):
                raise InvalidListPosition(error_code(error)) from None  # its words may name the place
            raise _unavailable(error) from error
        found = required_member(answer, "SuppressedDestinationSummaries")
        return SesListPage([one["EmailAddress"] for one in found], answer.get("NextToken"))

    def _call(self, do: Callable[[], T]) -> T:
        """One call, and its pause; again where SES asks for patience, since the other reader calls too."""
        for left in reversed(range(SES_ATTEMPTS)):
            try:
                return do()
            except FAILURES as error:
                if not left or error_code(error) != "TooManyRequestsException":
                    raise
            finally:
                self._pause(CALL_INTERVAL)
        raise AssertionError  # the last try returns or raises


def _unavailable(error: BaseException) -> BaseException:
    """What a failure is that says nothing about the address; a bug of ours is left to crash."""
    return error if is_invalid_request(error) else SuppressionListUnavailable(error_code(error))
