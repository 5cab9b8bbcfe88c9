"""The ports of double opt-in, in addition to the ports that all use cases share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import NamedTuple, Protocol

from heed.domain.milliseconds import Millis
from heed.domain.opt_in.confirmation_token import Intent
from heed.domain.preferences.register import ScopeNumber
from heed.use_cases.ports.privacy import PurgeTarget


class ReservationResult(Enum):
    """Whether one mail was reserved for a request, or why the request needs no mail."""

    RESERVED = auto()  # the mail may be sent now
    ALREADY_SENT = auto()  # a retry: the mail of this request is on its way
    DUPLICATE = auto()  # an earlier request of the same person for the same scopes already has a mail


class MailDelayed(NamedTuple):
    """Why the mail of a request cannot be sent yet: a cap is reached.

    Attributes:
        due: when the cap of the mailbox permits the mail, milliseconds; None: the cap of the day is reached.
    """

    due: Millis | None


class AddressEncryption(Protocol):
    """Encrypts each text that contains an address, so that no store contains a readable address.

    Such a text is the address of a confirmation link, or a position in the SES list.
    """

    def encrypt(self, address: str) -> bytes:
        """Returns the text, encrypted.

        Raises:
            KeysUnavailable: The key service did not answer.
        """
        ...

    def decrypt(self, encrypted: bytes) -> str:
        """Returns the decrypted text.

        Raises:
            MalformedMessage: The bytes were not encrypted for this use.
            KeysUnavailable: The key service did not answer.
        """
        ...


class MailReservation(NamedTuple):
    """A request's reservation of one mail.

    Attributes:
        recipient: recipient id of the address.
        mailbox_hash: keyed hash of the mailbox that gets the mail. Several recipients may share a mailbox.
        intent: opt-in or opt-out.
        request_id: id of the request.
        scopes_hash: keyed hash of the requested scopes.
        requested_at: time of the request, milliseconds.
        record_changed_at: time of the latest change of the person's record, milliseconds.
    """

    recipient: str
    mailbox_hash: str
    intent: Intent
    request_id: str
    scopes_hash: str
    requested_at: Millis
    record_changed_at: Millis


class MailCaps(Protocol):
    """Limits how many confirmation mails each mailbox gets, and how many Heed sends in total.

    The counts are exact under concurrency.
    """

    def reserve_mail(
        self, reservation: MailReservation, now: Millis, *, in_turn: bool
    ) -> ReservationResult | MailDelayed:
        """Counts one mail for a request, before the mail is sent.

        Args:
            reservation: the reservation of the request.
            now: milliseconds.
            in_turn: whether the request comes from the waiting queue and is next. Any other request is
                delayed while requests wait for the same cap.

        Returns:
            RESERVED if the mail may be sent now; otherwise the reason why not.

        Raises:
            StoreUnavailable, WriteConflict: It is unknown whether the mail was counted.
        """
        ...

    def finish(self, reservation: MailReservation, *, sent: bool) -> None:
        """Ends a reservation.

        Args:
            reservation: the reservation of the request.
            sent: whether the mail is on its way, or must never be tried again. False: the mail was certainly
                not sent.

        Raises:
            StoreUnavailable, WriteConflict: It is unknown whether the reservation was ended.
        """
        ...

    def sent_today(self, now: Millis) -> int:
        """Returns how many mails were counted since midnight UTC.

        Raises:
            StoreUnavailable: The store did not answer.
        """
        ...

    def save_waiting_state(self, now: Millis, *, is_waiting: bool) -> None:
        """Saves whether requests still wait for the cap of the day. If so, new requests wait behind them.

        Raises:
            StoreUnavailable: It is unknown whether the state was saved.
        """
        ...


class OriginCaps(Protocol):
    """Limits how many confirmation mails the requests of one origin cause: a network or an API key.

    All API keys together have a limit too.
    """

    def reserve(self, origin: str, intent: Intent, now: Millis) -> Millis | None:
        """Reserves one mail for an origin.

        Returns:
            When the mail may be sent, milliseconds; None if that is later than a request may wait.

        Raises:
            StoreUnavailable: It is unknown whether the mail was reserved.
        """
        ...


class ReceivedMessage(NamedTuple):
    """A message of the waiting queue.

    Attributes:
        body: its text.
        receipt: the handle by which the queue deletes it.
    """

    body: str
    receipt: str


class WaitingQueue(Protocol):
    """Keeps the confirmation requests that a cap delays, until their mails may be sent."""

    def send(self, body: str) -> None:
        """Adds a message.

        Raises:
            QueueUnavailable: It is unknown whether the message was stored.
        """
        ...

    def count(self) -> int:
        """Returns how many messages the queue had some seconds ago.

        Raises:
            QueueUnavailable: The queue did not answer.
        """
        ...

    def receive(self, has_time: Callable[[], bool]) -> list[ReceivedMessage]:
        """Receives all available messages. The queue hides them from others for some minutes.

        Raises:
            QueueUnavailable: The queue did not answer.
        """
        ...

    def delete(self, receipt: str) -> None:
        """Deletes a message.

        Raises:
            QueueUnavailable: The message may still be in the queue.
        """
        ...


@dataclass(frozen=True, slots=True)
class ConfirmationMail:
    """The content of a confirmation mail.

    Attributes:
        to: the address, normalised and ASCII.
        intent: what the person has to confirm: an opt-in or an opt-out.
        scopes: numbers of the requested topics.
        resume: whether the confirmation ends a pause.
        language: requested language. The mail has the nearest language that the brand has now.
        base_url: base URL of the links.
        confirm_token: token of the confirmation link.
        unsubscribe_token: token of the link that opts out of everything. It never expires.
        mailto_token: the same for the mailto address.
    """

    to: str
    intent: Intent
    scopes: tuple[ScopeNumber, ...]
    resume: bool
    language: str
    base_url: str
    confirm_token: str
    unsubscribe_token: str
    mailto_token: str


class MailRenderer(Protocol):
    """Turns the content of a confirmation mail into the message that is sent."""

    def __call__(self, mail: ConfirmationMail) -> bytes:
        """Returns the complete message (RFC 5322)."""
        ...


class Mailer(Protocol):
    """Sends mails through the mail service."""

    def send(self, address: str, recipient: str, message: bytes) -> None:
        """Hands a message for one recipient to the mail service.

        Raises:
            MailRefused: The mail service will never accept the message.
            MailNotSent: The mail service did not accept the message. A retry may succeed.
            MailUncertain: The message may be on its way.
        """
        ...


class OptInNotificationClaims(PurgeTarget, Protocol):
    """Ensures that your system gets one notification per confirmed opt-in.

    It records which press claimed the notification, and whether the notification is queued and finished.
    """

    def claim(self, recipient: str, issued: Millis, press_id: str, now: Millis) -> bool:
        """Claims the notification of a confirmation for one press.

        Args:
            recipient: recipient id.
            issued: when the confirmation link was issued, milliseconds.
            press_id: id of the press.
            now: milliseconds.

        Returns:
            True if this is the first press, or a retry of it, and its notification is not finished.

        Raises:
            StoreUnavailable: It is unknown whether the claim was stored.
        """
        ...

    def is_queued(self, recipient: str, issued: Millis) -> bool:
        """Returns whether a notification of this confirmation is queued.

        Raises:
            StoreUnavailable: The store did not answer.
        """
        ...

    def mark_queued(self, recipient: str, issued: Millis, now: Millis) -> None:
        """Records that a notification of this confirmation is queued.

        Raises:
            StoreUnavailable: It is unknown whether the fact was recorded.
        """
        ...

    def finish(self, recipient: str, issued: Millis) -> None:
        """Records that the notification of this confirmation is finished.

        Raises:
            StoreUnavailable: It is unknown whether the fact was recorded.
        """
        ...
