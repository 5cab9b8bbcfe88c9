"""POST /v1/links: its body, and its answer."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import urlencode

from heed.domain.links.link_token import TokenPurpose
from heed.domain.preferences.catalogue import Catalogue, Topic, TopicKind
from heed.domain.recipients.recipient import MESSAGE_TAG
from heed.entrypoints.http.api import fields
from heed.entrypoints.http.api.json_body import JsonReader
from heed.entrypoints.http.api.list_headers import list_headers
from heed.use_cases.identify import Mention
from heed.use_cases.links.mint_links import MintedLinks

API_HOST_WARNING = (
    "PUBLIC_URL is not set: these links stand on the API's own host and die with it. "
    "Give the deployment a domain of its own before any of them is mailed."
)
_CAMPAIGN = re.compile(r"[A-Za-z0-9_-]{1,32}")


class LinksRequest(NamedTuple):
    """Links for these people into a mail of this topic; `query` is what the links are to carry."""

    topic: Topic
    mentions: list[Mention]
    query: str


class LinkBases(NamedTuple):
    """Where links lead: base of the URLs, domain of `mailto:` ("" if there is none)."""

    base: str
    mail_domain: str


def parse_links_request(body: JsonReader, catalogue: Catalogue) -> LinksRequest:
    """What a body asks: links for a topic of kind marketing that is still sent.

    Raises:
        InvalidRequest: it breaks the contract.
    """
    topic, mentions = fields.read_topic(body, catalogue), fields.read_people(body)
    if topic and catalogue.topic(topic).kind is not TopicKind.MARKETING:
        body.fault("topic", "is not of kind marketing")
    elif topic and catalogue.topic(topic).retired:
        body.fault("topic", "is retired")
    campaign = body.optional_text("campaign")
    if campaign and not _CAMPAIGN.fullmatch(campaign):
        body.fault("campaign", "must have 1 to 32 characters of A-Za-z0-9_-")
    language = body.one_of("lang", catalogue.languages) if body.has("lang") else ""
    body.close()
    wanted = {"c": campaign, "lang": language}
    query = urlencode({name: value for name, value in wanted.items() if value})
    return LinksRequest(catalogue.topic(topic), mentions, f"?{query}" if query else "")


def links_to_json(
    minted: Iterable[MintedLinks], query: str, places: LinkBases, list_id: str
) -> dict[str, object]:
    """The answer; where nobody is meant, `error` stands in place of links."""
    return {"links": [_link(one, query, places, list_id) for one in minted]}


def _link(one: MintedLinks, query: str, places: LinkBases, list_id: str) -> dict[str, object]:
    named = {"address": one.person.address, "recipient": one.person.recipient}
    if not one.tokens:
        return {**named, "error": "invalid"}
    unsubscribe_url = f"{places.base}/u/{one.tokens[TokenPurpose.UNSUBSCRIBE]}{query}"
    domain = places.mail_domain
    mailto = f"u+{one.tokens[TokenPurpose.MAILTO]}@{domain}" if domain else ""
    return {
        **named,
        "unsubscribe_url": unsubscribe_url,
        "preferences_url": f"{places.base}/p/{one.tokens[TokenPurpose.PREFERENCES]}{query}",
        "headers": list_headers(unsubscribe_url, mailto, list_id),
        "tags": {MESSAGE_TAG: one.person.recipient},
    }
