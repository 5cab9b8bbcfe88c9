"""Record what SES says of a mail: that it bounced, was complained about, or was unsubscribed from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from heed.domain.errors import HeedError, MalformedMessage
from heed.domain.feedback.event import FeedbackEvent, OtherEvent
from heed.domain.feedback.outcome import FeedbackOutcome, apply_feedback_rules
from heed.domain.feedback.rules import FeedbackEffect
from heed.domain.preferences.catalogue import Catalogue
from heed.domain.preferences.record import EMPTY_RECORD
from heed.domain.preferences.register import Change
from heed.domain.recipients.address import normalise_address
from heed.domain.recipients.recipient import recipient_id
from heed.use_cases.ports.keys import IdentityKey
from heed.use_cases.ports.preferences import Preferences

MAX_CLOCK_SKEW = 600_000  # milliseconds: more than two clocks differ


@dataclass(frozen=True, slots=True)
class RecordFeedback:
    """One write a recipient and event, and none for an event that changes nothing."""

    key: IdentityKey
    preferences: Preferences
    catalogue: Catalogue

    def __call__(self, event: FeedbackEvent, now: int) -> FeedbackOutcome:
        """Record an event, and say what followed from it. Doing it again changes nothing.

        Args:
            event: what SES says.
            now: milliseconds; marks the change in the feed of changes, and is no part of it.

        Raises:
            Malformed: the event is of a time to come: what it would write could not be lifted before
                that time. Nothing was written.
            HeedError: some recipient could not be recorded; the others were.
        """
        if not isinstance(event, OtherEvent) and event.at > now + MAX_CLOCK_SKEW:
            raise MalformedMessage("of a time to come")
        verdict = apply_feedback_rules(event, self._identify, self.catalogue)
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

    def _echo(self, recipient: str, changes: Sequence[Change], now: int) -> FeedbackEffect:
        """Record it of somebody unknown; decided on the very record that is written over.

        It is the one event whose effect depends on what came before it. Both orders are right: who is on
        record has said or met all that is known here, and of whom is not, the list alone knows.
        """
        applied = self.preferences.update(
            recipient, lambda record: changes if record == EMPTY_RECORD else (), now
        )
        unknown = applied.before == EMPTY_RECORD
        return FeedbackEffect.COMPLAINT_RECORDED if unknown else FeedbackEffect.COMPLAINT_IGNORED

    def _identify(self, address: str) -> str:
        return recipient_id(self.key.identity_key(), normalise_address(address))
