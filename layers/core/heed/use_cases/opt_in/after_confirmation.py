"""After a confirmed yes: SES's own stop goes, and the adopter is told, once, if it wants to be.

SES takes one call a second about its list, and a day may bring thousands of confirmations. So the address
goes on to a queue of its own (heed.use_cases.opt_in.remove_from_ses_list), and only they wait for it whom
SES may really drop mail to, since Heed knows of a bounce or a complaint: mail that is sent to them too
soon would be dropped, and the report of that would stop them again.
"""

from __future__ import annotations

from dataclasses import dataclass

from heed.domain.errors import InvalidAddress, MalformedMessage
from heed.domain.opt_in.confirmed_opt_in import ConfirmedOptIn, OptInNotification
from heed.domain.preferences.decision import is_silent
from heed.domain.preferences.record import Record
from heed.domain.preferences.register import COMPLAINT, UNDELIVERABLE
from heed.domain.privacy.ses_list_request import SesListRequest
from heed.domain.recipients.address import normalise_address
from heed.use_cases.ports.opt_in import AddressEncryption, OptInNotifications
from heed.use_cases.ports.preferences import MessageQueue, Preferences
from heed.use_cases.ports.privacy import PurgeSubject


@dataclass(frozen=True, slots=True)
class AfterConfirmation:
    """What follows from a confirmed yes outside of the table.

    `opt_ins` is the adopter's queue; None: it does not want to be told.
    """

    seal: AddressEncryption
    unlisting: MessageQueue
    preferences: Preferences
    tellings: OptInNotifications
    opt_ins: MessageQueue | None

    def __call__(self, opt_in: ConfirmedOptIn, now: int) -> None:
        """Do all of it; again, and for another press of the same link, nothing more happens.

        Raises:
            Unavailable, UnreadableRecord: not all is done; the same message may be delivered again.
            Malformed: the sealed address is none of ours.
        """
        # First of all: another press of the same link costs none of the calls that SES permits a second.
        if not self.tellings.begin(opt_in.recipient, opt_in.issued, opt_in.press, now):
            return
        address = self._address(opt_in)
        # Read behind the write: a purge that begins after this reading finds what was written.
        record = self.preferences.read(opt_in.recipient)
        if is_silent(record, opt_in.issued):
            self.tellings.clear(PurgeSubject(opt_in.recipient, ""))
            return
        if not opt_in.unlisted:
            self.unlisting.send(SesListRequest(opt_in).to_message())
            if _may_be_listed(record):
                return  # it comes back, and is told of then
        if self.opt_ins is not None:
            self.opt_ins.send(OptInNotification(opt_in, address).to_message())
        self.tellings.finish(opt_in.recipient, opt_in.issued)

    def _address(self, opt_in: ConfirmedOptIn) -> str:
        """The address, normalised."""
        try:
            return normalise_address(self.seal.decrypt(opt_in.sealed))
        except InvalidAddress as error:
            raise MalformedMessage(type(error).__name__) from None


def _may_be_listed(record: Record) -> bool:
    """Whether SES may have put the person on its list."""
    return COMPLAINT in record.registers or UNDELIVERABLE in record.registers
