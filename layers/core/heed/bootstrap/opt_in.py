"""The way back by mail, and the way out without an old one."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from heed.bootstrap.shared import SharedParts

if TYPE_CHECKING:
    from heed.adapters.dynamodb.mail_caps import MailCapsTable
    from heed.adapters.dynamodb.opt_in_notifications import TellingsTable
    from heed.adapters.kms.confirmation_keys import KmsConfirmKeys
    from heed.adapters.ses.suppression_list import SesSuppressions
    from heed.adapters.sqs.queue import SqsQueue
    from heed.adapters.sqs.waiting_line import WaitingLine
    from heed.entrypoints.http.networks import Network
    from heed.use_cases.opt_in.after_confirmation import FollowUp
    from heed.use_cases.opt_in.confirm import Confirm
    from heed.use_cases.opt_in.remove_from_ses_list import Unlist
    from heed.use_cases.opt_in.request_confirmation import AskConfirmation
    from heed.use_cases.opt_in.send_confirmation import SendConfirmation, SendNow
    from heed.use_cases.opt_in.send_waiting import SendWaiting


class OptInParts(SharedParts):
    """Parts of the confirmation mail: asking for it, sending it, confirming, and what follows."""

    @cached_property
    def confirm_keys(self) -> KmsConfirmKeys:
        """The key of confirmation links."""
        from heed.adapters.kms.confirmation_keys import KmsConfirmKeys

        return KmsConfirmKeys(self.client("kms"), self.config.confirm_key)

    @cached_property
    def proxies(self) -> tuple[Network, ...]:
        """The proxies that are believed whom they heard a request from."""
        from heed.entrypoints.http.networks import read

        return tuple(map(read, self.config.trusted_proxies))

    @cached_property
    def ask_confirmation(self) -> AskConfirmation:
        """What happens to what was entered in the form."""
        from heed.adapters.dynamodb.network_caps import NetworkRoomTable
        from heed.domain.opt_in.mail_caps import most_waiting
        from heed.use_cases.opt_in.request_confirmation import AskConfirmation

        table, per_network = self.config.control_table, self.config.confirmations_per_network
        return AskConfirmation(
            self.confirm_keys,
            NetworkRoomTable(self.client("dynamodb"), table, per_network),
            self.line,
            most_waiting(self.config.confirmations_per_day),
            self.queue(self.config.subscribe_queue_url),
        )

    @cached_property
    def line(self) -> WaitingLine:
        """The queue of those whose mail a cap holds back."""
        from heed.adapters.sqs.waiting_line import WaitingLine

        return WaitingLine(self.client("sqs"), self.config.waiting_queue_url)

    @cached_property
    def mail_caps(self) -> MailCapsTable:
        """How many confirmation mails went where."""
        from heed.adapters.dynamodb.mail_caps import MailCapsTable

        per_day = self.config.confirmations_per_day
        return MailCapsTable(self.client("dynamodb"), self.config.control_table, per_day)

    @cached_property
    def send_now(self) -> SendNow:
        """Sends a confirmation mail that may be sent now."""
        from heed.adapters.kms.address_seal import CONFIRMATION
        from heed.adapters.ses.mailer import SesMailer
        from heed.entrypoints.mail.confirmation_mail import Composer
        from heed.use_cases.opt_in.send_confirmation import SendNow

        config = self.config
        return SendNow(
            self.identity_key,
            self.link_keys,
            self.confirm_keys,
            self.preferences,
            self.catalogue,
            self.mail_caps,
            self.address_seal(CONFIRMATION),
            Composer(self.pages, self.catalogue, config.mail_from, config.mail_domain),
            SesMailer(self.client("sesv2", once=True), config.confirmation_set),
        )

    @cached_property
    def send_confirmation(self) -> SendConfirmation:
        """What happens to a request for a confirmation mail."""
        from heed.use_cases.opt_in.send_confirmation import SendConfirmation

        return SendConfirmation(self.send_now, self.line)

    @cached_property
    def send_waiting(self) -> SendWaiting:
        """What happens to those whose mail a cap held back."""
        from heed.use_cases.opt_in.send_waiting import SendWaiting

        return SendWaiting(self.line, self.send_now, self.mail_caps, self.subscribe_dead_letters)

    @cached_property
    def subscribe_dead_letters(self) -> SqsQueue:
        """Where a request for a mail is kept that nobody can make out."""
        return self.queue(self.config.subscribe_dlq_url)

    @cached_property
    def confirm(self) -> Confirm:
        """What happens to a confirmation link."""
        from heed.use_cases.opt_in.confirm import Confirm

        return Confirm(self.preferences, self.catalogue, self.confirmed, self.tellings)

    @cached_property
    def confirmed(self) -> SqsQueue:
        """The queue of what follows from a confirmed yes."""
        return self.queue(self.config.confirmed_queue_url)

    @cached_property
    def confirmed_dead_letters(self) -> SqsQueue:
        """Where a confirmed yes is kept that nobody can make out."""
        return self.queue(self.config.confirmed_dlq_url)

    @cached_property
    def tellings(self) -> TellingsTable:
        """Which confirmations the adopter was told of."""
        from heed.adapters.dynamodb.opt_in_notifications import TellingsTable

        return TellingsTable(self.client("dynamodb"), self.config.control_table)

    @cached_property
    def follow_up(self) -> FollowUp:
        """What follows from a confirmed yes."""
        from heed.adapters.kms.address_seal import CONFIRMATION
        from heed.use_cases.opt_in.after_confirmation import FollowUp

        url = self.config.opt_ins_queue_url
        return FollowUp(
            self.address_seal(CONFIRMATION),
            self.unlisting,
            self.preferences,
            self.tellings,
            self.queue(url) if url else None,
        )

    @cached_property
    def unlist(self) -> Unlist:
        """What happens to SES's own stop after a confirmed yes."""
        from heed.adapters.kms.address_seal import CONFIRMATION
        from heed.use_cases.opt_in.remove_from_ses_list import Unlist

        return Unlist(self.address_seal(CONFIRMATION), self.ses_suppressions, self.confirmed)

    @cached_property
    def unlisting(self) -> SqsQueue:
        """The queue of what is to be done about SES's own suppression list."""
        return self.queue(self.config.unlist_queue_url)

    @cached_property
    def unlist_dead_letters(self) -> SqsQueue:
        """Where what is to be done about SES's list is kept if it cannot be."""
        return self.queue(self.config.unlist_dlq_url)

    @cached_property
    def ses_suppressions(self) -> SesSuppressions:
        """SES's own suppression list."""
        from heed.adapters.ses.suppression_list import SesSuppressions

        return SesSuppressions(self.client("sesv2", once=True))
