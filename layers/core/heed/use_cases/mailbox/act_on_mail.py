"""Does what the table of mails decides: records, asks for a confirmation, or opens a case."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, assert_never

from heed.domain.errors import WaitingQueueFull
from heed.domain.links.link_token import LinkToken
from heed.domain.mailbox.case import CaseKind, new_case
from heed.domain.mailbox.mail_action import (
    ConfirmByMail,
    DropMail,
    DropReason,
    ForwardMail,
    LetPersonDecide,
    MailAction,
    OptOutByLink,
    OptOutSender,
    RecordReport,
    ReportSenderAsMinor,
)
from heed.domain.opt_in.confirmation_token import Intent
from heed.domain.recipients.recipient import recipient_id
from heed.use_cases.mailbox.mail_requests import (
    confirmation_for,
    record_link_opt_outs,
    record_sender_opt_out,
    report_sender_as_minor,
)

if TYPE_CHECKING:
    from heed.domain.mailbox.inbound_mail import Receipt
    from heed.domain.milliseconds import Millis
    from heed.use_cases.cases.open_case import OpenCase
    from heed.use_cases.feedback.record_feedback import RecordFeedback
    from heed.use_cases.links.unsubscribe import WriteOptOut
    from heed.use_cases.opt_in.request_confirmation import QueueConfirmationRequest
    from heed.use_cases.ports.keys import IdentityKey
    from heed.use_cases.ports.privacy import MinorReportCounts
    from heed.use_cases.privacy.erase import Erase

_ALL_REPORTS = "mail"
"""The name under which the reports of children of all senders are counted."""
_CONFIRMATION_ORIGIN = "mail"
"""The name under which the caps of API keys count all confirmation mails that mails cause."""


class MailEffect(StrEnum):
    """What a mail caused. The values are names of metrics."""

    VIRUS_DROPPED = "MailVirusDropped"
    DROPPED = "MailDropped"
    OPT_OUT_RECORDED = "MailOptOutRecorded"
    REPORT_RECORDED = "MailReportRecorded"
    MINOR_RECORDED = "MailMinorRecorded"
    CONFIRMATION_REQUESTED = "MailConfirmationRequested"
    CASE_OPENED = "MailCaseOpened"


@dataclass(frozen=True, slots=True)
class ConfirmSenders:
    """How to send confirmation links to senders of mails.

    Attributes:
        queue_request: queues a request within the caps.
        base_url: the URL with which each link begins.
    """

    queue_request: QueueConfirmationRequest
    base_url: str


@dataclass(frozen=True, slots=True)
class ActOnMail:
    """Does one action about a mail. A second call for the same mail changes no record.

    Attributes:
        identity_key: gives the key of recipient ids.
        write_opt_out: records opt-outs.
        record_feedback: records bounces and complaints.
        erase: records that an address is a child's.
        open_case: opens cases.
        confirm: sends confirmation links; None if the deployment sends no mail.
        sender_counts: limits the pauses that the reports of each sender cause.
        total_counts: limits the pauses that all reports cause.
    """

    identity_key: IdentityKey
    write_opt_out: WriteOptOut
    record_feedback: RecordFeedback
    erase: Erase
    open_case: OpenCase
    confirm: ConfirmSenders | None
    sender_counts: MinorReportCounts
    total_counts: MinorReportCounts

    def __call__(
        self, action: MailAction, receipt: Receipt, sender: str, raw: bytes, now: Millis
    ) -> MailEffect:
        """Does an action.

        Args:
            action: what to do.
            receipt: what SES reports about the mail.
            sender: the address of the sender, or "".
            raw: the mail, or the beginning of it.
            now: milliseconds.

        Returns:
            What happened.

        Raises:
            DependencyUnavailable, UnreadableRecord: It is unknown whether the action was completed.
                A retry completes it.
        """
        match action:
            case DropMail(reason):
                is_virus = reason is DropReason.VIRUS
                return MailEffect.VIRUS_DROPPED if is_virus else MailEffect.DROPPED
            case OptOutByLink(tokens):
                record_link_opt_outs(tokens, receipt, now, self.write_opt_out)
                return MailEffect.OPT_OUT_RECORDED
            case RecordReport(event):
                self.record_feedback(event, now)
                return MailEffect.REPORT_RECORDED
            case OptOutSender():
                record_sender_opt_out(action, receipt, now, self.identity_key, self.write_opt_out)
                return MailEffect.OPT_OUT_RECORDED
            case ReportSenderAsMinor():
                report_sender_as_minor(action, receipt, now, self.identity_key, self.erase)
                return MailEffect.MINOR_RECORDED
            case ConfirmByMail():
                return self._confirm(action, receipt, raw, now)
            case LetPersonDecide(kinds, about):
                return self._open_case(kinds[0], about, sender, receipt, raw, now)
            case ForwardMail():
                return self._open_case(CaseKind.OTHER, sender, sender, receipt, raw, now)
            case _:
                assert_never(action)

    def _confirm(self, action: ConfirmByMail, receipt: Receipt, raw: bytes, now: Millis) -> MailEffect:
        """Requests a confirmation mail. Beyond the caps, and without a sender address, a person decides."""
        catalogue = self.write_opt_out.catalogue
        if self.confirm is not None:
            request = confirmation_for(action, receipt, self.confirm.base_url, catalogue)
            try:
                self.confirm.queue_request(request, _CONFIRMATION_ORIGIN)
            except WaitingQueueFull:
                pass
            else:
                return MailEffect.CONFIRMATION_REQUESTED
        kind = CaseKind.OPT_IN if action.intent is Intent.IN else CaseKind.OPT_OUT_DOUBTFUL
        return self._open_case(kind, action.address, action.address, receipt, raw, now)

    def _open_case(
        self,
        kind: CaseKind,
        about: str | LinkToken,
        sender: str,
        receipt: Receipt,
        raw: bytes,
        now: Millis,
    ) -> MailEffect:
        """Opens a case. Beyond the caps, the report of a child names nobody, so it pauses nothing."""
        if kind is CaseKind.CHILD_REPORT and about and not self._may_pause(sender, now):
            about = ""
        case = new_case(kind, receipt.message_id, self._identify(about), receipt.at)
        return MailEffect.CASE_OPENED if self.open_case(case, raw, now) else MailEffect.DROPPED

    def _may_pause(self, sender: str, now: Millis) -> bool:
        """Counts a report of a child. A retry counts again, so a failure never exceeds a cap.

        The name of the count is a keyed hash of the sender, and not the recipient id.
        """
        key = self.identity_key.identity_key()  # no address begins with these bytes
        name = hmac.digest(key, f"reports {sender}".encode(), "sha256").hex()[:32]
        return self.sender_counts.count_report(name, now) and self.total_counts.count_report(
            _ALL_REPORTS, now
        )

    def _identify(self, about: str | LinkToken) -> str:
        if isinstance(about, LinkToken):
            return about.recipient
        return recipient_id(self.identity_key.identity_key(), about) if about else ""
