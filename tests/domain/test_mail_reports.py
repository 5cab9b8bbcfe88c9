"""Reports by mail: a bounce or a complaint counts only for the recipient of a link that Heed signed."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from heed.domain.feedback.event import Bounce, Complaint
from heed.domain.feedback.outcome import apply_feedback_rules
from heed.domain.mailbox.attribution import Attribution, AutomaticMail, ReportedFeedback, attribute_mail
from heed.domain.mailbox.inbound_mail import InboundMail, MailHeaders, Receipt
from heed.domain.preferences.register import COMPLAINT, UNDELIVERABLE
from heed.domain.recipients.address import normalise_address
from heed.domain.recipients.recipient import recipient_id
from tests.support.catalogues import CATALOGUE
from tests.support.inbound_mails import COMPANY, TOKEN, link_key, receipt, sample

NULL_PATH = receipt("news@inbound.example.com", has_return_path=False)
REPORTS = ["arf-abuse-report", "arf-abuse-report-recipient-redacted", "dsn-failed-with-our-mail"]


def attribute(mail: InboundMail, receipt: Receipt) -> Attribution:
    return attribute_mail(mail, receipt, link_key, COMPANY)


def identify(address: str) -> str:
    return recipient_id(hashlib.sha256(b"identity").digest(), normalise_address(address))


@pytest.mark.parametrize("name", ["arf-abuse-report", "arf-abuse-report-recipient-redacted"])
def test_a_complaint_report_counts_for_the_recipient_of_the_signed_link_alone(name: str) -> None:
    outcome = attribute(sample(name), receipt("fbl@inbound.example.com"))
    assert isinstance(outcome, ReportedFeedback) and isinstance(outcome.event, Complaint)
    changes = apply_feedback_rules(outcome.event, identify, CATALOGUE)
    assert list(changes.changes) == [TOKEN.recipient] and changes.review_reason == ""
    assert [change.register for change in changes.changes[TOKEN.recipient]] == [COMPLAINT]


def test_a_report_that_a_mail_is_no_spam_changes_nothing() -> None:
    outcome = attribute(sample("arf-not-spam"), receipt("fbl@inbound.example.com"))
    assert isinstance(outcome, ReportedFeedback)
    assert apply_feedback_rules(outcome.event, identify, CATALOGUE).changes == {}


def test_a_failed_delivery_report_is_a_hard_bounce_of_the_recipient_of_the_signed_link() -> None:
    outcome = attribute(sample("dsn-failed-with-our-mail"), NULL_PATH)
    assert isinstance(outcome, ReportedFeedback) and isinstance(outcome.event, Bounce)
    changes = apply_feedback_rules(outcome.event, identify, CATALOGUE)
    assert list(changes.changes) == [TOKEN.recipient] and changes.review_reason == ""
    assert [change.register for change in changes.changes[TOKEN.recipient]] == [UNDELIVERABLE]


@pytest.mark.threat(
    "T9",
    "A forged report names a person who never got the mail.",
    "A report by mail counts only for the recipient of a link that Heed signed, inside the embedded mail.",
)
@pytest.mark.parametrize("name", REPORTS)
def test_a_report_without_a_signed_link_changes_nothing(name: str) -> None:
    header = MailHeaders({"list-unsubscribe": ["<https://a.example/u/" + "a" * 54 + ">"]})
    forged = replace(sample(name), original=header)
    for unsigned in (forged, replace(forged, original=None)):
        assert isinstance(attribute(unsigned, NULL_PATH), AutomaticMail)
