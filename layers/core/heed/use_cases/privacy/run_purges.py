"""Purges: what one write stopped is cleared from every other store, and the certificate says so.

May be stopped after any call and begun again, by several at once: each step does nothing the second
time, and what is due is due until the last step is done. A new event in the middle finds the epoch's
floor, and re-creates nothing.

Nothing is certified while the ledger may still be told of what was before: the last entry of the person
must be there, or the stream must be too old to bring any. Nor is it before the mail service's own list of
addresses was walked from its beginning to its end (`walk_ses_list`): a purge asks for that, and
waits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto
from typing import TypeVar

from heed.domain.errors import HeedError, Unavailable
from heed.domain.privacy.purge import LIST_OVERDUE, OVERDUE, SES, DueWork, Purge, PurgeOrder, State
from heed.domain.privacy.ses_list_request import WALK
from heed.use_cases.ledger.reconcile import GONE
from heed.use_cases.ports.preferences import Queue
from heed.use_cases.ports.privacy import (
    Due,
    Epochs,
    LastEntries,
    Person,
    PersonalStore,
    Purges,
)
from heed.use_cases.ports.ses_list import ListWalks

T = TypeVar("T")

_PARALLEL = 8  # each waits for the stores, not for the processor
_PATIENCE = (1, 2, 4, 8)
"""Seconds; the ledger, which reads the same stream, is a second or two behind; a short list soon walked."""


class Came(Enum):
    """What came of a purge."""

    DONE = auto()
    WAITS_FOR_LEDGER = auto()  # which may still be told of something
    WAITS_FOR_LIST = auto()  # the mail service's own, which nobody has walked since
    FAILED = auto()  # a store did not answer, or there was no time


_WAITS = (Came.WAITS_FOR_LEDGER, Came.WAITS_FOR_LIST)


@dataclass(frozen=True, slots=True)
class Swept:
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


class RunPurges:
    """Does what is due.

    Args:
        epochs, purges: the ports.
        stores: every store besides the preferences that may hold something personal, by its name.
        ledger: tells whether it has entered all that there was.
        walks: tells which walks over the mail service's list have ended.
        unlisting: the queue in which a walk is asked for.
        clock: milliseconds since the epoch.
        pause: waits so many seconds.
    """

    def __init__(
        self,
        epochs: Epochs,
        purges: Purges,
        stores: Mapping[str, PersonalStore],
        ledger: LastEntries,
        walks: ListWalks,
        unlisting: Queue,
        clock: Callable[[], int],
        pause: Callable[[float], None],
    ) -> None:
        self._epochs = epochs
        self._purges = purges
        self._stores = stores
        self._ledger = ledger
        self._walks = walks
        self._unlisting = unlisting
        self._clock = clock
        self._pause = pause

    @property
    def steps(self) -> set[str]:
        """The names of what it clears."""
        return set(self._stores)

    def sweep(self, has_time: Callable[[], bool]) -> Swept:
        """Do all that is due, until the time is over; costs what is due, not the size of the table.

        Purges go before days of soft bounces, of which thousands may be due at once and none is urgent.

        Raises:
            StoreUnavailable: what is due could not be told.
        """
        now = self._clock()
        due = sorted(self._epochs.due(now), key=lambda one: one.purges is None)
        came = self._all(
            due, lambda one, again: self._one_due(now, has_time, one, again=again), has_time
        )
        ages = [
            (now - one.since, result)
            for one, result in zip(due, came, strict=True)
            if one.purges is not None
        ]
        done = came.count(Came.DONE)
        return Swept(
            found=len(due),
            done=done,
            left=len(due) - done,
            oldest=max((age for age, _ in ages), default=0),
            is_overdue=any(_is_overdue(age, result) for age, result in ages),
        )

    def execute(self, orders: list[PurgeOrder]) -> tuple[int, list[str]]:
        """Carry orders out: how many are done, and the positions of those that failed.

        One that has only to wait is no failure: it stays due, and the sweep ends it.
        """
        came = self._all(orders, self._tried, lambda: True)
        results = zip(orders, came, strict=True)
        failed = [order.position for order, result in results if result is Came.FAILED]
        return came.count(Came.DONE), failed

    def purge(self, recipient: str, work: DueWork, *, again: bool = False) -> Came:
        """Clear every store of one person; whether that is certified, or what it waits for.

        `again` is whether that was done a moment ago: then it is done when nothing is waited for any more.

        Raises:
            StoreUnavailable: some are left; it stays due.
        """
        came = [self._cleared(recipient, one, work, again=again) for one in work.purges]
        waits = next((one for one in came if one is not Came.DONE), None)
        if waits is None:
            self._epochs.settle(recipient, work.purges)
        return waits or Came.DONE

    def _all(
        self, asked: list[T], do: Callable[[T, bool], Came], has_time: Callable[[], bool]
    ) -> list[Came]:
        """Do each, and what waits again after some seconds, a few times; `do` is told which time it is."""
        came: dict[int, Came] = {}
        waiting = dict(enumerate(asked))
        for seconds in (0, *_PATIENCE):
            if not waiting or (seconds and not has_time()):
                break
            if seconds:
                self._pause(seconds)
            with ThreadPoolExecutor(_PARALLEL) as pool:
                again = [seconds > 0] * len(waiting)
                results = dict(zip(waiting, pool.map(do, waiting.values(), again), strict=True))
            if Came.WAITS_FOR_LIST in results.values() and Came.WAITS_FOR_LIST not in came.values():
                self._ask_for_a_walk()
            # Who waited, and for whom there was no time in a later round, waits still.
            came |= {
                at: one for at, one in results.items() if at not in came or one is not Came.FAILED
            }
            waiting = {place: asked[place] for place, one in results.items() if one in _WAITS}
        return [came[place] for place in range(len(asked))]

    def _ask_for_a_walk(self) -> None:
        """Once for everybody who waits; where it fails the next sweep asks, which finds them still due."""
        with suppress(Unavailable):
            self._unlisting.send(WALK.to_message())

    def _cleared(self, recipient: str, purge_id: str, work: DueWork, *, again: bool) -> Came:
        """Do one purge; whether it is certified, or what may still bring something."""
        # Before the purge is read, which a walk may have wait for the next.
        walked = self._walks.ended()
        purge = self._purges.begin(purge_id, work.cause, work.floor)
        if purge.state is State.DONE:
            return Came.DONE
        is_walked = purge.walk is not None and purge.walk <= walked
        if again and not is_walked:
            return Came.WAITS_FOR_LIST
        # Asked before the stores are cleared: what comes meanwhile is not lost.
        is_last = self._ledger_is_through(purge, work)
        person = Person(recipient, purge.subject, work.floor)
        found = {name: store.clear(person) for name, store in self._stores.items()}
        if not is_walked:
            self._purges.note(purge, found)
            return Came.WAITS_FOR_LIST
        if not is_last:
            self._purges.note(purge, found)
            return Came.WAITS_FOR_LEDGER
        self._purges.finish(purge, {SES: 0, **found}, self._clock())
        return Came.DONE

    def _ledger_is_through(self, purge: Purge, work: DueWork) -> bool:
        """Whether the ledger enters nothing more of who the person was."""
        return (
            not purge.subject
            or self._ledger.is_closed(purge.subject)
            or self._clock() > work.floor + GONE
        )

    def _one_due(self, now: int, has_time: Callable[[], bool], due: Due, *, again: bool) -> Came:
        """What came of what is due on one."""
        if not has_time():
            return Came.FAILED
        try:
            work = self._epochs.work(due.recipient)
            if work is None:
                return Came.DONE
            if not work.purges:
                if not work.is_held:
                    self._epochs.prune(due.recipient, work.soft, now)
                return Came.DONE
            return self.purge(due.recipient, work, again=again)
        except HeedError:
            return Came.FAILED

    def _tried(self, order: PurgeOrder, again: bool) -> Came:  # noqa: FBT001 - as `_all` calls it
        try:
            return self.purge(order.recipient, order.work, again=again)
        except HeedError:
            return Came.FAILED


def _is_overdue(age: int, came: Came) -> bool:
    """Whether a purge of that age should be done by now."""
    if came is Came.DONE:
        return False
    return age > (LIST_OVERDUE if came is Came.WAITS_FOR_LIST else OVERDUE)
