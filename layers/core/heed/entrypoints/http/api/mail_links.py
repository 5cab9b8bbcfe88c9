"""The links and headers of a mail to one person, made of the tokens of that person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlencode

from heed.domain.links.link_hints import LinkHints
from heed.domain.links.link_token import TokenPurpose
from heed.entrypoints.http.api.list_headers import list_headers


class LinkBases(NamedTuple):
    """The base URL of links, and the domain of `mailto:` addresses ("" if there is none)."""

    base: str
    mail_domain: str


class MailLinks(NamedTuple):
    """The links and headers of a mail to one person."""

    unsubscribe_url: str
    preferences_url: str
    headers: dict[str, str]


def link_query(hints: LinkHints, language: str) -> str:
    """Returns the query string of each link, with `?`; "" if there are neither hints nor a language."""
    parameters = ("c", hints.campaign), ("r", hints.ref), ("lang", language)
    query = urlencode({name: value for name, value in parameters if value})
    return f"?{query}" if query else ""


def make_mail_links(
    tokens: Mapping[TokenPurpose, str], query: str, bases: LinkBases, list_id: str
) -> MailLinks:
    """Returns the links and headers of a mail.

    Args:
        tokens: the tokens of the person, by purpose.
        query: the query string of each link.
        bases: where the links lead.
        list_id: the List-Id of the topic.
    """
    unsubscribe_url = f"{bases.base}/u/{tokens[TokenPurpose.UNSUBSCRIBE]}{query}"
    mailto = f"u+{tokens[TokenPurpose.MAILTO]}@{bases.mail_domain}" if bases.mail_domain else ""
    preferences_url = f"{bases.base}/p/{tokens[TokenPurpose.PREFERENCES]}{query}"
    return MailLinks(unsubscribe_url, preferences_url, list_headers(unsubscribe_url, mailto, list_id))
