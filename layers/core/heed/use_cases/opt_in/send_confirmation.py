"""Sends a confirmation mail within the caps, but never to a minor, an address on hold or an erased person."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, replace
from enum import Enum
from typing import assert_never

from heed.domain.errors import MailNotSent, MailRefused, MalformedMessage
from heed.domain.links.link_token import LinkToken, TokenPurpose
from heed.domain.links.link_token import mint_link_token as mint_link
from heed.domain.milliseconds import Millis
from heed.domain.opt_in.confirmation_request import ConfirmationRequest
from heed.domain.opt_in.confirmation_token import (
    CONFIRMATION_KEY_ID,
    ConfirmationToken,
    Intent,
    hours_waited,
    mint_confirmation_token,
)
from heed.domain.opt_in.mail_caps import mailbox_of
from heed.domain.preferences.catalogue import Catalogue
from heed.domain.preferences.decision import is_request_void
from heed.domain.preferences.register import ALL_SCOPES
from heed.domain.recipients.address import is_mailable
from heed.domain.recipients.recipient import recipient_id
from heed.use_cases.ports.keys import ConfirmationKeys, IdentityKey, LinkKeys
from heed.use_cases.ports.opt_in import (
    AddressEncryption,
    ConfirmationMail,
    MailCaps,
    MailDelayed,
    Mailer,
    MailRenderer,
    MailReservation,
    ReservationResult,
    WaitingQueue,
)
from heed.use_cases.ports.preferences import Preferences


class SendResult(Enum):
    """The result of a request. The value is the metric that counts it."""

    SENT = "ConfirmationSent"
    UNMAILABLE = "ConfirmationUnmailable"  # SES cannot send to it: it is not ASCII, or it is an encoded word
    NOT_PERMITTED = "ConfirmationNotPermitted"  # a minor, a held address, or erased after the request
    ALREADY_SENT = "ConfirmationAlreadySent"  # a retry: the mail of this request is on its way
    DUPLICATE = "ConfirmationDuplicate"  # an earlier request of the person for these scopes has a mail
    DELAYED = "ConfirmationDelayed"  # a cap of its origin, its mailbox or the day holds it back
    EXPIRED = "ConfirmationExpired"  # its mailbox has been full for days
    REFUSED = "ConfirmationRefused"  # SES refuses to send it


@dataclass(frozen=True, slots=True)
class SendConfirmationNow:
    """Sends the mail of a request, if it may be sent now.

    Attributes:
        identity_key, link_keys, confirmation_keys: the keys.
        preferences: the records.
        catalogue: the brands and topics.
        caps: the caps of mails.
        encryption: encrypts the address for the confirmation link.
        render: renders the mail.
        mailer: sends the mail.
    """

    identity_key: IdentityKey
    link_keys: LinkKeys
    confirmation_keys: ConfirmationKeys
    preferences: Preferences
    catalogue: Catalogue
    caps: MailCaps
    encryption: AddressEncryption
    render: MailRenderer
    mailer: Mailer

    def __call__(
        self, request: ConfirmationRequest, now: Millis, *, in_turn: bool
    ) -> SendResult | MailDelayed:
        """Sends the mail if it may be sent now. A retry sends no second mail.

        If the answer of SES is lost, there may be one more mail, but never two more.

        Args:
            request: the request.
            now: milliseconds.
            in_turn: whether the request comes from the waiting queue and is next.

        Raises:
            MalformedMessage: The request names a topic that never existed.
            DependencyUnavailable, UnreadableRecord: The mail is not sent. The caller may retry.
        """
        if not set(request.scopes) <= self.catalogue.topics.keys():
            raise MalformedMessage("the topic never existed")
        if not is_mailable(request.address):
            return SendResult.UNMAILABLE
        recipient = recipient_id(self.identity_key.identity_key(), request.address)
        record = self.preferences.read(recipient)
        if is_request_void(record, request.at):
            return SendResult.NOT_PERMITTED
        message = self.render(self._make_mail(request, recipient, now))
        reservation = MailReservation(
            recipient,
            self._keyed_hash(f"mailbox {mailbox_of(request.address)}", 32),
            request.intent,
            request.id,
            self._keyed_hash(f"scopes {request.scopes} {request.resume}", 16),
            request.at,
            record.last_changed_at,
        )
        result = self.caps.reserve_mail(reservation, now, in_turn=in_turn)
        match result:
            case ReservationResult.RESERVED:
                return self._send(request.address, reservation, message)
            case MailDelayed():
                return result
            case ReservationResult.ALREADY_SENT:
                return SendResult.ALREADY_SENT
            case ReservationResult.DUPLICATE:
                return SendResult.DUPLICATE
            case _:
                assert_never(result)

    def _send(self, address: str, reservation: MailReservation, message: bytes) -> SendResult:
        try:
            self.mailer.send(address, reservation.recipient, message)
        except MailNotSent:
            self.caps.finish(reservation, sent=False)
            raise
        except MailRefused:
            self.caps.finish(reservation, sent=True)
            return SendResult.REFUSED
        self.caps.finish(reservation, sent=True)
        return SendResult.SENT

    def _keyed_hash(self, text: str, length: int) -> str:
        """Returns a keyed hash, hex. The key also signs tokens, but none starts with such bytes."""
        key = self.confirmation_keys.confirmation_key(CONFIRMATION_KEY_ID)
        return hmac.digest(key, text.encode(), "sha256").hex()[:length]

    def _make_mail(self, request: ConfirmationRequest, recipient: str, now: Millis) -> ConfirmationMail:
        is_opt_in = request.intent is Intent.IN
        signals = {topic.number for topic in self.catalogue.signal_topics()} if is_opt_in else set()
        token = ConfirmationToken(
            recipient=recipient,
            intent=request.intent,
            scopes=tuple(scope for scope in request.scopes if scope not in signals),
            requested_at=request.at,
            encrypted_address=self.encryption.encrypt(request.given or request.address) if is_opt_in else b"",
            resume=request.resume,
            signals=tuple(scope for scope in request.scopes if scope in signals),
            delay_hours=hours_waited(request.at, now),
        )
        opt_out_link = LinkToken(recipient, ALL_SCOPES, request.at, self.link_keys.newest_key_id())

        def link(purpose: TokenPurpose) -> str:
            return mint_link(opt_out_link, purpose, self.link_keys.link_key(purpose, opt_out_link.key_id))

        return ConfirmationMail(
            to=request.address,
            intent=request.intent,
            scopes=request.scopes,
            resume=bool(request.resume),
            language=request.language,
            base_url=request.base_url,
            confirm_token=mint_confirmation_token(
                token, self.confirmation_keys.confirmation_key(CONFIRMATION_KEY_ID)
            ),
            unsubscribe_token=link(TokenPurpose.UNSUBSCRIBE),
            mailto_token=link(TokenPurpose.MAILTO),
        )


@dataclass(frozen=True, slots=True)
class SendConfirmation:
    """Processes a request from the queue.

    Attributes:
        send_now: sends the mail, if a cap does not delay it.
        waiting_queue: the queue of requests that a cap holds back (see heed.use_cases.opt_in.send_waiting).
    """

    send_now: SendConfirmationNow
    waiting_queue: WaitingQueue

    def __call__(self, request: ConfirmationRequest, now: Millis) -> SendResult:
        """Sends the mail if it may be sent now. If a cap delays it, puts the request into the waiting queue.

        Raises:
            DependencyUnavailable, UnreadableRecord: The request is not processed. The caller may retry.
        """
        result: SendResult | MailDelayed = MailDelayed(request.due)
        if request.due <= now:
            result = self.send_now(request, now, in_turn=False)
        if not isinstance(result, MailDelayed):
            return result
        due = request.due if result.due is None else result.due
        self.waiting_queue.send(replace(request, due=due).to_message())
        return SendResult.DELAYED
