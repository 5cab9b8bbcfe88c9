"""POST /v1/links: the request body and the response."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from heed.domain.links.link_hints import REF_TAG, LinkHints, parse_ref
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
_REF_RULE = "must have at most 64 characters of A-Za-z0-9._-, and must not look like a token"
_TAG_CHARACTERS = re.compile(r"[A-Za-z0-9_-]+")
"""The characters of a message tag. SES refuses a mail whose tag has another one."""


class LinksRequest(NamedTuple):
    """Requests links for these people, for a mail of a topic.

    `hints` has the hints for each person, in the order of `mentions`. All have the same `campaign`, or "".
    """

    topic: Topic
    mentions: list[Mention]
    hints: list[LinkHints]
    campaign: str
    language: str


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
    refs = _read_refs(body, len(mentions))
    campaign, language = read_campaign_field(body), read_link_language(body, catalogue)
    body.close()
    hints = [LinkHints(campaign, ref) for ref in refs]
    return LinksRequest(catalogue.topic_by_name(topic), mentions, hints, campaign, language)


def _read_refs(body: JsonReader, people: int) -> list[str]:
    """Reads the optional `refs`, one for each person. An empty one, or none at all, is ""."""
    if not body.has("refs"):
        return [""] * people
    refs = body.read_texts("refs", fields.MAX_PEOPLE)
    if len(refs) != people:
        body.add_fault("refs", "must have one item for each person")
    for index, ref in enumerate(refs):
        if ref and not parse_ref(ref):
            body.add_fault("refs", _REF_RULE, index)
    return refs


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
    minted: Iterable[MintedLinks], links_request: LinksRequest, bases: LinkBases, list_id: str
) -> dict[str, object]:
    """Returns the links of each person. An invalid address has `error` instead of links."""
    language, pairs = links_request.language, zip(minted, links_request.hints, strict=True)
    return {"links": [_links_to_json(links, hints, language, bases, list_id) for links, hints in pairs]}


def _links_to_json(
    minted: MintedLinks, hints: LinkHints, language: str, bases: LinkBases, list_id: str
) -> dict[str, object]:
    person = {"address": minted.person.address, "recipient": minted.person.recipient}
    if not minted.tokens:
        return {**person, "error": "invalid"}
    made = make_mail_links(minted.tokens, link_query(hints, language), bases, list_id)
    tags = {MESSAGE_TAG: minted.person.recipient}
    if _TAG_CHARACTERS.fullmatch(hints.ref):
        tags[REF_TAG] = hints.ref
    return {**person, **made._asdict(), "tags": tags}
