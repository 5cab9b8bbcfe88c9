"""Shows the mails that the stack "sent": a list, and each mail as a mail client shows it."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_TEMPLATE = Template(Path(__file__).with_name("mail.html").read_text("utf-8"))
_STYLE = Path(__file__).with_name("style.css").read_text("utf-8")


def format_mail_list(mails: Iterable[Mapping[str, Any]]) -> str:
    """Returns the list as HTML. Each line is a link to a mail, and the order stays."""
    lines = "".join(
        f'<li><a href="mails/{escape(mail["MessageId"])}"><strong>{escape(mail["Subject"])}</strong></a>'
        f'<span class="small">to {escape(", ".join(mail["To"]))}, {_format_time(mail)}</span></li>'
        for mail in mails
    )
    empty_list = '<p class="quiet">None yet. <a href="/subscribe">The subscribe form</a> sends one.</p>'
    return f'<ul class="mails">{lines}</ul>' if lines else empty_list


def format_mail(mails: Iterable[Mapping[str, Any]], message_id: str) -> str | None:
    """Returns the page of a mail, or None if there is no mail with this id."""
    mail = next((mail for mail in mails if mail["MessageId"] == message_id), None)
    if mail is None:
        return None
    return _TEMPLATE.substitute(
        style=_STYLE,
        subject=escape(mail["Subject"]),
        address=escape(", ".join(mail["To"])),
        when=_format_time(mail),
        html=escape(_open_links_outside_the_frame(mail["BodyHtml"] or "")),
        text=escape(mail["BodyText"]),
    )


def _open_links_outside_the_frame(html: str) -> str:
    """Returns the HTML with links that open in the window, because Heed's pages refuse to be in a frame."""
    return html.replace("<head>", '<head><base target="_top">', 1)


def _format_time(mail: Mapping[str, Any]) -> str:
    moment = datetime.fromtimestamp(mail["Timestamp"], UTC)
    return f"{moment:%-d %B %Y, %H:%M:%S} UTC"
