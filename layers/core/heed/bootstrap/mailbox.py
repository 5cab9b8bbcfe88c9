"""Parts for inbound mail."""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING

from heed.bootstrap.preferences import PreferenceParts
from heed.bootstrap.privacy import PrivacyParts
from heed.bootstrap.shared import queue_at

if TYPE_CHECKING:
    from heed.domain.mailbox.mail_words import MailWords
    from heed.use_cases.mailbox.act_on_mail import ActOnMail
    from heed.use_cases.mailbox.handle_mail import HandleMail

_PAUSES_PER_SENDER = 3
_PAUSES_PER_DAY = 100


class MailboxParts(PreferenceParts, PrivacyParts):
    """Parts that handle inbound mail."""

    @cached_property
    def handle_mail(self) -> HandleMail:
        """Handles an inbound mail."""
        from heed.adapters.mailbox_bucket import MailboxBucket
        from heed.entrypoints.inbound_mail.mime import parse_mail
        from heed.use_cases.mailbox.handle_mail import HandleMail

        mails = MailboxBucket(self.client("s3"), self.config.mailbox_bucket, "")
        return HandleMail(mails, parse_mail, self.link_keys, self.mail_words, self.act_on_mail)

    @cached_property
    def mail_words(self) -> MailWords:
        """The words by which mails are read."""
        from heed.domain.mailbox.mail_words import MailWords

        return MailWords.from_document(json.loads((self.config.brand_dir / "mail_words.json").read_bytes()))

    @cached_property
    def act_on_mail(self) -> ActOnMail:
        """Does what is decided about a mail."""
        from heed.adapters.dynamodb.minor_report_counts import MinorReportCountsTable
        from heed.use_cases.mailbox.act_on_mail import ActOnMail, ConfirmSenders

        table = self.client("dynamodb"), self.config.control_table
        return ActOnMail(
            self.identity_key,
            self.write_opt_out,
            self.record_feedback,
            self.erase,
            self.open_case,
            ConfirmSenders(self.request_confirmation_by_key, self.config.public_url)
            if self.has_form and self.config.public_url  # there is no request whose host a link could have
            else None,
            MinorReportCountsTable(*table, _PAUSES_PER_SENDER),
            MinorReportCountsTable(*table, _PAUSES_PER_DAY),
        )

    mailbox_dead_letters = queue_at(lambda config: config.mailbox_dlq_url)
    """The dead-letter queue for notices and mails that cannot be parsed."""
