"""Forwards a mail that Heed does not act on to the company's own mailbox."""

from __future__ import annotations

from dataclasses import dataclass

from heed.domain.errors import MailNotSent, MailRefused, MailUncertain
from heed.domain.mailbox.company_addresses import CompanyAddresses
from heed.domain.mailbox.inbound_mail import ReceivedMail
from heed.domain.milliseconds import Millis
from heed.domain.recipients.recipient import recipient_id
from heed.use_cases.ports.daily_counts import DailyCounts
from heed.use_cases.ports.keys import IdentityKey
from heed.use_cases.ports.mailbox import ForwardRenderer
from heed.use_cases.ports.opt_in import Mailer


@dataclass(frozen=True, slots=True)
class ForwardToCompany:
    """Forwards a mail.

    Attributes:
        address: the company's mailbox, in lower case.
        company: the company's own addresses. Nothing is forwarded into the domain of inbound mail, because it
            would come back.
        identity_key: gives the key of recipient ids.
        counts: limits the mails of a day.
        render: renders the message.
        mailer: sends the message.
    """

    address: str
    company: CompanyAddresses
    identity_key: IdentityKey
    counts: DailyCounts
    render: ForwardRenderer
    mailer: Mailer

    def __call__(self, mail: ReceivedMail, case_id: str, now: Millis) -> bool:
        """Forwards a mail, or sends a notice about it. A second call sends a second message.

        Args:
            mail: the mail.
            case_id: the case that has the mail, for a notice; "": the mail is attached.
            now: milliseconds.

        Returns:
            Whether the message was sent for certain. Otherwise a person must find the mail elsewhere.

        Raises:
            DependencyUnavailable: The message was not sent. A retry may succeed.
        """
        if self.company.lead_to_heed(self.address) or not self.counts.count("mail", now):
            return False
        recipient = recipient_id(self.identity_key.identity_key(), self.address)
        try:
            self.mailer.send(self.address, recipient, self.render(mail, self.address, case_id))
        except (MailNotSent, MailRefused, MailUncertain):
            return False
        return True
