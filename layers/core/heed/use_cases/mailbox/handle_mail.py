"""Handles an inbound mail: reads it, acts on what it requests, deletes it, and answers it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from heed.domain.mailbox.attribution import (
    LinkInDoubt,
    LinkOptOut,
    PerhapsAutomaticMail,
    SenderMail,
    VirusMail,
    attribute_mail,
)
from heed.domain.mailbox.company_addresses import CompanyAddresses
from heed.domain.mailbox.inbound_mail import InboundMail, Receipt, ReceivedMail
from heed.domain.mailbox.intent import read_intent
from heed.domain.mailbox.mail_action import decide_inbound_mail
from heed.domain.mailbox.mail_words import MailWords
from heed.domain.mailbox.new_text import new_text
from heed.domain.milliseconds import Millis
from heed.use_cases.mailbox.act_on_mail import ActOnMail, MailEffect
from heed.use_cases.mailbox.answer_mail import AnswerMail
from heed.use_cases.ports.cases import StoredMails
from heed.use_cases.ports.keys import LinkKeys


@dataclass(frozen=True, slots=True)
class HandleMail:
    """Handles a mail.

    Attributes:
        mails: the mails that nobody has handled.
        parse: parses a mail.
        link_keys: the keys of links.
        company: the company's own addresses.
        words: the words by which mails are read.
        act: does what is decided.
        answer: answers the mail; None if the deployment sends no mail.
    """

    mails: StoredMails
    parse: Callable[[bytes], InboundMail]
    link_keys: LinkKeys
    company: CompanyAddresses
    words: MailWords
    act: ActOnMail
    answer: AnswerMail | None

    def __call__(self, source: str | bytes, header: bytes, receipt: Receipt, now: Millis) -> list[MailEffect]:
        """Handles a mail, and deletes it when everything that it requests is stored.

        If the mail is missing, its header still tells what a signed link requests. So a second call, which
        finds no mail, repeats that at most, and changes nothing.

        Args:
            source: the name of the stored mail, or the mail itself.
            header: the header of the mail, as SES reports it.
            receipt: what SES reports about the mail.
            now: milliseconds.

        Returns:
            What the mail caused.

        Raises:
            MalformedMessage: The object is no mail. A retry cannot succeed.
            DependencyUnavailable, UnreadableRecord: Not everything was stored. A retry completes it.
        """
        stored = self.mails.read(source) if isinstance(source, str) else source
        raw = header if stored is None else stored
        content = self.parse(raw)
        attribution = attribute_mail(content, receipt, self.link_keys.link_key, self.company)
        if stored is None and not isinstance(attribution, VirusMail | LinkOptOut | LinkInDoubt):
            return [MailEffect.MISSING]  # the text would decide
        new = new_text(content.text, self.words)
        sender = attribution.address if isinstance(attribution, SenderMail | PerhapsAutomaticMail) else ""
        mail = ReceivedMail(raw, content, f"{content.subject}\n{new}", sender, receipt)
        actions = decide_inbound_mail(
            attribution,
            receipt.spam,
            mail.text,
            lambda address: read_intent(content.subject, new, address, self.words),
            self.company,
        )
        done = [(action, self.act(action, mail, now)) for action in actions]
        if isinstance(source, str):
            self.mails.delete(source)  # before the answer, so that no failure sends a second one
        effects = [] if stored is not None else [MailEffect.MISSING]
        effects += [result.effect for _, result in done if result.effect]
        answered = self.answer(attribution, mail, done, now) if self.answer else None
        return effects if answered is None else [*effects, answered]
