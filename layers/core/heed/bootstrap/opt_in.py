"""Parts of the double opt-in, and of the opt-out of a person without an old mail."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from heed.bootstrap.shared import SharedParts, queue_at

if TYPE_CHECKING:
    from heed.adapters.dynamodb.mail_caps import MailCapsTable
    from heed.adapters.dynamodb.opt_in_notifications import OptInNotificationClaimsTable
    from heed.adapters.kms.confirmation_keys import KmsConfirmationKeys
    from heed.adapters.ses.mailer import SesMailer
    from heed.adapters.ses.suppression_list import SesSuppressionListClient
    from heed.adapters.sqs.waiting_queue import SqsWaitingQueue
    from heed.entrypoints.http.networks import Network
    from heed.use_cases.opt_in.after_confirmation import AfterConfirmation
    from heed.use_cases.opt_in.confirm import ProcessConfirmationPress
    from heed.use_cases.opt_in.remove_from_ses_list import RemoveFromSesList
    from heed.use_cases.opt_in.request_confirmation import QueueConfirmationRequest, RequestConfirmation
    from heed.use_cases.opt_in.send_confirmation import SendConfirmation, SendConfirmationNow
    from heed.use_cases.opt_in.send_waiting import SendWaitingConfirmations
    from heed.use_cases.ports.opt_in import OriginCaps


class OptInParts(SharedParts):
    """Parts for requesting a confirmation mail, sending it, confirming, and the work after a confirmation."""

    @cached_property
    def confirmation_keys(self) -> KmsConfirmationKeys:
        """The key that signs confirmation links."""
        from heed.adapters.kms.confirmation_keys import KmsConfirmationKeys

        return KmsConfirmationKeys(self.client("kms"), self.config.confirmation_key_arn)

    @cached_property
    def trusted_proxies(self) -> tuple[Network, ...]:
        """The networks of the proxies whose `X-Forwarded-For` header is trusted."""
        from heed.entrypoints.http.networks import parse_network

        return tuple(map(parse_network, self.config.trusted_proxies))

    @cached_property
    def request_confirmation(self) -> RequestConfirmation:
        """Queues a confirmation request from the form."""
        from heed.adapters.dynamodb.network_caps import NetworkCapsTable
        from heed.domain.opt_in.mail_caps import max_waiting
        from heed.use_cases.opt_in.request_confirmation import RequestConfirmation

        config = self.config
        caps = NetworkCapsTable(
            self.client("dynamodb"), config.control_table, config.confirmations_per_network
        )
        queue_request = self._queue_within(caps, max_waiting(config.confirmations_per_day))
        return RequestConfirmation(self.confirmation_keys, queue_request)

    @cached_property
    def request_confirmation_by_key(self) -> QueueConfirmationRequest:
        """Queues a confirmation request from a server, within the caps of its API key and of all keys."""
        from heed.adapters.dynamodb.key_caps import KeyCapsTable
        from heed.domain.opt_in.mail_caps import keys_part, max_waiting

        config, per_day = self.config, self.config.confirmations_per_day
        caps = KeyCapsTable(
            self.client("dynamodb"), config.control_table, config.key_mails_per_day, keys_part(per_day)
        )
        return self._queue_within(caps, keys_part(max_waiting(per_day)))

    def _queue_within(self, caps: OriginCaps, most_waiting: int) -> QueueConfirmationRequest:
        from heed.use_cases.opt_in.request_confirmation import QueueConfirmationRequest

        queue = self.queue(self.config.confirmation_requests_queue_url)
        return QueueConfirmationRequest(caps, self.waiting_queue, most_waiting, queue)

    @cached_property
    def waiting_queue(self) -> SqsWaitingQueue:
        """The waiting queue: confirmation requests that a cap holds back."""
        from heed.adapters.sqs.waiting_queue import SqsWaitingQueue

        return SqsWaitingQueue(self.client("sqs"), self.config.waiting_queue_url)

    @cached_property
    def mail_caps(self) -> MailCapsTable:
        """The caps of confirmation mails per mailbox and per day."""
        from heed.adapters.dynamodb.mail_caps import MailCapsTable

        per_day = self.config.confirmations_per_day
        return MailCapsTable(self.client("dynamodb"), self.config.control_table, per_day)

    @cached_property
    def send_confirmation_now(self) -> SendConfirmationNow:
        """Sends a confirmation mail if the caps allow it now."""
        from heed.adapters.kms.address_encryption import CONFIRMATION
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
            self.mailer,
        )

    @cached_property
    def mailer(self) -> SesMailer:
        """Sends mails to people."""
        from heed.adapters.ses.mailer import SesMailer

        return SesMailer(self.client("sesv2", once=True), self.config.confirmation_set)

    @cached_property
    def send_confirmation(self) -> SendConfirmation:
        """Handles a confirmation request: it sends the mail or puts the request into the waiting queue."""
        from heed.use_cases.opt_in.send_confirmation import SendConfirmation

        return SendConfirmation(self.send_confirmation_now, self.waiting_queue)

    @cached_property
    def send_waiting_confirmations(self) -> SendWaitingConfirmations:
        """Handles the requests in the waiting queue."""
        from heed.use_cases.opt_in.send_waiting import SendWaitingConfirmations

        return SendWaitingConfirmations(
            self.waiting_queue,
            self.send_confirmation_now,
            self.mail_caps,
            self.confirmation_requests_dead_letters,
        )

    confirmation_requests_dead_letters = queue_at(lambda config: config.confirmation_requests_dlq_url)
    """The dead-letter queue for confirmation requests that cannot be parsed."""

    @cached_property
    def process_confirmation_press(self) -> ProcessConfirmationPress:
        """Handles a confirmation link."""
        from heed.use_cases.opt_in.confirm import ProcessConfirmationPress

        return ProcessConfirmationPress(
            self.preferences, self.catalogue, self.confirmed_opt_ins_queue, self.opt_in_notifications
        )

    confirmed_opt_ins_queue = queue_at(lambda config: config.confirmed_opt_ins_queue_url)
    """The queue of confirmed opt-ins, for the work after a confirmation."""

    confirmed_opt_ins_dead_letters = queue_at(lambda config: config.confirmed_opt_ins_dlq_url)
    """The dead-letter queue for confirmed opt-ins that cannot be parsed."""

    @cached_property
    def opt_in_notifications(self) -> OptInNotificationClaimsTable:
        """The claims of opt-in notifications to the adopter."""
        from heed.adapters.dynamodb.opt_in_notifications import OptInNotificationClaimsTable

        return OptInNotificationClaimsTable(self.client("dynamodb"), self.config.control_table)

    @cached_property
    def after_confirmation(self) -> AfterConfirmation:
        """Does the work after a confirmation: it notifies the adopter and starts the work on the SES list."""
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
        """Removes an address from the SES list after a confirmed opt-in."""
        from heed.adapters.kms.address_encryption import CONFIRMATION
        from heed.use_cases.opt_in.remove_from_ses_list import RemoveFromSesList

        return RemoveFromSesList(
            self.address_encryption(CONFIRMATION), self.ses_suppression_list, self.confirmed_opt_ins_queue
        )

    ses_list_queue = queue_at(lambda config: config.ses_list_queue_url)
    """The queue of work on the SES list."""

    ses_list_dead_letters = queue_at(lambda config: config.ses_list_dlq_url)
    """The dead-letter queue for work on the SES list that cannot succeed."""

    @cached_property
    def ses_suppression_list(self) -> SesSuppressionListClient:
        """The SES list (the suppression list of the AWS account), with those of the tenants."""
        from heed.adapters.ses.suppression_list import SesSuppressionListClient

        return SesSuppressionListClient(self.client("sesv2", once=True), self.config.ses_tenants)
