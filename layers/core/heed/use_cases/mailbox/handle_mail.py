"""Handles an inbound mail: reads it, acts on what it requests, and deletes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from heed.domain.mailbox.attribution import SenderMail, attribute_mail
from heed.domain.mailbox.intent import read_intent
from heed.domain.mailbox.mail_action import decide_inbound_mail
from heed.domain.mailbox.new_text import new_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from heed.domain.mailbox.inbound_mail import InboundMail, Receipt
    from heed.domain.mailbox.mail_words import MailWords
    from heed.domain.milliseconds import Millis
    from heed.use_cases.mailbox.act_on_mail import ActOnMail, MailEffect
    from heed.use_cases.ports.cases import StoredMails
    from heed.use_cases.ports.keys import LinkKeys


@dataclass(frozen=True, slots=True)
class HandleMail:
    """Handles a mail.

    Attributes:
        mails: the mails that nobody has handled.
        parse: parses a mail.
        link_keys: the keys of links.
        words: the words by which mails are read.
        act: does what is decided.
    """

    mails: StoredMails
    parse: Callable[[bytes], InboundMail]
    link_keys: LinkKeys
    words: MailWords
    act: ActOnMail

    def __call__(self, source: str | bytes, receipt: Receipt, now: Millis) -> list[MailEffect]:
        """Handles a mail, and deletes it when everything that it requests is stored.

        A second call finds no mail, and does nothing.

        Args:
            source: the name of the stored mail, or the mail itself.
            receipt: what SES reports about the mail.
            now: milliseconds.

        Returns:
            What the mail caused.

        Raises:
            MalformedMessage: The object is no mail. A retry cannot succeed.
            DependencyUnavailable, UnreadableRecord: Not everything was stored. A retry completes it.
        """
        raw = self.mails.read(source) if isinstance(source, str) else source
        if raw is None:
            return []
        mail = self.parse(raw)
        attribution = attribute_mail(mail, receipt, self.link_keys.link_key)
        text = new_text(mail.text, self.words)
        actions = decide_inbound_mail(
            attribution,
            receipt.spam,
            f"{mail.subject}\n{text}",
            lambda sender: read_intent(mail.subject, text, sender, self.words),
        )
        sender = attribution.address if isinstance(attribution, SenderMail) else ""
        effects = [self.act(action, receipt, sender, raw, now) for action in actions]
        if isinstance(source, str):
            self.mails.delete(source)
        return effects
