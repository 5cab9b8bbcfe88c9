"""The names under which it is counted what became of requests for a confirmation mail."""

from __future__ import annotations

from typing import assert_never

from heed.use_cases.opt_in.send_confirmation import Result


def confirmation_metric(result: Result) -> str:
    """The name of the metric."""
    match result:
        case Result.SENT:
            return "ConfirmationSent"
        case Result.UNMAILABLE:
            return "ConfirmationUnmailable"
        case Result.SILENT:
            return "ConfirmationSilent"
        case Result.REPEATED:
            return "ConfirmationRepeated"
        case Result.CAPPED:
            return "ConfirmationCapped"
        case Result.WAITS:
            return "ConfirmationWaits"
        case Result.REFUSED:
            return "ConfirmationRefused"
        case _:
            assert_never(result)
