"""A confirmation mail as MIME: plain text and HTML beside each other, and nothing that tells who reads it."""

from __future__ import annotations

import re
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy

from heed.domain.preferences.catalogue import Catalogue
from heed.entrypoints.http.api.list_headers import brand_list_id, list_headers
from heed.entrypoints.http.pages import views
from heed.entrypoints.http.pages.link_views import common_brand, topic_name
from heed.entrypoints.http.pages.pages import Pages
from heed.override import override
from heed.use_cases.ports.opt_in import ConfirmationMail, MailRenderer


class _Policy(EmailPolicy):
    """SMTP's line ends; a `List-` header is one line, however long.

    Python folds what is long by encoding it, and no mail client reads a URL out of an encoded word.
    """

    def fold(self, name: str, value: str) -> str:
        if name.lower().startswith("list-"):
            return f"{name}: {value}{self.linesep}"
        return str(super().fold(name, value))

    def fold_binary(self, name: str, value: str) -> bytes:
        if name.lower().startswith("list-"):
            return self.fold(name, value).encode("ascii")
        return bytes(super().fold_binary(name, value))


# Python decodes an encoded word that it is given, and a line's end may be in it (RFC 2047 §2).
_ENCODED = re.compile(r"=\?+")


def _one_line(text: str) -> str:
    """A text for a header, without what could end its line."""
    return _ENCODED.sub("=", "".join(sign for sign in text if sign.isprintable()))


_POLICY = _Policy(linesep="\r\n")


class ConfirmationMailRenderer(MailRenderer):
    """Writes letters as mails.

    Args:
        pages, catalogue: of the brand.
        sender: the address they come from.
        mail_domain: of inbound mail for `mailto:` links, or "".
    """

    def __init__(self, pages: Pages, catalogue: Catalogue, sender: str, mail_domain: str) -> None:
        self._pages = pages
        self._catalogue = catalogue
        self._sender = sender
        self._mail_domain = mail_domain

    @override
    def __call__(self, letter: ConfirmationMail) -> bytes:
        """See `heed.use_cases.opt_in.send_confirmation.Compose`."""
        topics = [self._catalogue.topics[number] for number in letter.scopes]
        brand = common_brand(topics, self._catalogue)
        query = f"?lang={letter.language}"
        unsubscribe_url = f"{letter.base_url}/u/{letter.unsubscribe}{query}"
        mailto = f"u+{letter.mailto}@{self._mail_domain}" if self._mail_domain else ""
        view = views.ConfirmationMailView(
            language=letter.language,
            brand=brand.title,
            intent=letter.intent,
            topics=tuple(topic_name(t, self._catalogue, letter.language) for t in topics),
            resume=letter.resume,
            confirm_url=f"{letter.base_url}/c/{letter.confirm}{query}",
            unsubscribe_url=unsubscribe_url,
        )
        message = EmailMessage(_POLICY)
        message["From"] = Address(_one_line(brand.title), addr_spec=self._sender)
        message["To"] = Address(addr_spec=letter.to)
        message["Subject"] = _one_line(self._pages.mail("mail-subject.txt", view))
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no vacation notice answers it
        headers = list_headers(unsubscribe_url, mailto, brand_list_id(brand))
        for name, value in headers.items():
            message[name] = value
        message.set_content(self._pages.mail("mail.txt", view), cte="quoted-printable")
        message.add_alternative(self._pages.mail("mail.html", view), subtype="html", cte="quoted-printable")
        message["Content-Language"] = letter.language  # last: MIME moves what comes before into a part
        return message.as_bytes()
