"""Renders the answer to a mail: plain text, without anything that the sender wrote."""

from __future__ import annotations

import re

from heed.domain.opt_in.confirmation_token import Intent
from heed.domain.preferences.catalogue import Catalogue
from heed.entrypoints.http.language import choose_language
from heed.entrypoints.http.pages.link_views import common_brand, confirmation_names
from heed.entrypoints.http.pages.mail_views import AnswerMailView
from heed.entrypoints.http.pages.pages import Pages
from heed.entrypoints.mail.messages import start_message
from heed.override import override
from heed.use_cases.ports.mailbox import AnswerRenderer, MailAnswer

_MESSAGE_ID = re.compile(r"<[!-;=@-~]{1,250}>")  # without `?`, so that it contains no encoded word


class AnswerMailRenderer(AnswerRenderer):
    """Renders an answer.

    Args:
        pages: The pages of the brand, with the parts of the mail.
        catalogue: The brands and topics.
        sender: The address in `From`.
    """

    def __init__(self, pages: Pages, catalogue: Catalogue, sender: str) -> None:
        self._pages = pages
        self._catalogue = catalogue
        self._sender = sender

    @override
    def __call__(self, answer: MailAnswer) -> bytes:
        catalogue = self._catalogue
        topics = [catalogue.topics[number] for number in answer.topics]
        brand = common_brand(topics, catalogue)
        language = choose_language(answer.language, None, catalogue.languages, catalogue.default_language)
        view = AnswerMailView(
            language=language,
            brand=brand.title,
            opted_out=answer.opted_out,
            topics=confirmation_names(topics, Intent.OUT, catalogue, language)["topics"],
            due_at=answer.due_at,
        )
        subject = self._pages.mail("mail-answer-subject.txt", view)
        message = start_message(brand.title, self._sender, answer.to, subject)
        message["Reply-To"] = catalogue.mailbox
        message["Auto-Submitted"] = "auto-replied"  # RFC 3834
        if _MESSAGE_ID.fullmatch(answer.in_reply_to):
            message["In-Reply-To"] = message["References"] = answer.in_reply_to
        message.set_content(self._pages.mail("mail-answer.txt", view), cte="quoted-printable")
        message["Content-Language"] = language
        return message.as_bytes()
