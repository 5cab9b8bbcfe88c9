"""Renders confirmation mails as MIME, with plain text and HTML. They contain nothing that tracks readers."""

from __future__ import annotations

from heed.domain.preferences.catalogue import Catalogue
from heed.entrypoints.http.api.list_headers import brand_list_id, list_headers
from heed.entrypoints.http.language import choose_language
from heed.entrypoints.http.pages.link_views import common_brand, confirmation_names
from heed.entrypoints.http.pages.mail_views import ConfirmationMailView
from heed.entrypoints.http.pages.pages import Pages
from heed.entrypoints.mail.messages import start_message
from heed.override import override
from heed.use_cases.ports.opt_in import ConfirmationMail, MailRenderer


class ConfirmationMailRenderer(MailRenderer):
    """Renders a confirmation mail.

    Args:
        pages: The pages of the brand, with the parts of the mail.
        catalogue: The brands and topics.
        sender: The address in `From`.
        mail_domain: The domain that receives mail of `mailto:` links, or "".
    """

    def __init__(self, pages: Pages, catalogue: Catalogue, sender: str, mail_domain: str) -> None:
        self._pages = pages
        self._catalogue = catalogue
        self._sender = sender
        self._mail_domain = mail_domain

    @override
    def __call__(self, mail: ConfirmationMail) -> bytes:
        """Returns the mail as bytes. See `heed.use_cases.ports.opt_in.MailRenderer`."""
        catalogue = self._catalogue
        topics = [catalogue.topics[number] for number in mail.scopes]
        brand = common_brand(topics, catalogue)
        # The brand may have lost the language since the request.
        language = choose_language(mail.language, None, catalogue.languages, catalogue.default_language)
        query = f"?lang={language}"
        unsubscribe_url = f"{mail.base_url}/u/{mail.unsubscribe_token}{query}"
        mailto = f"u+{mail.mailto_token}@{self._mail_domain}" if self._mail_domain else ""
        view = ConfirmationMailView(
            language=language,
            brand=brand.title,
            intent=mail.intent,
            **confirmation_names(topics, mail.intent, catalogue, language),
            resume=mail.resume,
            confirm_url=f"{mail.base_url}/c/{mail.confirm_token}{query}",
            unsubscribe_url=unsubscribe_url,
        )
        subject = self._pages.mail("mail-subject.txt", view)
        message = start_message(brand.title, self._sender, mail.to, subject)
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: prevents vacation replies
        headers = list_headers(unsubscribe_url, mailto, brand_list_id(brand))
        for name, value in headers.items():
            message[name] = value
        message.set_content(self._pages.mail("mail.txt", view), cte="quoted-printable")
        message.add_alternative(self._pages.mail("mail.html", view), subtype="html", cte="quoted-printable")
        message["Content-Language"] = language  # set last: MIME moves earlier headers into a part
        return message.as_bytes()
