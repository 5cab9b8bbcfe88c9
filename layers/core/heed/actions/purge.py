"""Purges: what one write stopped is cleared from every other store, and the certificate says so.

May be stopped after any call and begun again, by several at once: each step does nothing the second
time, and what is due is due until the last step is done. A new event in the middle finds the epoch's
floor, and re-creates nothing.
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
    Person,
    PersonalStore,
    Purges,
    Wanted,
)
from heed.domain.errors import HeedError
from heed.domain.purge import OVERDUE, State

_PARALLEL = 8  # each waits for the stores, not for the processor


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
        clock: milliseconds since the epoch.
    """

    def __init__(
        self,
        read: Callable[[Iterable[Mapping[str, Any]]], list[Wanted]],
        epochs: Epochs,
        purges: Purges,
        stores: Mapping[str, PersonalStore],
        clock: Callable[[], int],
    ) -> None:
        self._read = read
        self._epochs = epochs
        self._purges = purges
        self._stores = stores
        self._clock = clock

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
        """Do what records ask for: how many are done, and the positions of those that failed."""
        wanted = self._read(records)
        with ThreadPoolExecutor(_PARALLEL) as pool:
            failed = [one for one in pool.map(self._failed, wanted) if one]
        return len(wanted) - len(failed), failed

    def purge(self, recipient: str, work: DueWork) -> None:
        """Clear every store of one person.

        Raises:
            StoreUnavailable: some are left; it stays due.
        """
        for purge_id in work.purges:
            purge = self._purges.begin(purge_id, work.cause, work.floor)
            if purge.state is not State.DONE:
                person = Person(recipient, purge.subject, work.floor)
                found = {name: store.clear(person) for name, store in self._stores.items()}
                self._purges.finish(purge, found, self._clock())
        self._epochs.settle(recipient, work.purges)

    def _one_due(self, now: int, has_time: Callable[[], bool], due: Due) -> tuple[bool, bool]:
        """Whether nothing is due any more on one, and whether a purge was."""
        if not has_time():
            return False, True
        try:
            work = self._epochs.work(due.recipient)
            if work is None:
                return True, False
            if not work.purges:
                self._epochs.prune(due.recipient, work.soft, now)
                return True, False
            self.purge(due.recipient, work)
        except HeedError:
            return False, True
        return True, True

    def _failed(self, wanted: Wanted) -> str | None:
        try:
            self.purge(wanted.recipient, wanted.work)
        except HeedError:
            return wanted.position
        return None
