"""The mail to an address that somebody entered: at most so often, and to nobody who must be left alone."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import assert_never

from heed.domain.errors import MailNotSent, MailRefused, Malformed
from heed.domain.links.link_token import Purpose, Token
from heed.domain.links.link_token import mint as mint_link
from heed.domain.opt_in.confirmation_request import MailRequest
from heed.domain.opt_in.confirmation_token import KEY_ID, Confirmation, Intent, hours_waited, mint
from heed.domain.opt_in.mail_caps import mailbox
from heed.domain.preferences.catalogue import Catalogue
from heed.domain.preferences.decision import is_silent
from heed.domain.preferences.register import ALL
from heed.domain.recipients.address import is_mailable
from heed.domain.recipients.recipient import recipient_id
from heed.use_cases.ports.keys import ConfirmKeys, IdentityKey, LinkKeys
from heed.use_cases.ports.opt_in import (
    AddressSeal,
    Claim,
    Compose,
    Dropped,
    Letter,
    MailCaps,
    Mailer,
    MailLine,
    Waits,
)
from heed.use_cases.ports.preferences import Preferences


class Result(Enum):
    """What came of a request."""

    SENT = auto()
    UNMAILABLE = auto()  # beyond ASCII, which SES does not mail, or an encoded word
    SILENT = auto()  # a minor, a held address, or who was erased after asking
    REPEATED = auto()  # its mail is on its way already
    CAPPED = auto()  # the same person asked for the same, and has the mail for it
    WAITS = auto()  # until its network, its mailbox or the day has room
    REFUSED = auto()  # SES will not send to it


@dataclass(frozen=True, slots=True)
class SendNow:
    """Sends the mail of a request, if it may be sent now."""

    identity: IdentityKey
    links: LinkKeys
    keys: ConfirmKeys
    preferences: Preferences
    catalogue: Catalogue
    caps: MailCaps
    seal: AddressSeal
    compose: Compose
    mailer: Mailer

    def __call__(self, request: MailRequest, now: int, *, in_turn: bool) -> Result | Waits:
        """Send the mail if it may be sent now. The same message again sends no second one.

        After an answer that was lost on the way there may be one mail more, never two.

        Raises:
            Malformed: it asks for a topic that there never was.
            Unavailable, UnreadableRecord: not done; the same message may be delivered again.
        """
        if not set(request.scopes) <= self.catalogue.topics.keys():
            raise Malformed("a topic that there never was")
        if not is_mailable(request.address):
            return Result.UNMAILABLE
        recipient = recipient_id(self.identity.identity(), request.address)
        record = self.preferences.read(recipient)
        if is_silent(record, request.at):
            return Result.SILENT
        message = self.compose(self._letter(request, recipient, now))
        claim = Claim(
            recipient,
            self._name(f"mailbox {mailbox(request.address)}", 32),
            request.intent,
            request.id,
            self._name(f"asked {request.scopes} {request.resume}", 16),
            request.at,
            record.changed,
        )
        kept = self.caps.claim(claim, now, in_turn=in_turn)
        match kept:
            case None:
                return self._send(request.address, claim, message)
            case Waits():
                return kept
            case Dropped.REPEATED:
                return Result.REPEATED
            case Dropped.CAPPED:
                return Result.CAPPED
            case _:
                assert_never(kept)

    def _send(self, address: str, claim: Claim, message: bytes) -> Result:
        try:
            self.mailer.send(address, claim.recipient, message)
        except MailNotSent:
            self.caps.settle(claim, sent=False)
            raise
        except MailRefused:
            self.caps.settle(claim, sent=True)
            return Result.REFUSED
        self.caps.settle(claim, sent=True)
        return Result.SENT

    def _name(self, what: str, length: int) -> str:
        """A name for something that nobody can turn back; no token begins with such bytes."""
        return hmac.digest(self.keys.confirm(KEY_ID), what.encode(), "sha256").hex()[:length]

    def _language(self, asked: str) -> str:
        """The language of the request, or the default one where the brand has it no more."""
        known = self.catalogue.languages
        return asked if asked in known else self.catalogue.default_language

    def _letter(self, request: MailRequest, recipient: str, now: int) -> Letter:
        is_in = request.intent is Intent.IN
        signals = {topic.number for topic in self.catalogue.signals()} if is_in else set()
        said = Confirmation(
            recipient=recipient,
            intent=request.intent,
            scopes=tuple(scope for scope in request.scopes if scope not in signals),
            issued=request.at,
            sealed=self.seal.seal(request.given or request.address) if is_in else b"",
            resume=request.resume,
            signals=tuple(scope for scope in request.scopes if scope in signals),
            waited=hours_waited(request.at, now),
        )
        everything = Token(recipient, ALL, request.at, self.links.newest())

        def link(purpose: Purpose) -> str:
            return mint_link(everything, purpose, self.links.link(purpose, everything.key_id))

        return Letter(
            to=request.address,
            intent=request.intent,
            scopes=request.scopes,
            resume=bool(request.resume),
            language=self._language(request.language),
            base_url=request.base_url,
            confirm=mint(said, self.keys.confirm(KEY_ID)),
            unsubscribe=link(Purpose.UNSUBSCRIBE),
            mailto=link(Purpose.MAILTO),
        )


@dataclass(frozen=True, slots=True)
class SendConfirmation:
    """What becomes of a request from the queue.

    `line` is where a request waits that a cap holds back (heed.use_cases.opt_in.send_waiting).
    """

    send_now: SendNow
    line: MailLine

    def __call__(self, request: MailRequest, now: int) -> Result:
        """Send the mail if it may be sent; else, if there will be room for it, let it wait in line.

        Raises:
            Unavailable, UnreadableRecord: not done; the same message may be delivered again.
        """
        result: Result | Waits = Waits(request.due)
        if request.due <= now:
            result = self.send_now(request, now, in_turn=False)
        if not isinstance(result, Waits):
            return result
        due = request.due if result.due is None else result.due
        self.line.send(replace(request, due=due).to_message())
        return Result.WAITS
