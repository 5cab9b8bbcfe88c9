"""Turns reports that arrive by mail into the feedback events that SES reports.

Anybody can send a report. It counts only if the mail embedded in it has a link that Heed signed, and only for
the recipient of that link. The report's own addresses and an unsigned tag prove nothing.
"""

from __future__ import annotations

import re
from typing import assert_never

from heed.domain.errors import InvalidToken
from heed.domain.feedback.event import Bounce, BouncedRecipient, Complaint, FeedbackEvent, FeedbackMail
from heed.domain.links.link_token import KeyLookup, TokenPurpose, verify_link_token
from heed.domain.mailbox.inbound_mail import InboundMail, MailHeaders, MailReport, Receipt, ReportKind

_LINK = re.compile(r"/u/([A-Za-z0-9_-]{54})(?![A-Za-z0-9_-])")
_MAX_LINKS = 10  # of one mail that are verified


def parse_feedback_report(mail: InboundMail, receipt: Receipt, key_for: KeyLookup) -> FeedbackEvent | None:
    """Returns the bounce or the complaint in a report; None if it reports none, or none of Heed's mail.

    Raises:
        KeysUnavailable: The link keys are not available.
    """
    if mail.report is None or mail.original is None:
        return None
    recipient = _recipient_of(mail.original, key_for)
    if recipient is None:
        return None
    original = FeedbackMail(destination=None, tag=recipient, id=None)
    match mail.report.kind:
        case ReportKind.DELIVERY:
            failed = _failed_recipients(mail.report)
            return (
                Bounce(receipt.at, "Permanent", None, failed, receipt.message_id, original)
                if failed
                else None
            )
        case ReportKind.COMPLAINT:
            kind = next((block.word("feedback-type") for block in mail.report.blocks), "") or None
            # Without addresses, the complaint applies to the recipient of the original.
            return Complaint(receipt.at, kind, None, [], receipt.message_id, original)
        case ReportKind.OTHER:
            return None
        case _:
            assert_never(mail.report.kind)


def _recipient_of(original: MailHeaders, key_for: KeyLookup) -> str | None:
    """Returns the recipient of an embedded mail, by the unsubscribe link that Heed signed for it."""
    links = [link for value in original.all("list-unsubscribe") for link in _LINK.findall(value)]
    for link in links[:_MAX_LINKS]:
        try:
            return verify_link_token(link, TokenPurpose.UNSUBSCRIBE, key_for).recipient
        except InvalidToken:
            continue
    return None


def _failed_recipients(report: MailReport) -> list[BouncedRecipient]:
    """Returns the recipients whose mail failed for ever: not those of a delay, or of a delivery."""
    return [
        BouncedRecipient(block.first("final-recipient"), block.word("action"), block.word("status"))
        for block in report.blocks
        if block.word("action") == "failed" and block.word("status").startswith("5.")
    ]
