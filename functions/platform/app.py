"""The API for platforms and websites: topics, checks, links, forms that post from a server, suppressions."""

from __future__ import annotations

import heed.cold_start as _start  # noqa: F401 - first: it pauses the garbage collector

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from heed.bootstrap import Heed
from heed.domain.api_key import KeyScope
from heed.domain.errors import NoConfirmationMail, WaitingQueueFull
from heed.domain.privacy.disclosure import DisclosureDetails
from heed.entrypoints.http import request
from heed.entrypoints.http.api import (
    checks,
    links,
    list_headers,
    numbers,
    subscriptions,
    suppressions,
    topics,
)
from heed.entrypoints.http.api.mail_links import LinkBases
from heed.entrypoints.http.api.routes import ApiRequest, ApiResponse, ApiRoutes
from heed.entrypoints.observability import count_metric, observed
from heed.use_cases.identify import identify
from heed.use_cases.links.mint_links import mint_links
from heed.use_cases.numbers.list_numbers import list_numbers
from heed.use_cases.numbers.name_campaign import name_campaign
from heed.use_cases.ports.preferences import UnreadableItem
from heed.use_cases.preferences.check import Unanswerable, check_sendable
from heed.use_cases.preferences.list_suppressions import list_suppressions

heed = Heed.from_environment()
api = ApiRoutes(lambda: heed)


@api.route("GET", "/v1/topics", KeyScope.CHECK, KeyScope.LINKS, KeyScope.READ, by_brand=True)
def list_topics(call: ApiRequest) -> Mapping[str, object]:
    """Lists brands and topics."""
    return topics.topics_to_json(call.catalogue)


@api.route("POST", "/v1/check", KeyScope.CHECK, by_brand=True)
def check_recipients(call: ApiRequest) -> Mapping[str, object]:
    """Says for each person whether mail of a topic may be sent now."""
    check_request = checks.parse_check_request(call.body(), call.catalogue)
    people = identify(check_request.mentions, heed.identity_key)
    results = check_sendable(people, check_request.topic, call.at, heed.preferences)
    if unreadable := sum(result.answer is Unanswerable.UNREADABLE for result in results):
        count_metric("UnreadableRecordFound", unreadable)
    return checks.check_to_json(results, call.at)


@api.route("POST", "/v1/links", KeyScope.LINKS, by_brand=True)
def create_links(call: ApiRequest) -> Mapping[str, object]:
    """Creates links, headers and tags for a mail of a topic to these people."""
    catalogue, settings = call.catalogue, heed.config
    links_request = links.parse_links_request(call.body(), catalogue)
    people = identify(links_request.mentions, heed.identity_key)
    minted = mint_links(people, links_request.topic, call.at, heed.link_keys)
    is_campaign_kept = name_campaign(links_request.campaign, call.at, heed.campaigns)
    count_metric("CampaignNotKept", int(not is_campaign_kept))
    base = request.base_url(call.event, settings.public_url)
    answer = links.links_to_json(
        minted,
        links_request,
        LinkBases(base, settings.mail_domain),
        list_headers.list_id(links_request.topic, catalogue),
    )
    return answer if settings.public_url else {**answer, "warning": links.API_HOST_WARNING}


@api.route("POST", "/v1/subscriptions", KeyScope.WRITE, by_brand=True)
def request_subscription(call: ApiRequest) -> ApiResponse:
    """Queues a confirmation request of a form that posts from a server.

    No record is read, so the answer does not reveal whether the address is known.
    """
    if not heed.has_form:
        raise NoConfirmationMail("there is no sender address")
    requested = subscriptions.parse_subscription_request(call, call.catalogue, heed.config.public_url)
    try:
        heed.request_confirmation_by_key(requested, call.key.id)
    except WaitingQueueFull:
        count_metric("ConfirmationRejected")
        raise
    count_metric("ConfirmationRequested")
    return ApiResponse({}, HTTPStatus.ACCEPTED)


@api.route("GET", "/v1/suppressions", KeyScope.READ, by_brand=True)
def get_suppressions(call: ApiRequest) -> Mapping[str, object]:
    """Returns active and lifted suppressions, in the order of change."""
    catalogue = call.catalogue
    position, limit, purpose = suppressions.parse_suppressions_query(call.event, catalogue)
    page = list_suppressions(position, limit, call.at, heed.change_feed, heed.preferences, catalogue)
    if people := len({item.recipient for item in page.suppressions}):
        disclosure = DisclosureDetails(call.at, "suppressions", purpose, people, call.key.id)
        heed.disclosures.append(disclosure)
    if unreadable := sum(isinstance(item.suppression, UnreadableItem) for item in page.suppressions):
        count_metric("UnreadableRecordFound", unreadable)
    return suppressions.suppressions_to_json(page, catalogue)


@api.route("GET", "/v1/numbers", KeyScope.READ, by_brand=True)
def get_numbers(call: ApiRequest) -> Mapping[str, object]:
    """Returns how many changes there were, by day, topic, source or campaign."""
    query = numbers.parse_numbers_query(call.event, call.at, call.catalogue)
    return numbers.numbers_to_json(query, list_numbers(*query, heed.numbers), call.catalogue)


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401
    """Answers one HTTP request, in payload format 2.0 or 1.0."""
    return api(event, context)


heed.warm_up(lambda: (heed.authenticator, heed.preferences, heed.identity_key.identity_key()))
