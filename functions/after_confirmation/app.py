"""After a confirmed yes: SES's list is to be cleared of the address, and the adopter is told if it wants."""

from __future__ import annotations

import heed.cold_start as _start  # noqa: F401 - first, by what it does

import time
from typing import Any

from heed.bootstrap import Heed
from heed.domain.opt_in.confirmed_opt_in import ConfirmedOptIn
from heed.entrypoints import queue
from heed.entrypoints.observability import observed

heed = Heed.from_environment()


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401
    """A batch of SQS; what cannot be done now goes back alone."""
    return queue.handle_each(event, context, _follow, lambda: heed.confirmed_dead_letters)


def _follow(body: str) -> None:
    heed.after_confirmation(ConfirmedOptIn.from_message(body), time.time_ns() // 1_000_000)


heed.warm_up(lambda: heed.after_confirmation)
