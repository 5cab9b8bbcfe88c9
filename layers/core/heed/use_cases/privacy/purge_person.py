"""A purge: what one write stopped is cleared from every other store, and the certificate says so.

May be stopped after any call and begun again, by several at once: each step does nothing the second
time, and what is due is due until the last step is done. A new event in the middle finds the epoch's
floor, and re-creates nothing.

Nothing is certified while the ledger may still be told of what was before: the last entry of the person
must be there, or the stream must be too old to bring any. Nor is it before the mail service's own list of
addresses was walked from its beginning to its end (`walk_ses_list`): a purge waits for that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto

from heed.domain.privacy.purge import SES_LIST_STORE, DueWork, Purge, PurgeState
from heed.use_cases.ledger.reconcile import STREAM_RETENTION
from heed.use_cases.ports.privacy import ClosedChains, Erasures, Purges, PurgeSubject, PurgeTarget
from heed.use_cases.ports.ses_list import SesListWalks


class PurgeResult(Enum):
    """What came of a purge."""

    DONE = auto()
    WAITS_FOR_LEDGER = auto()  # which may still be told of something
    WAITS_FOR_LIST = auto()  # the mail service's own, which nobody has walked since
    FAILED = auto()  # a store did not answer, or there was no time


@dataclass(frozen=True, slots=True)
class PurgePerson:
    """Clears every store of one person.

    Attributes:
        epochs, purges: the ports.
        stores: every store besides the preferences that may hold something personal, by its name.
        ledger: tells whether it has entered all that there was.
        walks: tells which walks over the mail service's list have ended.
        clock: milliseconds since 1970.
    """

    epochs: Erasures
    purges: Purges
    stores: Mapping[str, PurgeTarget]
    ledger: ClosedChains
    walks: SesListWalks
    clock: Callable[[], int]

    def __call__(self, recipient: str, work: DueWork, *, again: bool = False) -> PurgeResult:
        """Clear them; whether that is certified, or what it waits for.

        `again` is whether that was done a moment ago: then it is done when nothing is waited for any more.

        Raises:
            StoreUnavailable: some are left; it stays due.
        """
        came = [self._cleared(recipient, one, work, again=again) for one in work.purges]
        waits = next((one for one in came if one is not PurgeResult.DONE), None)
        if waits is None:
            self.epochs.settle(recipient, work.purges)
        return waits or PurgeResult.DONE

    def _cleared(self, recipient: str, purge_id: str, work: DueWork, *, again: bool) -> PurgeResult:
        """Do one purge; whether it is certified, or what may still bring something."""
        # Before the purge is read, which a walk may have wait for the next.
        walked = self.walks.ended()
        purge = self.purges.begin(purge_id, work.cause, work.floor)
        if purge.state is PurgeState.DONE:
            return PurgeResult.DONE
        is_walked = purge.walk is not None and purge.walk <= walked
        if again and not is_walked:
            return PurgeResult.WAITS_FOR_LIST
        # Asked before the stores are cleared: what comes meanwhile is not lost.
        is_last = self._ledger_is_through(purge, work)
        person = PurgeSubject(recipient, purge.subject, work.floor)
        found = {name: store.clear(person) for name, store in self.stores.items()}
        if not is_walked:
            self.purges.note(purge, found)
            return PurgeResult.WAITS_FOR_LIST
        if not is_last:
            self.purges.note(purge, found)
            return PurgeResult.WAITS_FOR_LEDGER
        self.purges.finish(purge, {SES_LIST_STORE: 0, **found}, self.clock())
        return PurgeResult.DONE

    def _ledger_is_through(self, purge: Purge, work: DueWork) -> bool:
        """Whether the ledger enters nothing more of who the person was."""
        return (
            not purge.subject
            or self.ledger.is_closed(purge.subject)
            or self.clock() > work.floor + STREAM_RETENTION
        )
