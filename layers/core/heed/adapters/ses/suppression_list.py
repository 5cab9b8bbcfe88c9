"""SES's suppression list of the account: SES takes one call a second, in all."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from heed.adapters.aws import FAILURES, code, is_our_fault, whole
from heed.domain.errors import InvalidPlace, SuppressionRefused, SuppressionUnavailable
from heed.override import override
from heed.use_cases.ports.ses_list import Listed, Suppressions

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

PACE = 2.0
"""Seconds after each call: two readers of the one queue, the fewest there can be, make one call a second."""

PAGE = 1_000  # addresses

TRIES = 2
_OF_A_PLACE = ("InvalidNextTokenException", "BadRequestException")

T = TypeVar("T")


class SesSuppressions(Suppressions):
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
            if code(error) == "NotFoundException":
                return False
            if code(error) == "BadRequestException":
                raise SuppressionRefused(code(error)) from None  # its words may name the address
            raise _unavailable(error) from error
        return True

    @override
    def page(self, place: str | None) -> Listed:
        request: dict[str, Any] = {"PageSize": PAGE} | ({"NextToken": place} if place else {})
        try:
            answer = self._call(partial(self._client.list_suppressed_destinations, **request))
        except FAILURES as error:
            if place and (code(error) in _OF_A_PLACE or is_our_fault(error)):
                raise InvalidPlace(code(error)) from None  # its words may name the place
            raise _unavailable(error) from error
        found = whole(answer, "SuppressedDestinationSummaries")
        return Listed([one["EmailAddress"] for one in found], answer.get("NextToken"))

    def _call(self, do: Callable[[], T]) -> T:
        """One call, and its pause; again where SES asks for patience, since the other reader calls too."""
        for left in reversed(range(TRIES)):
            try:
                return do()
            except FAILURES as error:
                if not left or code(error) != "TooManyRequestsException":
                    raise
            finally:
                self._pause(PACE)
        raise AssertionError  # the last try returns or raises


def _unavailable(error: BaseException) -> BaseException:
    """What a failure is that says nothing about the address; a bug of ours is left to crash."""
    return error if is_our_fault(error) else SuppressionUnavailable(code(error))
