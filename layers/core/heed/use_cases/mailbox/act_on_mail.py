"""Does what the table of mails decides: records, asks for a confirmation, forwards, or opens a case."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, assert_never

from heed.domain.errors import WaitingQueueFull
from heed.domain.links.link_token import LinkToken
from heed.domain.mailbox.case import Case, CaseKind, new_case
from heed.domain.mailbox.inbound_mail import Receipt, ReceivedMail, Verdict
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
from heed.domain.milliseconds import Millis
from heed.domain.opt_in.confirmation_token import Intent
from heed.domain.recipients.recipient import recipient_id
from heed.use_cases.cases.open_case import OpenCase
from heed.use_cases.feedback.record_feedback import RecordFeedback
from heed.use_cases.links.unsubscribe import WriteOptOut
from heed.use_cases.mailbox.forward_to_company import ForwardToCompany
from heed.use_cases.mailbox.mail_requests import (
    confirmation_for,
    count_name,
    record_link_opt_outs,
    record_sender_opt_out,
    report_sender_as_minor,
)
from heed.use_cases.opt_in.request_confirmation import QueueConfirmationRequest
from heed.use_cases.ports.daily_counts import DailyCounts
from heed.use_cases.ports.keys import IdentityKey
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
    CASE_REFUSED = "MailCaseRefused"  # there are too many; the mail is lost
    MISSING = "MailMissing"  # the mail is not in the bucket; only its header is known
    FORWARDED = "MailForwarded"
    FORWARD_FAILED = "MailForwardFailed"  # it is a case instead
    ANSWERED = "MailAnswered"
    ANSWER_FAILED = "MailAnswerFailed"


class MailResult(NamedTuple):
    """The result of one action about a mail.

    Attributes:
        effect: what happened; None if it was nothing.
        case: the case, if one was opened.
    """

    effect: MailEffect | None
    case: Case | None = None


@dataclass(frozen=True, slots=True)
class ActOnMail:
    """Does one action about a mail. A second call for the same mail changes no record.

    Attributes:
        identity_key: gives the key of recipient ids.
        write_opt_out: records opt-outs.
        record_feedback: records bounces and complaints.
        erase: records that an address is a child's.
        open_case: opens cases.
        queue_confirmation: queues confirmation links, within the caps; None if the deployment sends none.
        base_url: the URL with which each link begins.
        forward: forwards mails to the company; None if it has no mailbox for them.
        sender_counts: limits the pauses that the reports of each sender cause.
        total_counts: limits the pauses that all reports cause.
    """

    identity_key: IdentityKey
    write_opt_out: WriteOptOut
    record_feedback: RecordFeedback
    erase: Erase
    open_case: OpenCase
    queue_confirmation: QueueConfirmationRequest | None
    base_url: str
    forward: ForwardToCompany | None
    sender_counts: DailyCounts
    total_counts: DailyCounts

    def __call__(self, action: MailAction, mail: ReceivedMail, now: Millis) -> MailResult:
        """Does an action.

        Args:
            action: what to do.
            mail: the mail.
            now: milliseconds.

        Raises:
            DependencyUnavailable, UnreadableRecord: It is unknown whether the action was completed.
                A retry completes it.
        """
        receipt = mail.receipt
        match action:
            case DropMail(reason):
                is_virus = reason is DropReason.VIRUS
                return MailResult(MailEffect.VIRUS_DROPPED if is_virus else MailEffect.DROPPED)
            case OptOutByLink(tokens):
                record_link_opt_outs(tokens, receipt, now, self.write_opt_out)
                return MailResult(MailEffect.OPT_OUT_RECORDED)
            case RecordReport(event):
                self.record_feedback(event, now)
                return MailResult(MailEffect.REPORT_RECORDED)
            case OptOutSender():
                return self._opt_out_sender(action, receipt, now)
            case ReportSenderAsMinor():
                report_sender_as_minor(action, receipt, now, self.identity_key, self.erase)
                return MailResult(MailEffect.MINOR_RECORDED)
            case ConfirmByMail():
                return self._confirm(action, mail, now)
            case LetPersonDecide():
                result = self._open_case(action, mail, now)
                if result.case or not action.beyond_caps:
                    return result
                return self._opt_out_sender(action.beyond_caps, receipt, now)
            case ForwardMail():
                return self._forward(mail, now)
            case _:
                assert_never(action)

    def _opt_out_sender(self, action: OptOutSender, receipt: Receipt, now: Millis) -> MailResult:
        record_sender_opt_out(action, receipt, now, self.identity_key, self.write_opt_out)
        return MailResult(MailEffect.OPT_OUT_RECORDED)

    def _confirm(self, action: ConfirmByMail, mail: ReceivedMail, now: Millis) -> MailResult:
        """Requests a confirmation mail. Beyond the caps, and without a sender address, the mail is a case."""
        catalogue = self.write_opt_out.catalogue
        if self.queue_confirmation is not None:
            request = confirmation_for(action, mail.receipt, self.base_url, catalogue)
            try:
                self.queue_confirmation(request, _CONFIRMATION_ORIGIN)
            except WaitingQueueFull:
                pass
            else:
                return MailResult(MailEffect.CONFIRMATION_REQUESTED)
        if action.has_case:
            return MailResult(None)
        kind = CaseKind.OPT_IN if action.intent is Intent.IN else CaseKind.OPT_OUT_DOUBTFUL
        return self._open_case(LetPersonDecide((kind,), action.address), mail, now)

    def _forward(self, mail: ReceivedMail, now: Millis) -> MailResult:
        """Forwards a mail. If that fails, it becomes a case. If it is too large, the notice names its case.

        The mail is forwarded before it is deleted. After a crash in between it is forwarded again.
        """
        forward = self.forward
        if forward and not mail.is_cut and forward(mail, "", now):
            return MailResult(MailEffect.FORWARDED)
        result = self._open_case(LetPersonDecide((CaseKind.OTHER,), mail.sender), mail, now)
        if not forward or not result.case or (mail.is_cut and forward(mail, result.case.id, now)):
            return result
        return result._replace(effect=MailEffect.FORWARD_FAILED)

    def _open_case(self, action: LetPersonDecide, mail: ReceivedMail, now: Millis) -> MailResult:
        """Opens a case of the first kind, within the caps.

        Beyond the caps of pauses, the report of a child names nobody, so it pauses nothing.
        """
        (kind, *others), about = action.kinds, action.about
        if kind is CaseKind.CHILD_REPORT and about and not self._may_pause(mail.sender, now):
            about = ""
        receipt, recipient = mail.receipt, self._identify(about)
        case = new_case(
            kind, receipt.message_id, recipient, receipt.at, others, names_other=action.names_other
        )
        is_proven = receipt.dmarc is Verdict.PASS and receipt.spam is not Verdict.FAIL
        sender = recipient if isinstance(about, LinkToken) else mail.sender if is_proven else ""
        if self.open_case(case, mail.raw, sender, now):
            return MailResult(MailEffect.CASE_OPENED, case)
        return MailResult(MailEffect.CASE_REFUSED)

    def _may_pause(self, sender: str, now: Millis) -> bool:
        """Counts a report of a child. A retry counts again, so a failure never exceeds a cap."""
        name = count_name(self.identity_key.identity_key(), "reports", sender)
        return self.sender_counts.count(name, now) and self.total_counts.count(_ALL_REPORTS, now)

    def _identify(self, about: str | LinkToken) -> str:
        if isinstance(about, LinkToken):
            return about.recipient
        return recipient_id(self.identity_key.identity_key(), about) if about else ""
