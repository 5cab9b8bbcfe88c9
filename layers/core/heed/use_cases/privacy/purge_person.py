"""Purges a person: after the erasure, clears all other stores, and stores the certificate.

A purge can stop after any call and start again, also in several workers at once. Each step is repeatable,
and the purge stays due until its last step. A late event from before the erasure creates no data, since
nothing older than the erasure counts.

A purge has two conditions for its certificate. First, the ledger must be complete: it has the last entry of
the person, or the stream cannot deliver older writes any more. Second, a walk must have read the SES list
from its beginning to its end (heed.use_cases.privacy.walk_ses_list).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto

from heed.domain.milliseconds import Millis
from heed.domain.privacy.purge import SES_LIST_STORE, DueWork, Purge, PurgeState
from heed.use_cases.ledger.reconcile import STREAM_RETENTION
from heed.use_cases.ports.privacy import ClosedChains, Erasures, PurgedPerson, Purges, PurgeTarget
from heed.use_cases.ports.ses_list import SesListWalks


class PurgeResult(Enum):
    """The result of a purge."""

    DONE = auto()
    WAITS_FOR_LEDGER = auto()  # the ledger may still get entries of the person
    WAITS_FOR_LIST = auto()  # no walk over the SES list has finished since
    FAILED = auto()  # a store did not answer, or there was no time


@dataclass(frozen=True, slots=True)
class PurgePerson:
    """Clears every store of one person.

    Attributes:
        erasures: tracks the due work.
        purges: the records of purges.
        stores: each store that may hold personal data, other than the preferences, by name.
        closed_chains: knows for which subjects the ledger is complete.
        walks: the walks over the SES list.
        clock: returns the time, milliseconds since 1970.
    """

    erasures: Erasures
    purges: Purges
    stores: Mapping[str, PurgeTarget]
    closed_chains: ClosedChains
    walks: SesListWalks
    clock: Callable[[], Millis]

    def __call__(self, recipient: str, work: DueWork, *, again: bool = False) -> PurgeResult:
        """Clears all stores of a person, for each due purge.

        Args:
            recipient: recipient id.
            work: the due work.
            again: whether the stores were cleared a moment ago. Then they are cleared again only after the
                walk over the SES list has finished.

        Returns:
            Whether all purges are certified; otherwise the reason why the first of the others is not.

        Raises:
            StoreUnavailable: Some data may be left. The purge stays due.
        """
        results = [self._purge(recipient, purge_id, work, again=again) for purge_id in work.purges]
        unfinished = next((result for result in results if result is not PurgeResult.DONE), None)
        if unfinished is None:
            self.erasures.finish_purges(recipient, work.purges)
        return unfinished or PurgeResult.DONE

    def _purge(self, recipient: str, purge_id: str, work: DueWork, *, again: bool) -> PurgeResult:
        """Does one purge."""
        # This read comes before that of the purge, since a walk may make the purge wait for the next walk.
        last_walk = self.walks.last_finished()
        purge = self.purges.start(purge_id, work.cause, work.erased_at)
        if purge.state is PurgeState.DONE:
            return PurgeResult.DONE
        is_walked = purge.walk is not None and purge.walk <= last_walk
        if again and not is_walked:
            return PurgeResult.WAITS_FOR_LIST
        # This check comes before the stores are cleared. So data that arrives meanwhile is not missed.
        is_complete = self._is_ledger_complete(purge, work)
        person = PurgedPerson(recipient, purge.subject, work.erased_at)
        counts = {name: store.clear(person) for name, store in self.stores.items()}
        if not is_walked:
            self.purges.save_counts(purge, counts)
            return PurgeResult.WAITS_FOR_LIST
        if not is_complete:
            self.purges.save_counts(purge, counts)
            return PurgeResult.WAITS_FOR_LEDGER
        self.purges.finish(purge, {SES_LIST_STORE: 0, **counts}, self.clock())
        return PurgeResult.DONE

    def _is_ledger_complete(self, purge: Purge, work: DueWork) -> bool:
        """Returns whether the ledger gets no more entries of the subject from before the erasure."""
        return (
            not purge.subject
            or self.closed_chains.is_closed(purge.subject)
            or self.clock() > work.erased_at + STREAM_RETENTION
        )
