"""The views of the subscribe form and of the pages behind its confirmation mail."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from heed.domain.links.link_token import LinkToken
from heed.domain.opt_in.confirmation_effect import effective_topics, is_opted_out_since, requested_topics
from heed.domain.opt_in.confirmation_token import ConfirmationToken, Intent
from heed.domain.preferences.catalogue import Catalogue, Topic
from heed.domain.preferences.record import Record
from heed.domain.preferences.register import ALL_SCOPES, ScopeNumber
from heed.entrypoints.http.pages import views
from heed.entrypoints.http.pages.consent import PendingConsent, fields_of_origin
from heed.entrypoints.http.pages.link_views import (
    common_brand,
    confirmation_names,
    form_url,
    link_page_fields,
    make_page_fields,
    topic_option,
)
from heed.entrypoints.http.pages.pages import Pages
from heed.entrypoints.http.pages.subscribe_form import SubscribeForm
from heed.entrypoints.http.pages.visit import PageVisit
from heed.use_cases.ports.keys import LinkKeys


def subscribe_view(visit: PageVisit, intent: Intent, catalogue: Catalogue) -> views.SubscribeView:
    """Returns the view of the empty form."""
    return views.SubscribeView(**_form_fields(visit, intent, catalogue, ()))


def entered_view(
    visit: PageVisit, form: SubscribeForm, catalogue: Catalogue, keys: LinkKeys
) -> views.SubscribeView:
    """Returns the view of the form with what the person entered, and with the mistakes in it."""
    chosen = tuple(catalogue.topics[scope] for scope in form.scopes)
    fields = {
        **_form_fields(visit, form.intent, catalogue, form.scopes),
        "address": form.given,
        "resume": ",".join(map(catalogue.scope_name, form.resume)),
    }
    origin = fields_of_origin(visit, form.preferences, chosen, catalogue, keys)
    if origin and form.intent is Intent.IN:  # an opt-out needs no consent
        pending = PendingConsent(chosen, form.resume, is_rest_saved=False)
        fields |= {**origin, "page_url": f"/p/{origin['preferences']}?{pending.to_query()}&"}
    if not form.is_edited:
        fields |= {"address_mistake": form.address_mistake, "is_topic_missing": form.is_topic_missing}
    return views.SubscribeView(**fields)


def accepted_page(
    pages: Pages, visit: PageVisit, form: SubscribeForm, catalogue: Catalogue, keys: LinkKeys
) -> str:
    """Returns the answer to an accepted form, with a link back to the preference centre, if there is one."""
    origin = fields_of_origin(visit, form.preferences, (), catalogue, keys)
    fields = form.list_fields(catalogue)
    if origin:
        fields.append(("preferences", origin["preferences"]))
    return pages.accepted(visit.language, form.given, fields, origin.get("preferences_url", ""))


def _form_fields(
    visit: PageVisit, intent: Intent, catalogue: Catalogue, chosen: Collection[ScopeNumber]
) -> dict[str, Any]:
    topics = _list_form_topics(catalogue, intent, chosen)
    return {
        **make_page_fields(visit, catalogue),
        "subscribe_url": form_url(visit),
        "page_url": "?intent=out&" if intent is Intent.OUT else "?",
        "intent": intent,
        "other_url": form_url(visit, Intent.IN if intent is Intent.OUT else Intent.OUT),
        "topics": tuple(
            topic_option(visit, topic, catalogue, chosen=topic.number in chosen) for topic in topics
        ),
        "first_topic": catalogue.scope_name(topics[0].number) if topics else "",
    }


def _list_form_topics(catalogue: Catalogue, intent: Intent, chosen: Collection[ScopeNumber]) -> list[Topic]:
    """Returns the topics of the form. Of an opt-out, these are the chosen ones.

    An opt-in has targeted advertising only if the person chose it before.
    """
    offered, signals = catalogue.offered_topics(ALL_SCOPES), catalogue.signal_topics()
    is_in = intent is Intent.IN
    return [
        *(topic for topic in offered if is_in or topic.number in chosen),
        *(topic for topic in signals if topic.number in chosen),
    ]


def confirm_view(
    visit: PageVisit, token: ConfirmationToken, record: Record, catalogue: Catalogue, keys: LinkKeys
) -> views.ConfirmView:
    """Returns the view of the page with the confirm button."""
    topics = requested_topics(token, catalogue)
    return views.ConfirmView(**_make_confirmation_view(visit, token, topics, record, catalogue, keys))


def confirmed_view(
    visit: PageVisit, token: ConfirmationToken, record: Record, catalogue: Catalogue, keys: LinkKeys
) -> views.ConfirmedView:
    """Returns the view of the page for a link whose choice is on record."""
    is_out = token.intent is Intent.OUT
    topics = (
        requested_topics(token, catalogue) if is_out else effective_topics(token, record, catalogue, visit.at)
    )
    if is_out or topics:
        outcome = views.ConfirmationOutcome.DONE
    elif is_opted_out_since(token, record, catalogue):
        outcome = views.ConfirmationOutcome.SUPERSEDED
    else:
        outcome = views.ConfirmationOutcome.NO_EFFECT
    return views.ConfirmedView(
        **_make_confirmation_view(visit, token, topics, record, catalogue, keys),
        outcome=outcome,
    )


def expired_view(visit: PageVisit, token: ConfirmationToken, catalogue: Catalogue) -> views.ConfirmedView:
    """Returns the view of an expired confirmation link, from which the person can request another mail."""
    return views.ConfirmedView(
        **{**make_page_fields(visit, catalogue), "subscribe_url": form_url(visit, token.intent)},
        intent=token.intent,
        outcome=views.ConfirmationOutcome.EXPIRED,
    )


def _make_confirmation_view(
    visit: PageVisit,
    token: ConfirmationToken,
    topics: tuple[Topic, ...],
    record: Record,
    catalogue: Catalogue,
    keys: LinkKeys,
) -> dict[str, Any]:
    """Returns the fields that the pages before and after the press have in common."""
    # The link to the preference centre has the issue time of this token, which is the time of the request.
    scope = token.scopes[0] if token.scopes else ALL_SCOPES
    link = LinkToken(token.recipient, scope, token.requested_at, keys.newest_key_id())
    common = link_page_fields(visit, link, record, catalogue, keys)
    return {
        **common,
        "brand": common_brand(topics, catalogue).title if topics else common["brand"],
        "intent": token.intent,
        "resume": bool(token.resume),
        **confirmation_names(topics, token.intent, catalogue, visit.language),
    }
