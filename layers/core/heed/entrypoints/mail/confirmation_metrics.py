"""The metrics of confirmation mails: one name per result."""

from __future__ import annotations

from typing import assert_never

from heed.use_cases.opt_in.send_confirmation import SendResult


def confirmation_metric(result: SendResult) -> str:
    """Returns the metric of a result."""
    match result:
        case SendResult.SENT:
            return "ConfirmationSent"
        case SendResult.UNMAILABLE:
            return "ConfirmationUnmailable"
        case SendResult.NOT_PERMITTED:
            return "ConfirmationNotPermitted"
        case SendResult.ALREADY_SENT:
            return "ConfirmationAlreadySent"
        case SendResult.DUPLICATE:
            return "ConfirmationDuplicate"
        case SendResult.DELAYED:
            return "ConfirmationDelayed"
        case SendResult.EXPIRED:
            return "ConfirmationExpired"
        case SendResult.REFUSED:
            return "ConfirmationRefused"
        case _:
            assert_never(result)
