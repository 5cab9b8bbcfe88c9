"""The names under which it is counted what became of requests for a confirmation mail."""

from __future__ import annotations

from typing import assert_never

from heed.use_cases.opt_in.send_confirmation import SendResult


def confirmation_metric(result: SendResult) -> str:
    """The name of the metric."""
    match result:
        case SendResult.SENT:
            return "ConfirmationSent"
        case SendResult.UNMAILABLE:
            return "ConfirmationUnmailable"
        case SendResult.SILENT:
            return "ConfirmationSilent"
        case SendResult.REPEATED:
            return "ConfirmationRepeated"
        case SendResult.CAPPED:
            return "ConfirmationCapped"
        case SendResult.WAITS:
            return "ConfirmationWaits"
        case SendResult.REFUSED:
            return "ConfirmationRefused"
        case _:
            assert_never(result)
