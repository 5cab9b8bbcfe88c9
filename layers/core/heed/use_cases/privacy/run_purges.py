"""Purges are carried out: those that a batch of the stream orders, and once an hour all that are due.

Purges that have to wait for others, for the ledger or for a walk over the mail service's list, are tried
again together after some seconds. What still waits then is left to the next sweep.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from heed.domain.errors import DependencyUnavailable, HeedError
from heed.domain.privacy.purge import LIST_OVERDUE, PURGE_OVERDUE, PurgeOrder
from heed.domain.privacy.ses_list_request import WALK_REQUEST
from heed.use_cases.ports.preferences import MessageQueue
from heed.use_cases.ports.privacy import DueRecipient, Erasures
from heed.use_cases.privacy.purge_person import PurgePerson, PurgeResult

T = TypeVar("T")

_PARALLEL = 8  # each waits for the stores, not for the processor
_PATIENCE = (1, 2, 4, 8)
"""Seconds; the ledger, which reads the same stream, is a second or two behind; a short list soon walked."""
_WAITS = (PurgeResult.WAITS_FOR_LEDGER, PurgeResult.WAITS_FOR_LIST)


@dataclass(frozen=True, slots=True)
class SweepResult:
    """What a sweep saw.

    Attributes:
        found: recipients on whom something was due.
        done: of these, those on whom nothing is due any more.
        left: those still due: a store failed, or the time was over.
        oldest: how long the oldest purge had been due, milliseconds; 0 if there was none.
        is_overdue: whether a purge is left that the sweep before this one had left too, or that has waited
            for a day for the mail service's list to be walked.
    """

    found: int
    done: int
    left: int
    oldest: int
    is_overdue: bool


@dataclass(frozen=True, slots=True)
class SweepPurges:
    """Carries out all that is due.

    Attributes:
        epochs: tells what is due.
        purge: clears every store of one person.
        unlisting: the queue in which a walk over the mail service's list is asked for.
        clock: milliseconds since 1970.
        pause: waits so many seconds.
    """

    epochs: Erasures
    purge: PurgePerson
    unlisting: MessageQueue
    clock: Callable[[], int]
    pause: Callable[[float], None]

    def __call__(self, has_time: Callable[[], bool]) -> SweepResult:
        """Do all that is due, until the time is over; costs what is due, not the size of the table.

        Purges go before days of soft bounces, of which thousands may be due at once and none is urgent.

        Raises:
            StoreUnavailable: what is due could not be told.
        """
        now = self.clock()

        def one_due(one: DueRecipient, again: bool) -> PurgeResult:  # noqa: FBT001 - as `_in_rounds` calls it
            return self._one_due(now, one, again=again) if has_time() else PurgeResult.FAILED

        due = sorted(self.epochs.due(now), key=lambda one: one.purges is None)
        came = _in_rounds(due, one_due, has_time, self.unlisting, self.pause)
        ages = [
            (now - one.since, result) for one, result in zip(due, came, strict=True) if one.purges is not None
        ]
        done = came.count(PurgeResult.DONE)
        return SweepResult(
            found=len(due),
            done=done,
            left=len(due) - done,
            oldest=max((age for age, _ in ages), default=0),
            is_overdue=any(_is_overdue(age, result) for age, result in ages),
        )

    def _one_due(self, now: int, due: DueRecipient, *, again: bool) -> PurgeResult:
        """What came of what is due on one."""
        try:
            work = self.epochs.work(due.recipient)
            if work is None:
                return PurgeResult.DONE
            if not work.purges:
                if not work.is_held:
                    self.epochs.prune(due.recipient, work.soft, now)
                return PurgeResult.DONE
            return self.purge(due.recipient, work, again=again)
        except HeedError:
            return PurgeResult.FAILED


@dataclass(frozen=True, slots=True)
class ExecutePurgeOrders:
    """Carries out what a batch of the stream orders.

    Attributes:
        purge: clears every store of one person.
        unlisting: the queue in which a walk over the mail service's list is asked for.
        pause: waits so many seconds.
    """

    purge: PurgePerson
    unlisting: MessageQueue
    pause: Callable[[float], None]

    def __call__(self, orders: list[PurgeOrder]) -> tuple[int, list[str]]:
        """Carry orders out: how many are done, and the positions of those that failed.

        One that has only to wait is no failure: it stays due, and the sweep ends it.
        """
        came = _in_rounds(orders, self._tried, lambda: True, self.unlisting, self.pause)
        results = zip(orders, came, strict=True)
        failed = [order.position for order, result in results if result is PurgeResult.FAILED]
        return came.count(PurgeResult.DONE), failed

    def _tried(self, order: PurgeOrder, again: bool) -> PurgeResult:  # noqa: FBT001 - as `_in_rounds` calls it
        try:
            return self.purge(order.recipient, order.work, again=again)
        except HeedError:
            return PurgeResult.FAILED


def _in_rounds(
    asked: list[T],
    do: Callable[[T, bool], PurgeResult],
    has_time: Callable[[], bool],
    unlisting: MessageQueue,
    pause: Callable[[float], None],
) -> list[PurgeResult]:
    """Do each, and what waits again after some seconds, a few times; `do` is told whether it is again."""
    came: dict[int, PurgeResult] = {}
    waiting = dict(enumerate(asked))
    for seconds in (0, *_PATIENCE):
        if not waiting or (seconds and not has_time()):
            break
        if seconds:
            pause(seconds)
        with ThreadPoolExecutor(_PARALLEL) as pool:
            again = [seconds > 0] * len(waiting)
            results = dict(zip(waiting, pool.map(do, waiting.values(), again), strict=True))
        if PurgeResult.WAITS_FOR_LIST in results.values() and PurgeResult.WAITS_FOR_LIST not in came.values():
            # Once for everybody who waits. Where it fails the next sweep asks, which finds them still due.
            with suppress(DependencyUnavailable):
                unlisting.send(WALK_REQUEST.to_message())
        # Who waited, and for whom there was no time in a later round, waits still.
        came |= {at: one for at, one in results.items() if at not in came or one is not PurgeResult.FAILED}
        waiting = {place: asked[place] for place, one in results.items() if one in _WAITS}
    return [came[place] for place in range(len(asked))]


def _is_overdue(age: int, came: PurgeResult) -> bool:
    """Whether a purge of that age should be done by now."""
    if came is PurgeResult.DONE:
        return False
    return age > (LIST_OVERDUE if came is PurgeResult.WAITS_FOR_LIST else PURGE_OVERDUE)
