"""SES's suppression list of the account, one address at a time: SES takes one call a second, in all."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from heed.adapters.aws import FAILURES, code, is_our_fault
from heed.domain.errors import SuppressionUnavailable

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

PACE = 2.0
"""Seconds after each call: two readers of the queue, the fewest there can be, make one call a second."""

# Not on the list; no address that SES knows how to keep there.
_ABSENT = ("NotFoundException", "BadRequestException")


class SesSuppressions:
    """Serves the port Suppressions."""

    def __init__(self, client: SESV2Client, pause: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._pause = pause

    def remove(self, address: str) -> None:
        """See the port."""
        try:
            self._client.delete_suppressed_destination(EmailAddress=address)
        except FAILURES as error:
            if is_our_fault(error):
                raise
            if code(error) not in _ABSENT:
                raise SuppressionUnavailable(code(error)) from error
        finally:
            self._pause(PACE)
