"""The mails "sent": a list of them, and each opened as a mail client would show it."""

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


def listed(mails: Iterable[Mapping[str, Any]]) -> str:
    """The list, the newest first, each line a link to its mail."""
    lines = "".join(
        f'<li><a href="mails/{escape(mail["MessageId"])}"><strong>{escape(mail["Subject"])}</strong></a>'
        f'<span class="small">to {escape(", ".join(mail["To"]))}, {_when(mail)}</span></li>'
        for mail in mails
    )
    none = '<p class="quiet">None yet. <a href="/subscribe">The form</a> asks for one.</p>'
    return f'<ul class="mails">{lines}</ul>' if lines else none


def opened(mails: Iterable[Mapping[str, Any]], message_id: str) -> str | None:
    """The page of one mail; None where there is none of that id."""
    mail = next((mail for mail in mails if mail["MessageId"] == message_id), None)
    if mail is None:
        return None
    return _TEMPLATE.substitute(
        style=_STYLE,
        subject=escape(mail["Subject"]),
        address=escape(", ".join(mail["To"])),
        when=_when(mail),
        html=escape(_for_a_frame(mail["BodyHtml"] or "")),
        text=escape(mail["BodyText"]),
    )


def _for_a_frame(html: str) -> str:
    """A link in the mail opens in the window, as from a mail client: Heed's pages refuse every frame."""
    return html.replace("<head>", '<head><base target="_top">', 1)


def _when(mail: Mapping[str, Any]) -> str:
    moment = datetime.fromtimestamp(mail["Timestamp"], UTC)
    return f"{moment:%-d %B %Y, %H:%M:%S} UTC"
