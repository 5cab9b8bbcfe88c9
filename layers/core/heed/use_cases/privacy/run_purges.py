"""Runs purges: those that a batch of the stream orders, and once an hour all due purges (a sweep).

A purge may have to wait for the ledger or for a walk over the SES list. Such purges are tried again together
after some seconds. The next sweep processes those that still wait.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from heed.domain.errors import DependencyUnavailable, HeedError
from heed.domain.milliseconds import Millis
from heed.domain.privacy.purge import PURGE_OVERDUE_AFTER, SES_LIST_OVERDUE_AFTER, PurgeOrder
from heed.domain.privacy.ses_list_request import WALK_REQUEST
from heed.use_cases.ports.preferences import MessageQueue
from heed.use_cases.ports.privacy import DueRecipient, Erasures
from heed.use_cases.privacy.purge_person import PurgePerson, PurgeResult

T = TypeVar("T")

_PARALLEL = 8  # threads; each waits for the stores most of the time
_RETRY_DELAYS = (1, 2, 4, 8)
"""Seconds. The ledger reads the same stream a second or two later. A walk over a short list takes seconds."""
_WAITS = (PurgeResult.WAITS_FOR_LEDGER, PurgeResult.WAITS_FOR_LIST)


@dataclass(frozen=True, slots=True)
class SweepResult:
    """The result of a sweep.

    Attributes:
        found: how many recipients had due work.
        done: how many of them have no due work any more.
        left: how many of them still have due work, since a store failed or the time was over.
        oldest_age: for how long the oldest purge has been due, milliseconds; 0 if there was none.
        is_overdue: whether the previous sweep also left one of the remaining purges, or one of them has
            waited for a walk over the SES list for a day.
    """

    found: int
    done: int
    left: int
    oldest_age: int
    is_overdue: bool


@dataclass(frozen=True, slots=True)
class SweepPurges:
    """Does all due work.

    Attributes:
        erasures: tracks the due work.
        purge: clears all stores of one person.
        ses_list_queue: the queue for requests of a walk over the SES list.
        clock: returns the time, milliseconds since 1970.
        sleep: waits for a number of seconds.
    """

    erasures: Erasures
    purge: PurgePerson
    ses_list_queue: MessageQueue
    clock: Callable[[], Millis]
    sleep: Callable[[float], None]

    def __call__(self, has_time: Callable[[], bool]) -> SweepResult:
        """Does the due work until the time is over. The cost does not depend on the size of the table.

        Purges come before old days of soft bounces. Thousands of the latter may be due, but they are not
        urgent.

        Raises:
            StoreUnavailable: The due work could not be read.
        """
        now = self.clock()

        def process(recipient: DueRecipient, again: bool) -> PurgeResult:  # noqa: FBT001 - `_process_in_rounds` passes it by position
            return self._process(now, recipient, again=again) if has_time() else PurgeResult.FAILED

        due = sorted(self.erasures.due_recipients(now), key=lambda recipient: recipient.purges is None)
        results = _process_in_rounds(due, process, has_time, self.ses_list_queue, self.sleep)
        ages = [
            (now - recipient.due_since, result)
            for recipient, result in zip(due, results, strict=True)
            if recipient.purges is not None
        ]
        done = results.count(PurgeResult.DONE)
        return SweepResult(
            found=len(due),
            done=done,
            left=len(due) - done,
            oldest_age=max((age for age, _ in ages), default=0),
            is_overdue=any(_is_overdue(age, result) for age, result in ages),
        )

    def _process(self, now: Millis, due: DueRecipient, *, again: bool) -> PurgeResult:
        """Does the due work for one recipient."""
        try:
            work = self.erasures.due_work(due.recipient)
            if work is None:
                return PurgeResult.DONE
            if not work.purges:
                if not work.is_held:
                    self.erasures.prune_soft_bounces(due.recipient, work.soft_bounce_days, now)
                return PurgeResult.DONE
            return self.purge(due.recipient, work, again=again)
        except HeedError:
            return PurgeResult.FAILED


@dataclass(frozen=True, slots=True)
class ExecutePurgeOrders:
    """Runs the purges that a batch of the stream orders.

    Attributes:
        purge: clears all stores of one person.
        ses_list_queue: the queue for requests of a walk over the SES list.
        sleep: waits for a number of seconds.
    """

    purge: PurgePerson
    ses_list_queue: MessageQueue
    sleep: Callable[[float], None]

    def __call__(self, orders: list[PurgeOrder]) -> tuple[int, list[str]]:
        """Runs purges. A purge that has to wait is not a failure: it stays due, and a sweep completes it.

        Returns:
            How many purges are done, and the stream positions of the orders that failed.
        """
        results = _process_in_rounds(orders, self._try_order, lambda: True, self.ses_list_queue, self.sleep)
        by_order = zip(orders, results, strict=True)
        failed = [order.position for order, result in by_order if result is PurgeResult.FAILED]
        return results.count(PurgeResult.DONE), failed

    def _try_order(self, order: PurgeOrder, again: bool) -> PurgeResult:  # noqa: FBT001 - `_process_in_rounds` passes it by position
        try:
            return self.purge(order.recipient, order.work, again=again)
        except HeedError:
            return PurgeResult.FAILED


def _process_in_rounds(
    items: list[T],
    process: Callable[[T, bool], PurgeResult],
    has_time: Callable[[], bool],
    ses_list_queue: MessageQueue,
    sleep: Callable[[float], None],
) -> list[PurgeResult]:
    """Processes each item, and in later rounds again those that wait.

    Args:
        items: the items.
        process: processes an item. Its second argument is whether this is a later round.
        has_time: returns whether there is time for a later round.
        ses_list_queue: the queue for requests of a walk over the SES list.
        sleep: waits for a number of seconds.

    Returns:
        The result of each item, in the same order.
    """
    final: dict[int, PurgeResult] = {}
    waiting = dict(enumerate(items))
    for seconds in (0, *_RETRY_DELAYS):
        if not waiting or (seconds and not has_time()):
            break
        if seconds:
            sleep(seconds)
        with ThreadPoolExecutor(_PARALLEL) as pool:
            again = [seconds > 0] * len(waiting)
            results = dict(zip(waiting, pool.map(process, waiting.values(), again), strict=True))
        if (
            PurgeResult.WAITS_FOR_LIST in results.values()
            and PurgeResult.WAITS_FOR_LIST not in final.values()
        ):
            # One request serves all purges that wait. If it fails, the next sweep sends one.
            with suppress(DependencyUnavailable):
                ses_list_queue.send(WALK_REQUEST.to_message())
        # An item that waited keeps this result if a later round had no time for it.
        final |= {
            index: result
            for index, result in results.items()
            if index not in final or result is not PurgeResult.FAILED
        }
        waiting = {index: items[index] for index, result in results.items() if result in _WAITS}
    return [final[index] for index in range(len(items))]


def _is_overdue(age: int, result: PurgeResult) -> bool:
    """Returns whether a purge of this age (milliseconds) should be done by now."""
    if result is PurgeResult.DONE:
        return False
    return age > (SES_LIST_OVERDUE_AFTER if result is PurgeResult.WAITS_FOR_LIST else PURGE_OVERDUE_AFTER)
