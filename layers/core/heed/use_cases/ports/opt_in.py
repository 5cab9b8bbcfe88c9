"""What the way back by mail needs from outside, beside the ports that every action has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import NamedTuple, Protocol

from heed.domain.opt_in.confirmation_token import Intent
from heed.domain.preferences.register import ScopeNumber
from heed.use_cases.ports.privacy import PurgeTarget


class NoMailNeeded(Enum):
    """Why a request needs no mail."""

    REPEATED = auto()  # its own mail is on its way already
    CAPPED = auto()  # the same person asked for the same, and has the mail for it


class MailDelayed(NamedTuple):
    """Why a request has no mail yet.

    Attributes:
        due: when its mailbox has room, milliseconds; None: the day has none, for anybody.
    """

    due: int | None


class AddressEncryption(Protocol):
    """Encrypts a text that holds an address: that of a confirmation link, or a place in a list of them."""

    def encrypt(self, address: str) -> bytes:
        """The address, for nobody to read.

        Raises:
            KeysUnavailable: the key service did not answer.
        """
        ...

    def decrypt(self, sealed: bytes) -> str:
        """The address again.

        Raises:
            Malformed: it was not sealed for this.
            KeysUnavailable: the key service did not answer.
        """
        ...


class MailClaim(NamedTuple):
    """A request that asks to be sent its mail.

    Attributes:
        recipient: recipient id of its address.
        mailbox: a name for where its mail arrives, which several recipients may share.
        intent: what is asked for.
        request: id of the request.
        what: a name for the scopes that are asked for, which nobody can turn back.
        at: when it was asked for, milliseconds.
        since: when the person's record last changed, milliseconds.
    """

    recipient: str
    mailbox: str
    intent: Intent
    request: str
    what: str
    at: int
    since: int


class MailCaps(Protocol):
    """How many mails went where, counted rightly however many ask at once."""

    def claim(self, claim: MailClaim, now: int, *, in_turn: bool) -> NoMailNeeded | MailDelayed | None:
        """Take one mail for a request, before it is sent; why there is none, or nothing.

        While others wait for room in the day or in the mailbox, who is not `in_turn` waits behind them.

        Raises:
            StoreUnavailable, Contended: it is not known to be taken.
        """
        ...

    def settle(self, claim: MailClaim, *, sent: bool) -> None:
        """Say what became of it: on its way (or never to be tried again), or certainly not sent.

        Raises:
            StoreUnavailable, Contended: it is not known to be kept.
        """
        ...

    def sent_today(self, now: int) -> int:
        """How many mails were taken since midnight UTC.

        Raises:
            StoreUnavailable: it is not known.
        """
        ...

    def note_line(self, now: int, *, stands: bool) -> None:
        """Say whether anybody still waits for room in the day: whoever asks next then waits behind them.

        Raises:
            StoreUnavailable: it is not known to be kept.
        """
        ...


class NetworkCaps(Protocol):
    """How many mails each network causes."""

    def take(self, network: str, intent: Intent, now: int) -> int | None:
        """Take one mail of a network's: when it may be sent, milliseconds.

        None: there is no room within the longest time that a request may wait.

        Raises:
            StoreUnavailable: it is not known.
        """
        ...


class ReceivedMessage(NamedTuple):
    """A message that waits: what it says, and by which the queue knows it."""

    body: str
    receipt: str


class WaitingQueue(Protocol):
    """The queue of those whom a cap has held back."""

    def send(self, body: str) -> None:
        """Put a message behind the others.

        Raises:
            QueueUnavailable: it is not known to be kept.
        """
        ...

    def count(self) -> int:
        """How many messages there are, as of some seconds ago.

        Raises:
            QueueUnavailable: it is not known.
        """
        ...

    def receive(self, has_time: Callable[[], bool]) -> list[ReceivedMessage]:
        """All that can be had; nobody else gets them for some minutes, and then they are there again.

        Raises:
            QueueUnavailable: the queue does not answer.
        """
        ...

    def delete(self, receipt: str) -> None:
        """Take a message out for good.

        Raises:
            QueueUnavailable: it is not known to be out.
        """
        ...


@dataclass(frozen=True, slots=True)
class ConfirmationMail:
    """What the mail has to say.

    Attributes:
        to: the address, normalised and ASCII.
        intent: what is to be confirmed.
        scopes: numbers of the topics asked for.
        resume: whether a pause is to end.
        language: to write in.
        base_url: of the links.
        confirm: token of the confirmation link.
        unsubscribe, mailto: tokens of links that stop everything, which never end.
    """

    to: str
    intent: Intent
    scopes: tuple[ScopeNumber, ...]
    resume: bool
    language: str
    base_url: str
    confirm: str
    unsubscribe: str
    mailto: str


class MailRenderer(Protocol):
    """Writes a letter as a mail."""

    def __call__(self, letter: ConfirmationMail) -> bytes:
        """The whole message, RFC 5322."""
        ...


class Mailer(Protocol):
    """Sends mail."""

    def send(self, address: str, recipient: str, message: bytes) -> None:
        """Give a message for one recipient to the mail service.

        Raises:
            MailRefused: it will never be taken.
            MailNotSent: it was not taken; it may later.
            MailUncertain: it may be on its way.
        """
        ...


class OptInNotifications(PurgeTarget, Protocol):
    """Which confirmations the adopter was told of."""

    def begin(self, recipient: str, issued: int, press: str, now: int) -> bool:
        """Whether this press is to tell of it: it is the first, and has not done so yet.

        Raises:
            StoreUnavailable: it is not known.
        """
        ...

    def is_handed_on(self, recipient: str, issued: int) -> bool:
        """Whether a press of this confirmation is on its way to be told of.

        Raises:
            StoreUnavailable: it is not known.
        """
        ...

    def hand_on(self, recipient: str, issued: int, now: int) -> None:
        """A press of this confirmation is on its way to be told of.

        Raises:
            StoreUnavailable: it is not known to be kept.
        """
        ...

    def finish(self, recipient: str, issued: int) -> None:
        """It is told.

        Raises:
            StoreUnavailable: it is not known to be kept.
        """
        ...
