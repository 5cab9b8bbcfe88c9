"""The check that a message has a link for the reader's eyes, and not only for the mail client's button."""

from __future__ import annotations

import re
from collections.abc import Iterator

from heed.doctor.findings import CheckName, DoctorFinding, failed, passed, warned
from heed.doctor.html_elements import html_elements
from heed.doctor.unsubscribe_header import host_of
from heed.entrypoints.inbound_mail.mime import MailText

_MAX_LINKS = 5_000
_MAX_LINK = 2_048  # characters
_MAX_LABEL = 500  # characters
_LINK = re.compile(r"https?://[^\s<>\"')]+", re.ASCII)
_INLINE = frozenset({"b", "em", "font", "i", "img", "small", "span", "strong", "u"})
# What links to unsubscribe are called, in the URL or in the text, in the languages of large lists.
_WORDS = (
    *("unsubscribe", "opt-out", "optout", "opt out", "preferences", "subscription"),
    *("abmelde", "abbestell", "austrag", "désabonn", "desabonn", "désinscri", "desinscri", "désinscrire"),
    *(
        "darse de baja",
        "date de baja",
        "baja",
        "cancelar",
        "descadastr",
        "disiscriv",
        "cancella l'iscrizione",
    ),
    *("uitschrijv", "afmeld", "avregistrer", "afmelden", "odhlás", "wypisz", "rezygn", "отпис"),
    *("配信停止", "購読解除", "退订", "取消订阅", "수신거부"),
)


def check_visible_link(texts: list[MailText], url: str | None) -> DoctorFinding:
    """Checks that the body has a link by which a person can unsubscribe.

    Args:
        texts: the texts of the message.
        url: the link of the field List-Unsubscribe, or None.
    """
    name = CheckName.VISIBLE_LINK
    mend = "put a link to the preferences or to unsubscribe in the body; laws and Gmail require it"
    links = [link for text in texts for link in _links(text)][:_MAX_LINKS]
    host = host_of(url) if url else ""
    if any(_is_to_unsubscribe(link, label, host) for link, label in links):
        return passed(name, "a link to unsubscribe in the body")
    if links:
        return warned(
            name, f"links in the body: {len(links)}; none of them is known as one to unsubscribe", mend
        )
    return failed(name, "the body has no link", mend)


def _is_to_unsubscribe(link: str, label: str, host: str) -> bool:
    if host and host_of(link) == host:
        return True
    words = f"{link} {label}".lower()
    return any(word in words for word in _WORDS)


def _links(text: MailText) -> Iterator[tuple[str, str]]:
    """Yields each web link of a text with its label, which in plain text is the whole line."""
    if not text.is_html:
        for line in text.content.splitlines():
            yield from ((link[0][:_MAX_LINK], line[:_MAX_LABEL]) for link in _LINK.finditer(line))
        return
    link, label = "", ""
    for element in html_elements(text.content):
        if element.name not in _INLINE and link:
            yield link, label
            link = ""
        if element.name == "a":
            href = element.attributes.get("href", "").strip()
            link, label = (href[:_MAX_LINK] if _LINK.match(href) else ""), element.text
        elif link:
            label = f"{label} {element.text} {element.attributes.get('alt', '')}"[:_MAX_LABEL]
    if link:
        yield link, label
