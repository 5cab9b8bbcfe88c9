"""The mail to an address that somebody entered: at most so often, and to nobody who must be left alone."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import assert_never

from heed.domain.errors import MailNotSent, MailRefused, MalformedMessage
from heed.domain.links.link_token import LinkToken, TokenPurpose
from heed.domain.links.link_token import mint_link_token as mint_link
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
from heed.domain.preferences.decision import is_silent
from heed.domain.preferences.register import ALL_SCOPES
from heed.domain.recipients.address import is_mailable
from heed.domain.recipients.recipient import recipient_id
from heed.use_cases.ports.keys import ConfirmationKeys, IdentityKey, LinkKeys
from heed.use_cases.ports.opt_in import (
    AddressEncryption,
    ConfirmationMail,
    MailCaps,
    MailClaim,
    MailDelayed,
    Mailer,
    MailRenderer,
    NoMailNeeded,
    WaitingQueue,
)
from heed.use_cases.ports.preferences import Preferences


class SendResult(Enum):
    """What came of a request."""

    SENT = auto()
    UNMAILABLE = auto()  # beyond ASCII, which SES does not mail, or an encoded word
    SILENT = auto()  # a minor, a held address, or who was erased after asking
    REPEATED = auto()  # its mail is on its way already
    CAPPED = auto()  # the same person asked for the same, and has the mail for it
    WAITS = auto()  # until its network, its mailbox or the day has room
    REFUSED = auto()  # SES will not send to it


@dataclass(frozen=True, slots=True)
class SendConfirmationNow:
    """Sends the mail of a request, if it may be sent now."""

    identity: IdentityKey
    links: LinkKeys
    keys: ConfirmationKeys
    preferences: Preferences
    catalogue: Catalogue
    caps: MailCaps
    seal: AddressEncryption
    compose: MailRenderer
    mailer: Mailer

    def __call__(self, request: ConfirmationRequest, now: int, *, in_turn: bool) -> SendResult | MailDelayed:
        """Send the mail if it may be sent now. The same message again sends no second one.

        After an answer that was lost on the way there may be one mail more, never two.

        Raises:
            Malformed: it asks for a topic that there never was.
            Unavailable, UnreadableRecord: not done; the same message may be delivered again.
        """
        if not set(request.scopes) <= self.catalogue.topics.keys():
            raise MalformedMessage("a topic that there never was")
        if not is_mailable(request.address):
            return SendResult.UNMAILABLE
        recipient = recipient_id(self.identity.identity_key(), request.address)
        record = self.preferences.read(recipient)
        if is_silent(record, request.at):
            return SendResult.SILENT
        message = self.compose(self._letter(request, recipient, now))
        claim = MailClaim(
            recipient,
            self._name(f"mailbox {mailbox_of(request.address)}", 32),
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
            case MailDelayed():
                return kept
            case NoMailNeeded.REPEATED:
                return SendResult.REPEATED
            case NoMailNeeded.CAPPED:
                return SendResult.CAPPED
            case _:
                assert_never(kept)

    def _send(self, address: str, claim: MailClaim, message: bytes) -> SendResult:
        try:
            self.mailer.send(address, claim.recipient, message)
        except MailNotSent:
            self.caps.settle(claim, sent=False)
            raise
        except MailRefused:
            self.caps.settle(claim, sent=True)
            return SendResult.REFUSED
        self.caps.settle(claim, sent=True)
        return SendResult.SENT

    def _name(self, what: str, length: int) -> str:
        """A name for something that nobody can turn back; no token begins with such bytes."""
        return hmac.digest(self.keys.confirmation_key(CONFIRMATION_KEY_ID), what.encode(), "sha256").hex()[
            :length
        ]

    def _language(self, asked: str) -> str:
        """The language of the request, or the default one where the brand has it no more."""
        known = self.catalogue.languages
        return asked if asked in known else self.catalogue.default_language

    def _letter(self, request: ConfirmationRequest, recipient: str, now: int) -> ConfirmationMail:
        is_in = request.intent is Intent.IN
        signals = {topic.number for topic in self.catalogue.signals()} if is_in else set()
        said = ConfirmationToken(
            recipient=recipient,
            intent=request.intent,
            scopes=tuple(scope for scope in request.scopes if scope not in signals),
            issued=request.at,
            sealed=self.seal.encrypt(request.given or request.address) if is_in else b"",
            resume=request.resume,
            signals=tuple(scope for scope in request.scopes if scope in signals),
            waited=hours_waited(request.at, now),
        )
        everything = LinkToken(recipient, ALL_SCOPES, request.at, self.links.newest_key_id())

        def link(purpose: TokenPurpose) -> str:
            return mint_link(everything, purpose, self.links.link_key(purpose, everything.key_id))

        return ConfirmationMail(
            to=request.address,
            intent=request.intent,
            scopes=request.scopes,
            resume=bool(request.resume),
            language=self._language(request.language),
            base_url=request.base_url,
            confirm=mint_confirmation_token(said, self.keys.confirmation_key(CONFIRMATION_KEY_ID)),
            unsubscribe=link(TokenPurpose.UNSUBSCRIBE),
            mailto=link(TokenPurpose.MAILTO),
        )


@dataclass(frozen=True, slots=True)
class SendConfirmation:
    """What becomes of a request from the queue.

    `line` is where a request waits that a cap holds back (heed.use_cases.opt_in.send_waiting).
    """

    send_now: SendConfirmationNow
    line: WaitingQueue

    def __call__(self, request: ConfirmationRequest, now: int) -> SendResult:
        """Send the mail if it may be sent; else, if there will be room for it, let it wait in line.

        Raises:
            Unavailable, UnreadableRecord: not done; the same message may be delivered again.
        """
        result: SendResult | MailDelayed = MailDelayed(request.due)
        if request.due <= now:
            result = self.send_now(request, now, in_turn=False)
        if not isinstance(result, MailDelayed):
            return result
        due = request.due if result.due is None else result.due
        self.line.send(replace(request, due=due).to_message())
        return SendResult.WAITS
