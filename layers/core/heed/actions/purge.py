"""Purges: what one write stopped is cleared from every other store, and the certificate says so.

May be stopped after any call and begun again, by several at once: each step does nothing the second
time, and what is due is due until the last step is done. A new event in the middle finds the epoch's
floor, and re-creates nothing.

Nothing is certified while the ledger may still be told of what was before: the last entry of the person
must be there, or the stream must be too old to bring any.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

from heed.actions.ports_privacy import (
    Due,
    DueWork,
    Epochs,
    LastEntries,
    Person,
    PersonalStore,
    Purges,
    Wanted,
)
from heed.actions.reconcile_ledger import GONE
from heed.domain.errors import HeedError
from heed.domain.purge import OVERDUE, Purge, State

_PARALLEL = 8  # each waits for the stores, not for the processor
_PATIENCE = (1, 2, 4)  # seconds; the ledger, which reads the same stream, is a second or two behind


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep saw.

    Attributes:
        found: recipients on whom something was due.
        done: of these, those on whom nothing is due any more.
        left: those still due: a store failed, or the time was over.
        oldest: how long the oldest purge had been due, milliseconds; 0 if there was none.
    """

    found: int
    done: int
    left: int
    oldest: int

    @property
    def is_overdue(self) -> bool:
        """Whether a purge was left by the sweep before this one."""
        return self.oldest > OVERDUE


class RunPurges:
    """Does what is due.

    Args:
        read: what records of the table's stream ask for.
        epochs, purges: the ports.
        stores: every store besides the preferences that may hold something personal, by its name.
        ledger: tells whether it has entered all that there was.
        clock: milliseconds since the epoch.
        pause: waits so many seconds.
    """

    def __init__(
        self,
        read: Callable[[Iterable[Mapping[str, Any]]], list[Wanted]],
        epochs: Epochs,
        purges: Purges,
        stores: Mapping[str, PersonalStore],
        ledger: LastEntries,
        clock: Callable[[], int],
        pause: Callable[[float], None],
    ) -> None:
        self._read = read
        self._epochs = epochs
        self._purges = purges
        self._stores = stores
        self._ledger = ledger
        self._clock = clock
        self._pause = pause

    @property
    def steps(self) -> set[str]:
        """The names of what it clears."""
        return set(self._stores)

    def sweep(self, has_time: Callable[[], bool]) -> Swept:
        """Do all that is due, until the time is over; costs what is due, not the size of the table.

        Raises:
            StoreUnavailable: what is due could not be told.
        """
        now = self._clock()
        due = list(self._epochs.due(now))
        with ThreadPoolExecutor(_PARALLEL) as pool:
            results = list(pool.map(partial(self._one_due, now, has_time), due))
        purges = [each.since for each, (_, is_purge) in zip(due, results, strict=True) if is_purge]
        done = sum(is_done for is_done, _ in results)
        oldest = now - min(purges, default=now)
        return Swept(len(due), done, len(due) - done, oldest)

    def of_stream(self, records: Iterable[Mapping[str, Any]]) -> tuple[int, list[str]]:
        """Do what records ask for: how many are done, and the positions of those that failed.

        One that has only to wait for the ledger is no failure: it stays due, and the sweep ends it.
        """
        waiting, done, failed = self._read(records), 0, list[str]()
        for seconds in (0, *_PATIENCE):
            if not waiting:
                break
            if seconds:
                self._pause(seconds)
            with ThreadPoolExecutor(_PARALLEL) as pool:
                came = list(zip(waiting, pool.map(self._tried, waiting), strict=True))
            done += sum(is_done is True for _, is_done in came)
            failed += [one.position for one, is_done in came if is_done is None]
            waiting = [one for one, is_done in came if is_done is False]
        return done, failed

    def purge(self, recipient: str, work: DueWork) -> bool:
        """Clear every store of one person; whether that is certified, or waits for the ledger.

        Raises:
            StoreUnavailable: some are left; it stays due.
        """
        certified = [self._cleared(recipient, one, work) for one in work.purges]
        if not all(certified):
            return False
        self._epochs.settle(recipient, work.purges)
        return True

    def _cleared(self, recipient: str, purge_id: str, work: DueWork) -> bool:
        """Do one purge; whether it is certified. What the ledger has not entered yet it may still bring."""
        purge = self._purges.begin(purge_id, work.cause, work.floor)
        if purge.state is State.DONE:
            return True
        is_last = self._ledger_is_through(
            purge, work
        )  # asked first: what comes meanwhile is not lost
        person = Person(recipient, purge.subject, work.floor)
        found = {name: store.clear(person) for name, store in self._stores.items()}
        if is_last:
            self._purges.finish(purge, found, self._clock())
        else:
            self._purges.note(purge, found)
        return is_last

    def _ledger_is_through(self, purge: Purge, work: DueWork) -> bool:
        """Whether the ledger enters nothing more of who the person was."""
        return (
            not purge.subject
            or self._ledger.is_closed(purge.subject)
            or self._clock() > work.floor + GONE
        )

    def _one_due(self, now: int, has_time: Callable[[], bool], due: Due) -> tuple[bool, bool]:
        """Whether nothing is due any more on one, and whether a purge was."""
        if not has_time():
            return False, True
        try:
            work = self._epochs.work(due.recipient)
            if work is None:
                return True, False
            if not work.purges:
                if not work.is_held:
                    self._epochs.prune(due.recipient, work.soft, now)
                return True, False
            return self.purge(due.recipient, work), True
        except HeedError:
            return False, True

    def _tried(self, wanted: Wanted) -> bool | None:
        """Whether it is done; None: it failed."""
        try:
            return self.purge(wanted.recipient, wanted.work)
        except HeedError:
            return None
