"""The order in which waiting requests get their mails, after a cap held them back.

Requests that have waited for a day go first, the oldest first, so that none can be overtaken without end.
Then opt-outs follow, then opt-ins. Within each kind the origins take turns: the first request of each
network or API key, then the second of each. So an origin with many requests does not delay the others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from heed.domain.milliseconds import Millis
from heed.domain.opt_in.confirmation_request import ConfirmationRequest
from heed.domain.opt_in.confirmation_token import Intent
from heed.domain.opt_in.mail_caps import CAP_WINDOW, MAX_MAILBOX_WAIT


@dataclass(frozen=True, slots=True)
class WaitingRequest:
    """A waiting request.

    Attributes:
        request: the request.
        receipt: the receipt handle of its message in the queue.
    """

    request: ConfirmationRequest
    receipt: str


def in_send_order(waiting: Iterable[WaitingRequest], now: Millis) -> list[WaitingRequest]:
    """Returns the requests whose origins have room now, in the order in which they get mails."""
    turns: Counter[tuple[str, Intent]] = Counter()
    ranked: list[tuple[tuple[int, int, int], WaitingRequest]] = []
    for position, item in enumerate(sorted(waiting, key=lambda waiting_request: waiting_request.request.at)):
        request = item.request
        if request.due > now:
            continue
        if has_waited_a_day(request, now):
            ranked.append(((0, 0, position), item))
            continue
        turns[request.origin, request.intent] += 1
        kind = 1 if request.intent is Intent.OUT else 2
        ranked.append(((kind, turns[request.origin, request.intent], position), item))
    return [item for _, item in sorted(ranked, key=lambda pair: pair[0])]


def has_waited_a_day(request: ConfirmationRequest, now: Millis) -> bool:
    """Whether the request has waited so long that an operator should know. `now` is in milliseconds."""
    return now - request.at >= CAP_WINDOW


def is_expired(request: ConfirmationRequest, now: Millis) -> bool:
    """Whether the request gets no mail any more if its mailbox is full. `now` is in milliseconds."""
    return now - request.at >= MAX_MAILBOX_WAIT
