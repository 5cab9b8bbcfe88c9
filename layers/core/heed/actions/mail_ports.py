"""What the way back by mail needs from outside, beside the ports that every action has."""

from __future__ import annotations

from typing import Literal, Protocol

from heed.actions.ports import Keys
from heed.actions.ports_privacy import Person
from heed.domain.confirm_token import Intent

Capped = Literal[
    "ConfirmationRepeated",
    "ConfirmationCapped",
    "ConfirmationCappedNetwork",
    "ConfirmationCappedAll",
]
"""Why a request has no mail: `heed.actions.send_confirmation.Result` has the meanings."""


class ConfirmKeys(Keys, Protocol):
    """The keys, and that of confirmation links."""

    def confirm(self, key_id: int) -> bytes:
        """The key of confirmation links.

        Raises:
            InvalidToken: the id was never ours.
            KeysUnavailable: the key service did not answer.
        """
        ...


class AddressSeal(Protocol):
    """Encrypts the address that a confirmation link carries."""

    def seal(self, address: str) -> bytes:
        """The address, for nobody to read.

        Raises:
            KeysUnavailable: the key service did not answer.
        """
        ...

    def unseal(self, sealed: bytes) -> str:
        """The address again.

        Raises:
            Malformed: it was not sealed for this.
            KeysUnavailable: the key service did not answer.
        """
        ...


class MailCaps(Protocol):
    """How many mails went where, counted rightly however many ask at once."""

    def claim(
        self, recipient: str, intent: Intent, request: str, network: str, now: int
    ) -> Capped | None:
        """Take one mail for a request, before it is sent; why there is none, or nothing.

        Raises:
            StoreUnavailable, Contended: it is not known to be taken.
        """
        ...

    def settle(self, recipient: str, intent: Intent, request: str, *, sent: bool) -> None:
        """Say what became of it: on its way (or never to be tried again), or certainly not sent.

        Raises:
            StoreUnavailable, Contended: it is not known to be kept.
        """
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


class Suppressions(Protocol):
    """The mail service's own list of addresses that it drops mail to."""

    def remove(self, address: str) -> None:
        """Take an address off the list; one that is not on it is well.

        Raises:
            SuppressionUnavailable: it is not known to be done.
        """
        ...


class Tellings(Protocol):
    """Which confirmations the adopter was told of."""

    def begin(self, recipient: str, issued: int, press: str, now: int) -> bool:
        """Whether this press is to tell of it: it is the first, and has not done so yet.

        Raises:
            StoreUnavailable: it is not known.
        """
        ...

    def finish(self, recipient: str, issued: int) -> None:
        """It is told.

        Raises:
            StoreUnavailable: it is not known to be kept.
        """
        ...

    def clear(self, person: Person) -> int:
        """See PersonalStore."""
        ...
