"""In which order those get their mail whom a cap has held back.

Whoever has waited for a day goes first, the longest first: nobody can be overtaken without end. Then come
the ways out, then the ways back. Of each kind the networks take turns: the first request of every
network, then the second of every network, so that a network that floods holds no other's up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from heed.domain.opt_in.confirmation_request import ConfirmationRequest
from heed.domain.opt_in.confirmation_token import Intent
from heed.domain.opt_in.mail_caps import CAP_WINDOW


@dataclass(frozen=True, slots=True)
class WaitingRequest:
    """A request that waits.

    Attributes:
        request: what was asked for.
        receipt: by which the queue knows it.
    """

    request: ConfirmationRequest
    receipt: str


def in_send_order(waiting: Iterable[WaitingRequest], now: int) -> list[WaitingRequest]:
    """Those for whom their networks have room by now, in the order in which they get the day's."""
    turns: Counter[tuple[str, Intent]] = Counter()
    ranked: list[tuple[tuple[int, int, int], WaitingRequest]] = []
    for place, one in enumerate(sorted(waiting, key=lambda held: held.request.at)):
        request = one.request
        if request.due > now:
            continue
        if has_waited_a_day(request, now):
            ranked.append(((0, 0, place), one))
            continue
        turns[request.network, request.intent] += 1
        kind = 1 if request.intent is Intent.OUT else 2
        ranked.append(((kind, turns[request.network, request.intent], place), one))
    return [one for _, one in sorted(ranked, key=lambda pair: pair[0])]


def has_waited_a_day(request: ConfirmationRequest, now: int) -> bool:
    """Whether somebody waits for so long that an operator is to hear of it."""
    return now - request.at >= CAP_WINDOW
