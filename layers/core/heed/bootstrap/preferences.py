"""Parts for links, the preference centre, the preference API, and feedback from the mail provider."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from heed.bootstrap.shared import SharedParts, queue_at

if TYPE_CHECKING:
    from heed.adapters.dynamodb.change_feed import ChangeFeedIndex
    from heed.adapters.kms.signing_keys import KmsPublicKeys
    from heed.use_cases.feedback.record_feedback import RecordFeedback
    from heed.use_cases.links.unsubscribe import Unsubscribe, WriteOptOut
    from heed.use_cases.preferences.apply_privacy_signal import ApplyPrivacySignal
    from heed.use_cases.preferences.save_preferences import (
        RecordFormSignal,
        SavePreferences,
        UndoPress,
    )


class PreferenceParts(SharedParts):
    """Parts that read and write preferences."""

    @cached_property
    def change_feed(self) -> ChangeFeedIndex:
        """The feed of suppressions, in order of change."""
        from heed.adapters.dynamodb.change_feed import ChangeFeedIndex

        return ChangeFeedIndex(self.client("dynamodb"), self.config.preferences_table)

    opt_out_retry_queue = queue_at(lambda config: config.opt_out_retry_queue_url)
    """The queue of opt-outs whose write failed."""

    opt_out_retry_dead_letters = queue_at(lambda config: config.opt_out_retry_dlq_url)
    """The dead-letter queue for queued opt-outs that cannot be parsed."""

    @cached_property
    def snapshot_public_keys(self) -> KmsPublicKeys:
        """The public keys that verify snapshots."""
        from heed.adapters.kms.signing_keys import KmsPublicKeys

        return KmsPublicKeys(self.client("kms"), self.config.snapshot_keys)

    @cached_property
    def write_opt_out(self) -> WriteOptOut:
        """Writes an opt-out, immediately or from the queue."""
        from heed.use_cases.links.unsubscribe import WriteOptOut

        return WriteOptOut(self.preferences, self.catalogue)

    @cached_property
    def unsubscribe(self) -> Unsubscribe:
        """Handles a press of an unsubscribe link. It creates an SQS client only after a failed write."""
        from heed.use_cases.links.unsubscribe import Unsubscribe

        return Unsubscribe(self.write_opt_out, lambda: self.opt_out_retry_queue)

    @cached_property
    def save_preferences(self) -> SavePreferences:
        """Saves the form of the preference centre."""
        from heed.use_cases.preferences.save_preferences import SavePreferences

        return SavePreferences(self.preferences, self.catalogue)

    @cached_property
    def record_form_signal(self) -> RecordFormSignal:
        """Records the privacy signal of a browser when its form could not be read."""
        from heed.use_cases.preferences.save_preferences import RecordFormSignal

        return RecordFormSignal(self.preferences, self.catalogue)

    @cached_property
    def undo_press(self) -> UndoPress:
        """Undoes a press (the button "Undo")."""
        from heed.use_cases.preferences.save_preferences import UndoPress

        return UndoPress(self.link_keys, self.preferences, self.catalogue)

    @cached_property
    def apply_privacy_signal(self) -> ApplyPrivacySignal:
        """Applies the privacy signal of a browser that opens a link."""
        from heed.use_cases.preferences.apply_privacy_signal import ApplyPrivacySignal

        return ApplyPrivacySignal(self.preferences, self.catalogue)

    @cached_property
    def record_feedback(self) -> RecordFeedback:
        """Records bounces and complaints."""
        from heed.use_cases.feedback.record_feedback import RecordFeedback

        return RecordFeedback(self.identity_key, self.preferences, self.catalogue)

    feedback_dead_letters = queue_at(lambda config: config.feedback_dlq_url)
    """The dead-letter queue for feedback that cannot be parsed."""
