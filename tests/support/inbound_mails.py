"""Sample mails, with valid tokens in place of their dummies, and what SES reports about them."""

from __future__ import annotations

import hmac
from dataclasses import replace
from pathlib import Path

from heed.domain.links.link_token import LinkToken, TokenPurpose, mint_link_token
from heed.domain.mailbox.attribution import Attribution, attribute_mail
from heed.domain.mailbox.company_addresses import CompanyAddresses
from heed.domain.mailbox.inbound_mail import InboundMail, MailReport, Receipt, ReportKind, Verdict
from heed.domain.mailbox.intent import read_intent
from heed.domain.mailbox.mail_action import MailAction, decide_inbound_mail
from heed.domain.mailbox.mail_words import MailWords
from heed.domain.mailbox.new_text import new_text
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import ScopeNumber
from heed.entrypoints.inbound_mail.mime import parse_mail

MAILS = Path(__file__).parents[1] / "data" / "mails"
RECEIVED = Millis(1_772_701_965_028)
TOKEN = LinkToken("a" * 26, ScopeNumber(2), Millis(1_772_668_800_000), 1)
COMPANY = CompanyAddresses(
    frozenset({"privacy@example.com", "service@example.org"}), mail_domain="mail.example.com"
)
_URL_DUMMY = b"v1.bGlzdD1uZXdzJmM9MTIzNDU2.q83vEXAMPLEEXAMPLEEXAMPLEEXAMPLE0123456789A"
_MAILTO_DUMMY = b"k7q2example4x3aet5wb7q2exampleq6"


def link_key(purpose: TokenPurpose, key_id: int) -> bytes:
    """Returns the key of a purpose and id."""
    return hmac.digest(b"links", f"{purpose.name}/{key_id}".encode(), "sha256")


def mint(purpose: TokenPurpose, token: LinkToken = TOKEN) -> str:
    """Returns the text of a valid token."""
    return mint_link_token(token, purpose, link_key(purpose, token.key_id))


def read_mail(name: str) -> bytes:
    """Returns a sample mail with valid tokens."""
    raw = (MAILS / "inbound" / f"{name}.eml").read_bytes()
    return insert_tokens(raw, mint(TokenPurpose.UNSUBSCRIBE), mint(TokenPurpose.MAILTO))


def insert_tokens(raw: bytes, unsubscribe: str, mailto: str) -> bytes:
    """Returns a sample with these tokens in place of its dummies."""
    return raw.replace(_URL_DUMMY, unsubscribe.encode()).replace(_MAILTO_DUMMY, mailto.encode())


def sample(name: str) -> InboundMail:
    """Returns a sample mail with valid tokens, parsed."""
    return parse_mail(read_mail(name))


def receipt(
    *recipients: str,
    dmarc: Verdict = Verdict.PASS,
    virus: Verdict = Verdict.PASS,
    spam: Verdict = Verdict.PASS,
    has_return_path: bool = True,
) -> Receipt:
    """Returns a receipt of SES. Every check passes unless the caller chooses another verdict."""
    return Receipt("ses-id", RECEIVED, recipients, has_return_path, spam, virus, dmarc)


def token_address(token: LinkToken = TOKEN) -> str:
    """Returns the address of a `mailto:` link."""
    return f"u+{mint(TokenPurpose.MAILTO, token)}@mail.example.com"


def attribute_text(text: str) -> list[Attribution]:
    """Parses a mail and attributes it, once more as a report that embeds its header."""
    mail = parse_mail(text.encode("latin-1", "replace"))
    report = replace(mail, report=mail.report or MailReport(ReportKind.COMPLAINT), original=mail.headers)
    return [attribute_mail(each, receipt(text), link_key, COMPANY) for each in (mail, report)]


def decide_about_mail(raw: bytes, receipt: Receipt, words: MailWords) -> tuple[MailAction, ...]:
    """Reads a mail as the function does, and returns what to do with it."""
    mail = parse_mail(raw)
    text = new_text(mail.text, words)
    return decide_inbound_mail(
        attribute_mail(mail, receipt, link_key, COMPANY),
        receipt.spam,
        f"{mail.subject}\n{text}",
        lambda sender: read_intent(mail.subject, text, sender, words),
        COMPANY,
    )


def huge_mail(size: int = 400_000) -> bytes:
    """Returns a mail with a text and an attachment of this size."""
    line = b"UvImZaYMEtKJGF2VDuiBNgkWb2sRPReNbA/TkB/yOaGglfIPk5VlDPk4C47bIkprJIoekk6P0K4u\r\n"
    return (
        b"From: recipient@example.net\r\nSubject: unsubscribe\r\n"
        b"Content-Type: multipart/mixed; boundary=zz\r\n\r\n"
        b"--zz\r\nContent-Type: text/plain\r\n\r\nunsubscribe\r\n--zz\r\n"
        b"Content-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=photo.bin\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n" + line * (size // len(line)) + b"--zz--\r\n"
    )
