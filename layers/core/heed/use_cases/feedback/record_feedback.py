"""Records what SES reports about a mail: a bounce, a complaint, or a click on its unsubscribe link."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from heed.domain.errors import HeedError, MalformedMessage
from heed.domain.feedback.event import FeedbackEvent, OtherEvent
from heed.domain.feedback.outcome import FeedbackOutcome, apply_feedback_rules
from heed.domain.feedback.rules import FeedbackEffect
from heed.domain.milliseconds import Millis
from heed.domain.preferences.catalogue import Catalogue
from heed.domain.preferences.record import EMPTY_RECORD
from heed.domain.preferences.register import Change
from heed.domain.recipients.address import normalise_address
from heed.domain.recipients.recipient import recipient_id
from heed.use_cases.ports.keys import IdentityKey
from heed.use_cases.ports.preferences import Preferences

MAX_CLOCK_SKEW = 600_000  # milliseconds; the clocks of SES and Heed differ by less


@dataclass(frozen=True, slots=True)
class RecordFeedback:
    """Records an event with one write per recipient. An event that changes nothing causes no write."""

    key: IdentityKey
    preferences: Preferences
    catalogue: Catalogue

    def __call__(self, event: FeedbackEvent, now: Millis) -> FeedbackOutcome:
        """Records an event. A second call changes nothing.

        Args:
            event: the report of SES.
            now: milliseconds. It sets the position in the feed of changes, not the time of the change.

        Returns:
            The outcome, with one effect for each recipient.

        Raises:
            MalformedMessage: The time of the event is in the future. Nobody could lift its suppression
                before that time, so nothing is stored.
            HeedError: At least one recipient could not be recorded. All others are.
        """
        if not isinstance(event, OtherEvent) and event.at > now + MAX_CLOCK_SKEW:
            raise MalformedMessage("the time of the event is in the future")
        outcome = apply_feedback_rules(event, self._identify, self.catalogue)
        failure: HeedError | None = None
        for recipient, changes in outcome.changes.items():
            try:
                self.preferences.apply(recipient, changes, now)
            except HeedError as error:
                failure = error
        counts = list(outcome.effects)
        for recipient, changes in outcome.echo_changes.items():
            try:
                counts.append(self._record_if_unknown(recipient, changes, now))
            except HeedError as error:
                failure = error
        if failure is not None:
            raise failure
        return outcome._replace(effects=counts)

    def _record_if_unknown(self, recipient: str, changes: Sequence[Change], now: Millis) -> FeedbackEffect:
        """Records a drop by SES if the recipient is unknown. The same write checks that the record is empty.

        No other event has an effect that depends on earlier events. Either order is correct: Heed knows the
        choices and complaints of a recipient with a record, and only the SES list knows any other recipient.
        """
        result = self.preferences.update(
            recipient, lambda record: changes if record == EMPTY_RECORD else (), now
        )
        is_unknown = result.before == EMPTY_RECORD
        return FeedbackEffect.COMPLAINT_RECORDED if is_unknown else FeedbackEffect.COMPLAINT_IGNORED

    def _identify(self, address: str) -> str:
        return recipient_id(self.key.identity_key(), normalise_address(address))
