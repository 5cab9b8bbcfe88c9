"""Parts for inbound mail."""

from __future__ import annotations

import json
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING

from heed.bootstrap.preferences import PreferenceParts
from heed.bootstrap.privacy import PrivacyParts
from heed.bootstrap.shared import queue_at

if TYPE_CHECKING:
    from heed.adapters.dynamodb.daily_counts import CountPrefix, DailyCountsTable
    from heed.domain.mailbox.company_addresses import CompanyAddresses
    from heed.domain.mailbox.mail_words import MailWords
    from heed.use_cases.cases.open_case import OpenCase
    from heed.use_cases.mailbox.act_on_mail import ActOnMail
    from heed.use_cases.mailbox.answer_mail import AnswerMail
    from heed.use_cases.mailbox.forward_to_company import ForwardToCompany
    from heed.use_cases.mailbox.handle_mail import HandleMail

_PAUSES_PER_SENDER = 3
_PAUSES_PER_DAY = 100
_ANSWERS_PER_SENDER = 1
_ANSWERS_PER_DAY = 1_000
_FORWARDS_PER_DAY = 500
_CASES_PER_SENDER = 10
_CASES_PER_AGENT = 100
_CASES_PER_DOMAIN = 500
_CASES_PER_DAY = 2_000  # of proven senders
_OTHER_CASES_PER_DAY = 500


class MailboxParts(PreferenceParts, PrivacyParts):
    """Parts that handle inbound mail."""

    @cached_property
    def handle_mail(self) -> HandleMail:
        """Handles an inbound mail."""
        from heed.adapters.mailbox_bucket import MailboxBucket
        from heed.entrypoints.inbound_mail.mime import parse_mail
        from heed.use_cases.mailbox.handle_mail import HandleMail

        mails = MailboxBucket(self.client("s3"), self.config.mailbox_bucket, "")
        answer = self.answer_mail if self.config.mail_from else None
        return HandleMail(
            mails,
            parse_mail,
            self.link_keys,
            self.company_addresses,
            self.mail_words,
            self.act_on_mail,
            answer,
        )

    @cached_property
    def company_addresses(self) -> CompanyAddresses:
        """The company's own addresses."""
        from heed.domain.errors import InvalidAddress
        from heed.domain.mailbox.company_addresses import CompanyAddresses
        from heed.domain.recipients.address import normalise_address

        mailboxes = set[str]()
        for each in (self.catalogue.mailbox, self.config.mail_from, self.config.forward_to):
            with suppress(InvalidAddress):  # no mail comes from what is no address
                mailboxes.add(normalise_address(each))
        return CompanyAddresses(frozenset(mailboxes), self.config.mail_domain)

    @cached_property
    def open_case(self) -> OpenCase:
        """Opens a case for a mail."""
        return self._open_case(_CASES_PER_SENDER)

    @cached_property
    def open_desk_case(self) -> OpenCase:
        """Opens a case for the request of a person at the desk."""
        return self._open_case(_CASES_PER_AGENT)

    @cached_property
    def mail_words(self) -> MailWords:
        """The words by which mails are read."""
        from heed.domain.mailbox.mail_words import MailWords

        return MailWords.from_document(json.loads((self.config.brand_dir / "mail_words.json").read_bytes()))

    @cached_property
    def act_on_mail(self) -> ActOnMail:
        """Does what is decided about a mail."""
        from heed.adapters.dynamodb.daily_counts import CountPrefix
        from heed.use_cases.mailbox.act_on_mail import ActOnMail

        return ActOnMail(
            self.identity_key,
            self.write_opt_out,
            self.record_feedback,
            self.erase,
            self.open_case,
            self.request_confirmation_by_key
            if self.has_form and self.config.public_url  # there is no request whose host a link could have
            else None,
            self.config.public_url,
            self.forward_to_company if self.config.mail_from and self.config.forward_to else None,
            self._counts(CountPrefix.REPORTS, _PAUSES_PER_SENDER),
            self._counts(CountPrefix.REPORTS, _PAUSES_PER_DAY),
        )

    @cached_property
    def answer_mail(self) -> AnswerMail:
        """Answers a mail."""
        from heed.adapters.dynamodb.daily_counts import CountPrefix
        from heed.entrypoints.mail.answer_mail import AnswerMailRenderer
        from heed.use_cases.mailbox.answer_mail import AnswerMail

        return AnswerMail(
            self.identity_key,
            self.preferences,
            self.catalogue,
            self.mail_words,
            self._counts(CountPrefix.ANSWERS, _ANSWERS_PER_SENDER),
            self._counts(CountPrefix.ANSWERS, _ANSWERS_PER_DAY),
            AnswerMailRenderer(self.pages, self.catalogue, self.config.mail_from),
            self.mailer,
        )

    @cached_property
    def forward_to_company(self) -> ForwardToCompany:
        """Forwards a mail to the company's own mailbox."""
        from heed.adapters.dynamodb.daily_counts import CountPrefix
        from heed.entrypoints.mail.forwarded_mail import ForwardedMailRenderer
        from heed.use_cases.mailbox.forward_to_company import ForwardToCompany

        return ForwardToCompany(
            self.config.forward_to.lower(),  # the template permits plain addresses only
            self.company_addresses,
            self.identity_key,
            self._counts(CountPrefix.FORWARDS, _FORWARDS_PER_DAY),
            ForwardedMailRenderer(self.pages, self.catalogue, self.config.mail_from),
            self.mailer,
        )

    def _open_case(self, per_sender: int) -> OpenCase:
        from heed.adapters.dynamodb.daily_counts import CountPrefix
        from heed.use_cases.cases.open_case import OpenCase
        from heed.use_cases.cases.permit_case import PermitCase

        limits = (per_sender, _CASES_PER_DOMAIN, _CASES_PER_DAY, _OTHER_CASES_PER_DAY)
        counts = [self._counts(CountPrefix.CASES, limit) for limit in limits]
        permit_case = PermitCase(self.identity_key, *counts)
        return OpenCase(self.cases, self.case_mails, self.preferences, self.catalogue, permit_case)

    def _counts(self, prefix: CountPrefix, limit: int) -> DailyCountsTable:
        from heed.adapters.dynamodb.daily_counts import DailyCountsTable

        return DailyCountsTable(self.client("dynamodb"), self.config.control_table, prefix, limit)

    mailbox_dead_letters = queue_at(lambda config: config.mailbox_dlq_url)
    """The dead-letter queue for notices and mails that cannot be parsed."""
