"""After a confirmed opt-in: removes the address from the SES list, and notifies the adopter if configured.

SES accepts one call per second about its list, and a day may bring thousands of confirmations. So the
address goes to a queue of its own (heed.use_cases.opt_in.remove_from_ses_list). The notification waits for
the removal only if Heed knows of a bounce or a complaint: only then may the address be on the list. Without
the wait, SES would drop the first mail, and its report of that would suppress the address again.
"""

from __future__ import annotations

from dataclasses import dataclass

from heed.domain.errors import InvalidAddress, MalformedMessage
from heed.domain.milliseconds import Millis
from heed.domain.opt_in.confirmed_opt_in import ConfirmedOptIn, OptInNotification
from heed.domain.preferences.decision import is_request_void
from heed.domain.preferences.record import Record
from heed.domain.preferences.register import COMPLAINT, UNDELIVERABLE
from heed.domain.privacy.ses_list_request import SesListRequest
from heed.domain.recipients.address import normalise_address
from heed.use_cases.ports.opt_in import AddressEncryption, OptInNotificationClaims
from heed.use_cases.ports.preferences import MessageQueue, Preferences
from heed.use_cases.ports.privacy import PurgedPerson


@dataclass(frozen=True, slots=True)
class AfterConfirmation:
    """Does the steps after a confirmed opt-in that are outside of the table.

    Attributes:
        encryption: decrypts the address of the link.
        ses_list_queue: the queue of addresses to remove from the SES list.
        preferences: the records.
        notifications: records which confirmations the adopter was notified of.
        notification_queue: the queue of the adopter; None: the adopter gets no notifications.
    """

    encryption: AddressEncryption
    ses_list_queue: MessageQueue
    preferences: Preferences
    notifications: OptInNotificationClaims
    notification_queue: MessageQueue | None

    def __call__(self, opt_in: ConfirmedOptIn, now: Millis) -> None:
        """Does all steps. A second call, or a second press of the same link, changes nothing.

        Args:
            opt_in: the confirmed opt-in.
            now: milliseconds.

        Raises:
            DependencyUnavailable, UnreadableRecord: It is unknown whether all steps were done.
                The caller may retry.
            MalformedMessage: The encrypted address is not valid.
        """
        # This is the first step, so that a second press of the same link uses none of the rare SES calls.
        if not self.notifications.claim(opt_in.recipient, opt_in.requested_at, opt_in.press_id, now):
            return
        address = self._address(opt_in)
        # This read follows the claim. So a purge that starts after the read finds the claim and deletes it.
        record = self.preferences.read(opt_in.recipient)
        if is_request_void(record, opt_in.requested_at):
            self.notifications.clear(PurgedPerson(opt_in.recipient, ""))
            return
        if not opt_in.is_off_ses_list:
            self.ses_list_queue.send(SesListRequest(opt_in).to_message())
            if _may_be_listed(record):
                return  # after the removal this use case runs again, and notifies the adopter
        if self.notification_queue is not None:
            self.notification_queue.send(OptInNotification(opt_in, address).to_message())
        self.notifications.finish(opt_in.recipient, opt_in.requested_at)

    def _address(self, opt_in: ConfirmedOptIn) -> str:
        """Returns the normalised address."""
        try:
            return normalise_address(self.encryption.decrypt(opt_in.encrypted_address))
        except InvalidAddress as error:
            raise MalformedMessage(type(error).__name__) from None


def _may_be_listed(record: Record) -> bool:
    """Returns whether the address may be on the SES list."""
    return any(record.get(stop) or record.last_import(stop) for stop in (COMPLAINT, UNDELIVERABLE))
