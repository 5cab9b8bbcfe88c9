"""Record what SES says of a mail: that it bounced, was complained about, or was unsubscribed from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from heed.domain.errors import HeedError, Malformed
from heed.domain.feedback.event import Event, Other
from heed.domain.feedback.outcome import Verdict, judge
from heed.domain.feedback.rules import Count
from heed.domain.preferences.catalogue import Catalogue
from heed.domain.preferences.record import NOTHING
from heed.domain.preferences.register import Change
from heed.domain.recipients.address import normalise
from heed.domain.recipients.recipient import recipient_id
from heed.use_cases.ports.keys import IdentityKey
from heed.use_cases.ports.preferences import Preferences

AHEAD = 600_000  # milliseconds: more than two clocks differ


@dataclass(frozen=True, slots=True)
class RecordFeedback:
    """One write a recipient and event, and none for an event that changes nothing."""

    key: IdentityKey
    preferences: Preferences
    catalogue: Catalogue

    def __call__(self, event: Event, now: int) -> Verdict:
        """Record an event, and say what followed from it. Doing it again changes nothing.

        Args:
            event: what SES says.
            now: milliseconds; marks the change in the feed of changes, and is no part of it.

        Raises:
            Malformed: the event is of a time to come: what it would write could not be lifted before
                that time. Nothing was written.
            HeedError: some recipient could not be recorded; the others were.
        """
        if not isinstance(event, Other) and event.at > now + AHEAD:
            raise Malformed("of a time to come")
        verdict = judge(event, self._identify, self.catalogue)
        failure: HeedError | None = None
        for recipient, changes in verdict.changes.items():
            try:
                self.preferences.apply(recipient, changes, now)
            except HeedError as error:
                failure = error
        counts = list(verdict.counts)
        for recipient, changes in verdict.echoes.items():
            try:
                counts.append(self._echo(recipient, changes, now))
            except HeedError as error:
                failure = error
        if failure is not None:
            raise failure
        return verdict._replace(counts=counts)

    def _echo(self, recipient: str, changes: Sequence[Change], now: int) -> Count:
        """Record it of somebody unknown; decided on the very record that is written over.

        It is the one event whose effect depends on what came before it. Both orders are right: who is on
        record has said or met all that is known here, and of whom is not, the list alone knows.
        """
        applied = self.preferences.update(
            recipient, lambda record: changes if record == NOTHING else (), now
        )
        unknown = applied.before == NOTHING
        return Count.COMPLAINT_RECORDED if unknown else Count.COMPLAINT_IGNORED

    def _identify(self, address: str) -> str:
        return recipient_id(self.key.identity(), normalise(address))
