"""POST /v1/links: the request body and the response."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from heed.domain.preferences.catalogue import Catalogue, Topic, TopicKind
from heed.domain.recipients.recipient import MESSAGE_TAG
from heed.entrypoints.http.api import fields
from heed.entrypoints.http.api.json_body import JsonReader
from heed.entrypoints.http.api.mail_links import LinkBases, link_query, make_mail_links
from heed.use_cases.identify import Mention
from heed.use_cases.links.mint_links import MintedLinks

API_HOST_WARNING = (
    "PUBLIC_URL is not set. These links use the host name of the API and stop working when the API goes. "
    "Give the deployment its own domain before you send any of them."
)
_CAMPAIGN = re.compile(r"[A-Za-z0-9_-]{1,32}")


class LinksRequest(NamedTuple):
    """Requests links for these people, for a mail of a topic.

    `query` is the query string of each link. `campaign` is part of it, or "".
    """

    topic: Topic
    mentions: list[Mention]
    query: str
    campaign: str


def parse_links_request(body: JsonReader, catalogue: Catalogue) -> LinksRequest:
    """Returns the request in a body. The topic must be a marketing topic that is not retired.

    Raises:
        InvalidRequest: A field is missing or not valid.
    """
    topic, mentions = fields.read_topic(body, catalogue), fields.read_people(body)
    if topic and catalogue.topic_by_name(topic).kind is not TopicKind.MARKETING:
        body.add_fault("topic", "is not a marketing topic")
    elif topic and catalogue.topic_by_name(topic).retired:
        body.add_fault("topic", "is retired")
    campaign, language = read_campaign_field(body), read_link_language(body, catalogue)
    body.close()
    query = link_query(campaign, language)
    return LinksRequest(catalogue.topic_by_name(topic), mentions, query, campaign)


def read_campaign_field(body: JsonReader) -> str:
    """Reads the optional `campaign`. A missing one is ""."""
    campaign = body.read_optional_text("campaign")
    if campaign and not _CAMPAIGN.fullmatch(campaign):
        body.add_fault("campaign", "must have 1 to 32 characters of A-Za-z0-9_-")
    return campaign


def read_link_language(body: JsonReader, catalogue: Catalogue) -> str:
    """Reads the optional `lang`, the language of the pages behind a link. A missing one is ""."""
    return body.read_choice("lang", catalogue.languages) if body.has("lang") else ""


def links_to_json(
    minted: Iterable[MintedLinks], query: str, bases: LinkBases, list_id: str
) -> dict[str, object]:
    """Returns the links of each person. An invalid address has `error` instead of links."""
    return {"links": [_links_to_json(links, query, bases, list_id) for links in minted]}


def _links_to_json(minted: MintedLinks, query: str, bases: LinkBases, list_id: str) -> dict[str, object]:
    person = {"address": minted.person.address, "recipient": minted.person.recipient}
    if not minted.tokens:
        return {**person, "error": "invalid"}
    made = make_mail_links(minted.tokens, query, bases, list_id)
    return {**person, **made._asdict(), "tags": {MESSAGE_TAG: minted.person.recipient}}
