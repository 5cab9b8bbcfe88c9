"""What the marketing platform asks: topics, whether it may send, links for its mail, who is stopped."""

from __future__ import annotations

import heed.cold_start as _start  # noqa: F401 - first, by what it does

from collections.abc import Mapping
from typing import Any

from heed.bootstrap import Heed
from heed.domain.api_key import KeyScope
from heed.domain.privacy.disclosure import DisclosureDetails
from heed.entrypoints.http import request
from heed.entrypoints.http.api import checks, links, list_headers, suppressions, topics
from heed.entrypoints.http.api.routes import ApiRequest, ApiRoutes
from heed.entrypoints.observability import count_metric, observed
from heed.use_cases.identify import identify
from heed.use_cases.links.mint_links import mint_links
from heed.use_cases.ports.preferences import UnreadableItem
from heed.use_cases.preferences.check import Unanswerable, check_sendable
from heed.use_cases.preferences.list_suppressions import list_suppressions

heed = Heed.from_environment()
api = ApiRoutes(lambda: heed.authenticator)


@api.route("GET", "/v1/topics", KeyScope.CHECK, KeyScope.LINKS, KeyScope.READ)
def list_topics(_: ApiRequest) -> Mapping[str, object]:
    """Brands and topics."""
    return topics.topics_to_json(heed.catalogue)


@api.route("POST", "/v1/check", KeyScope.CHECK)
def may_send(call: ApiRequest) -> Mapping[str, object]:
    """May this topic be sent to these people now?"""
    asked = checks.parse_check_request(call.body(), heed.catalogue)
    people = identify(asked.mentions, heed.identity_key)
    results = check_sendable(people, asked.topic, call.at, heed.preferences)
    if unreadable := sum(one.answer is Unanswerable.UNREADABLE for one in results):
        count_metric("UnreadableRecordFound", unreadable)
    return checks.check_to_json(results, call.at)


@api.route("POST", "/v1/links", KeyScope.LINKS)
def links_for_mail(call: ApiRequest) -> Mapping[str, object]:
    """Links, headers and tags for a mail of a topic to these people."""
    catalogue, settings = heed.catalogue, heed.config
    asked = links.parse_links_request(call.body(), catalogue)
    people = identify(asked.mentions, heed.identity_key)
    minted = mint_links(people, asked.topic, call.at, heed.link_keys)
    base = request.base_url(call.event, settings.public_url)
    answer = links.links_to_json(
        minted,
        asked.query,
        links.LinkBases(base, settings.mail_domain),
        list_headers.list_id(asked.topic, catalogue),
    )
    return answer if settings.public_url else {**answer, "warning": links.API_HOST_WARNING}


@api.route("GET", "/v1/suppressions", KeyScope.READ)
def stopped(call: ApiRequest) -> Mapping[str, object]:
    """Who is stopped, and who no longer is, in the order of change."""
    catalogue = heed.catalogue
    place, limit, purpose = suppressions.parse_suppressions_query(call.event, catalogue)
    page = list_suppressions(place, limit, call.at, heed.change_feed, heed.preferences, catalogue)
    if people := len({one.recipient for one in page.listed}):
        given = DisclosureDetails(call.at, "suppressions", purpose, people, call.key.id)
        heed.disclosures.append(given)
    if unreadable := sum(isinstance(one.stop, UnreadableItem) for one in page.listed):
        count_metric("UnreadableRecordFound", unreadable)
    return suppressions.suppressions_to_json(page, catalogue)


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401
    """One HTTP request, payload format 2.0 (or 1.0)."""
    return api(event, context)


heed.warm_up(lambda: (heed.authenticator, heed.preferences, heed.identity_key.identity_key()))
