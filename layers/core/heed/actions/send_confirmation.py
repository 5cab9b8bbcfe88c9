"""The mail to an address that somebody entered: at most so often, and to nobody who must be left alone."""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from heed.actions.mail_ports import AddressSeal, ConfirmKeys, MailCaps, Mailer
from heed.actions.ports import Preferences
from heed.domain.catalogue import Catalogue
from heed.domain.confirm_token import KEY_ID, Confirmation, Intent, mint
from heed.domain.decision import is_silent
from heed.domain.errors import MailNotSent, MailRefused
from heed.domain.mail_request import MailRequest
from heed.domain.recipient import recipient_id
from heed.domain.register import ALL
from heed.domain.token import Purpose, Token
from heed.domain.token import mint as mint_link

# A local part may look like an encoded word (RFC 2047 §2), and be decoded on its way to another address.
_ENCODED = re.compile(r"=\?[^?]*\?[^?]*\?.*\?=")


class Result(StrEnum):
    """What came of a request; counted under these names."""

    SENT = "ConfirmationSent"
    LATE = "ConfirmationLate"  # it waited too long for the link to be of use
    UNMAILABLE = (
        "ConfirmationUnmailable"  # beyond ASCII, which SES does not mail, or an encoded word
    )
    SILENT = "ConfirmationSilent"  # a minor, a held address, or who was erased after asking
    REPEATED = "ConfirmationRepeated"  # its mail is on its way already
    CAPPED = "ConfirmationCapped"  # the address has had its mails
    CAPPED_NETWORK = "ConfirmationCappedNetwork"  # where it came from has
    CAPPED_ALL = "ConfirmationCappedAll"  # the deployment has sent all that it may today
    REFUSED = "ConfirmationRefused"  # SES will not send to it


@dataclass(frozen=True, slots=True)
class Letter:
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
    scopes: tuple[int, ...]
    resume: bool
    language: str
    base_url: str
    confirm: str
    unsubscribe: str
    mailto: str


class Compose(Protocol):
    """Writes a letter as a mail."""

    def __call__(self, letter: Letter) -> bytes:
        """The whole message, RFC 5322."""
        ...


class SendConfirmation:
    """What becomes of a request from the queue."""

    def __init__(
        self,
        keys: ConfirmKeys,
        preferences: Preferences,
        catalogue: Catalogue,
        caps: MailCaps,
        seal: AddressSeal,
        compose: Compose,
        mailer: Mailer,
    ) -> None:
        self._keys = keys
        self._preferences = preferences
        self._catalogue = catalogue
        self._caps = caps
        self._seal = seal
        self._compose = compose
        self._mailer = mailer

    def __call__(self, request: MailRequest, now: int) -> Result:
        """Send the mail if it may be sent. The same message again sends no second one.

        After an answer that was lost on the way there may be one mail more, never two.

        Raises:
            Unavailable, UnreadableRecord: not done; the same message may be delivered again.
        """
        if request.is_late(now):
            return Result.LATE
        if not request.address.isascii() or _ENCODED.search(request.address):
            return Result.UNMAILABLE
        recipient = recipient_id(self._keys.identity(), request.address)
        if is_silent(self._preferences.read(recipient), request.at):
            return Result.SILENT
        letter = self._letter(request, recipient)
        capped = self._caps.claim(
            recipient, request.intent, request.id, self._network(request.network), now
        )
        if capped is not None:
            return Result(capped)
        return self._send(request, recipient, self._compose(letter))

    def _send(self, request: MailRequest, recipient: str, message: bytes) -> Result:
        try:
            self._mailer.send(request.address, recipient, message)
        except MailNotSent:
            self._caps.settle(recipient, request.intent, request.id, sent=False)
            raise
        except MailRefused:
            self._caps.settle(recipient, request.intent, request.id, sent=True)
            return Result.REFUSED
        self._caps.settle(recipient, request.intent, request.id, sent=True)
        return Result.SENT

    def _network(self, network: str) -> str:
        """A name for a network that nobody can turn back; no token begins with these bytes."""
        key = self._keys.confirm(KEY_ID)
        return hmac.digest(key, f"network {network}".encode(), "sha256").hex()[:32]

    def _letter(self, request: MailRequest, recipient: str) -> Letter:
        is_in = request.intent is Intent.IN
        signals = {topic.number for topic in self._catalogue.signals()} if is_in else set()
        said = Confirmation(
            recipient=recipient,
            intent=request.intent,
            scopes=tuple(scope for scope in request.scopes if scope not in signals),
            issued=request.at,
            sealed=self._seal.seal(request.address) if is_in else b"",
            resume=request.resume,
            signals=tuple(scope for scope in request.scopes if scope in signals),
        )
        everything = Token(recipient, ALL, request.at, self._keys.newest())

        def link(purpose: Purpose) -> str:
            return mint_link(everything, purpose, self._keys.link(purpose, everything.key_id))

        return Letter(
            to=request.address,
            intent=request.intent,
            scopes=request.scopes,
            resume=bool(request.resume),
            language=request.language,
            base_url=request.base_url,
            confirm=mint(said, self._keys.confirm(KEY_ID)),
            unsubscribe=link(Purpose.UNSUBSCRIBE),
            mailto=link(Purpose.MAILTO),
        )
