"""The mails of the demo, as the mailbox reads them."""

from __future__ import annotations

import pytest

from heed.domain.mailbox.case import CaseKind, new_case, suggested_decisions
from heed.domain.mailbox.mail_action import ForwardMail, LetPersonDecide, OptOutSender
from heed.domain.milliseconds import Millis
from local.demo import mails
from local.demo.mails import MailTemplate, write_mail
from local.demo.people import InventedPerson
from tests.support.inbound_mails import decide_about_mail, receipt
from tests.support.mail_words import brand_mail_words

PERSON = InventedPerson("Ada Amsler", "ada.amsler@example.org", "de")
TEMPLATES = [
    mails.QUESTION,
    mails.DOUBTFUL_STOP,
    mails.ACCESS,
    mails.COMPLAINT,
    mails.ERASURE,
    mails.CHILD,
]


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.kind)
def test_a_mail_becomes_the_case_that_the_privacy_office_decides(template: MailTemplate) -> None:
    mail = write_mail(PERSON, template.subject, template.text.format(child="kid1@example.net"))

    actions = decide_about_mail(mail.raw, receipt(mail.recipient), brand_mail_words())

    kinds = [action.kinds[0] for action in actions if isinstance(action, LetPersonDecide)]
    # The local stack forwards no mail, so what would be forwarded is a case.
    kinds += [CaseKind.OTHER for action in actions if isinstance(action, ForwardMail)]
    assert kinds == [template.kind]
    assert not any(isinstance(action, OptOutSender) for action in actions)
    case = new_case(template.kind, "m1", "recipient", Millis(0))
    assert template.decision in suggested_decisions(case)


def test_a_request_for_erasure_has_the_time_of_the_law() -> None:
    """It is not an opt-out as well, which would be due earlier."""
    mail = write_mail(PERSON, mails.ERASURE.subject, mails.ERASURE.text)
    (action,) = decide_about_mail(mail.raw, receipt(mail.recipient), brand_mail_words())
    assert action == LetPersonDecide((CaseKind.ERASURE,), PERSON.address)
