"""The way back by mail, and the way out without an old one."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from heed.bootstrap.shared import SharedParts

if TYPE_CHECKING:
    from heed.adapters.dynamodb.mail_caps import MailCapsTable
    from heed.adapters.dynamodb.opt_in_notifications import OptInNotificationsTable
    from heed.adapters.kms.confirmation_keys import KmsConfirmationKeys
    from heed.adapters.ses.suppression_list import SesSuppressionListClient
    from heed.adapters.sqs.queue import SqsQueue
    from heed.adapters.sqs.waiting_queue import SqsWaitingQueue
    from heed.entrypoints.http.networks import Network
    from heed.use_cases.opt_in.after_confirmation import AfterConfirmation
    from heed.use_cases.opt_in.confirm import ConfirmOptIn
    from heed.use_cases.opt_in.remove_from_ses_list import RemoveFromSesList
    from heed.use_cases.opt_in.request_confirmation import RequestConfirmation
    from heed.use_cases.opt_in.send_confirmation import SendConfirmation, SendConfirmationNow
    from heed.use_cases.opt_in.send_waiting import SendWaiting


class OptInParts(SharedParts):
    """Parts of the confirmation mail: asking for it, sending it, confirming, and what follows."""

    @cached_property
    def confirmation_keys(self) -> KmsConfirmationKeys:
        """The key of confirmation links."""
        from heed.adapters.kms.confirmation_keys import KmsConfirmationKeys

        return KmsConfirmationKeys(self.client("kms"), self.config.confirmation_key_arn)

    @cached_property
    def proxies(self) -> tuple[Network, ...]:
        """The proxies that are believed whom they heard a request from."""
        from heed.entrypoints.http.networks import parse_network

        return tuple(map(parse_network, self.config.trusted_proxies))

    @cached_property
    def request_confirmation(self) -> RequestConfirmation:
        """What happens to what was entered in the form."""
        from heed.adapters.dynamodb.network_caps import NetworkCapsTable
        from heed.domain.opt_in.mail_caps import max_waiting
        from heed.use_cases.opt_in.request_confirmation import RequestConfirmation

        table, per_network = self.config.control_table, self.config.confirmations_per_network
        return RequestConfirmation(
            self.confirmation_keys,
            NetworkCapsTable(self.client("dynamodb"), table, per_network),
            self.waiting_queue,
            max_waiting(self.config.confirmations_per_day),
            self.queue(self.config.confirmation_requests_queue_url),
        )

    @cached_property
    def waiting_queue(self) -> SqsWaitingQueue:
        """The queue of those whose mail a cap holds back."""
        from heed.adapters.sqs.waiting_queue import SqsWaitingQueue

        return SqsWaitingQueue(self.client("sqs"), self.config.waiting_queue_url)

    @cached_property
    def mail_caps(self) -> MailCapsTable:
        """How many confirmation mails went where."""
        from heed.adapters.dynamodb.mail_caps import MailCapsTable

        per_day = self.config.confirmations_per_day
        return MailCapsTable(self.client("dynamodb"), self.config.control_table, per_day)

    @cached_property
    def send_confirmation_now(self) -> SendConfirmationNow:
        """Sends a confirmation mail that may be sent now."""
        from heed.adapters.kms.address_encryption import CONFIRMATION
        from heed.adapters.ses.mailer import SesMailer
        from heed.entrypoints.mail.confirmation_mail import ConfirmationMailRenderer
        from heed.use_cases.opt_in.send_confirmation import SendConfirmationNow

        config = self.config
        return SendConfirmationNow(
            self.identity_key,
            self.link_keys,
            self.confirmation_keys,
            self.preferences,
            self.catalogue,
            self.mail_caps,
            self.address_encryption(CONFIRMATION),
            ConfirmationMailRenderer(self.pages, self.catalogue, config.mail_from, config.mail_domain),
            SesMailer(self.client("sesv2", once=True), config.confirmation_set),
        )

    @cached_property
    def send_confirmation(self) -> SendConfirmation:
        """What happens to a request for a confirmation mail."""
        from heed.use_cases.opt_in.send_confirmation import SendConfirmation

        return SendConfirmation(self.send_confirmation_now, self.waiting_queue)

    @cached_property
    def send_waiting(self) -> SendWaiting:
        """What happens to those whose mail a cap held back."""
        from heed.use_cases.opt_in.send_waiting import SendWaiting

        return SendWaiting(
            self.waiting_queue,
            self.send_confirmation_now,
            self.mail_caps,
            self.confirmation_requests_dead_letters,
        )

    @cached_property
    def confirmation_requests_dead_letters(self) -> SqsQueue:
        """Where a request for a mail is kept that nobody can make out."""
        return self.queue(self.config.confirmation_requests_dlq_url)

    @cached_property
    def confirm_opt_in(self) -> ConfirmOptIn:
        """What happens to a confirmation link."""
        from heed.use_cases.opt_in.confirm import ConfirmOptIn

        return ConfirmOptIn(self.preferences, self.catalogue, self.confirmed_queue, self.opt_in_notifications)

    @cached_property
    def confirmed_queue(self) -> SqsQueue:
        """The queue of what follows from a confirmed yes."""
        return self.queue(self.config.confirmed_opt_ins_queue_url)

    @cached_property
    def confirmed_dead_letters(self) -> SqsQueue:
        """Where a confirmed yes is kept that nobody can make out."""
        return self.queue(self.config.confirmed_opt_ins_dlq_url)

    @cached_property
    def opt_in_notifications(self) -> OptInNotificationsTable:
        """Which confirmations the adopter was told of."""
        from heed.adapters.dynamodb.opt_in_notifications import OptInNotificationsTable

        return OptInNotificationsTable(self.client("dynamodb"), self.config.control_table)

    @cached_property
    def after_confirmation(self) -> AfterConfirmation:
        """What follows from a confirmed yes."""
        from heed.adapters.kms.address_encryption import CONFIRMATION
        from heed.use_cases.opt_in.after_confirmation import AfterConfirmation

        url = self.config.opt_in_notifications_queue_url
        return AfterConfirmation(
            self.address_encryption(CONFIRMATION),
            self.ses_list_queue,
            self.preferences,
            self.opt_in_notifications,
            self.queue(url) if url else None,
        )

    @cached_property
    def remove_from_ses_list(self) -> RemoveFromSesList:
        """What happens to SES's own stop after a confirmed yes."""
        from heed.adapters.kms.address_encryption import CONFIRMATION
        from heed.use_cases.opt_in.remove_from_ses_list import RemoveFromSesList

        return RemoveFromSesList(
            self.address_encryption(CONFIRMATION), self.ses_suppression_list, self.confirmed_queue
        )

    @cached_property
    def ses_list_queue(self) -> SqsQueue:
        """The queue of what is to be done about SES's own suppression list."""
        return self.queue(self.config.ses_list_queue_url)

    @cached_property
    def ses_list_dead_letters(self) -> SqsQueue:
        """Where what is to be done about SES's list is kept if it cannot be."""
        return self.queue(self.config.ses_list_dlq_url)

    @cached_property
    def ses_suppression_list(self) -> SesSuppressionListClient:
        """SES's own suppression list."""
        from heed.adapters.ses.suppression_list import SesSuppressionListClient

        return SesSuppressionListClient(self.client("sesv2", once=True))
