"""The views of the way back: the form for those without a link, and what its mail leads to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from heed.domain.links.link_token import LinkToken
from heed.domain.opt_in.confirmation_token import ConfirmationToken, Intent
from heed.domain.preferences.catalogue import Catalogue, Topic
from heed.domain.preferences.record import Record
from heed.domain.preferences.register import ALL_SCOPES
from heed.entrypoints.http.pages import views
from heed.entrypoints.http.pages.link_views import (
    common_brand,
    form_url,
    link_page_view,
    page_view,
    topic_name,
    topic_option,
)
from heed.entrypoints.http.pages.subscribe_form import SubscribeForm
from heed.entrypoints.http.pages.visit import PageVisit
from heed.use_cases.opt_in.confirm import ConfirmResult
from heed.use_cases.ports.keys import LinkKeys


def subscribe_view(
    visit: PageVisit, intent: Intent, catalogue: Catalogue, entered: SubscribeForm | None = None
) -> views.SubscribeView:
    """The form; with a mistake it comes back as it was filled in."""
    plain = page_view(visit, catalogue)
    return views.SubscribeView(
        language=plain.language,
        brand=plain.brand,
        campaign=plain.campaign,
        subscribe_url=form_url(visit),
        intent=intent,
        other_url=form_url(visit, Intent.IN if intent is Intent.OUT else Intent.OUT),
        address=entered.typed if entered else "",
        topics=tuple(
            topic_option(visit, topic, catalogue, chosen=bool(entered and topic.number in entered.scopes))
            for topic in (_choice(catalogue, entered) if intent is Intent.IN else ())
        ),
        resume=",".join(map(catalogue.name, entered.resume)) if entered else "",
        error=entered.mistake if entered else None,
    )


def _choice(catalogue: Catalogue, entered: SubscribeForm | None) -> list[Topic]:
    """The topics to choose among; advertising too for who came to turn it on again."""
    asked = entered.scopes if entered else ()
    return [*catalogue.offered(ALL_SCOPES), *(t for t in catalogue.signals() if t.number in asked)]


def confirm_view(
    visit: PageVisit,
    said: ConfirmationToken,
    topics: Iterable[Topic],
    record: Record,
    catalogue: Catalogue,
    keys: LinkKeys,
) -> views.ConfirmView:
    """The page before the press."""
    return views.ConfirmView(**_known(visit, said, topics, record, catalogue, keys))


def confirmed_view(
    visit: PageVisit,
    said: ConfirmationToken,
    result: ConfirmResult,
    catalogue: Catalogue,
    keys: LinkKeys,
) -> views.ConfirmedView:
    """The page after the press."""
    is_done = bool(result.topics) or said.intent is Intent.OUT
    return views.ConfirmedView(
        **_known(visit, said, result.topics, result.record, catalogue, keys),
        outcome=views.ConfirmationOutcome.DONE if is_done else views.ConfirmationOutcome.SUPERSEDED,
    )


def expired_view(visit: PageVisit, said: ConfirmationToken, catalogue: Catalogue) -> views.ConfirmedView:
    """The page of a link whose time is over: ask for another."""
    plain = page_view(visit, catalogue)
    return views.ConfirmedView(
        language=plain.language,
        brand=plain.brand,
        campaign=plain.campaign,
        subscribe_url=form_url(visit, said.intent),
        intent=said.intent,
        outcome=views.ConfirmationOutcome.EXPIRED,
    )


def _known(
    visit: PageVisit,
    said: ConfirmationToken,
    topics: Iterable[Topic],
    record: Record,
    catalogue: Catalogue,
    keys: LinkKeys,
) -> dict[str, Any]:
    """What both pages of a link say: of whom, and which topics, of whichever brand they are."""
    named = list(topics)
    # The preference centre's link is made from this one: it keeps the time of the request.
    scope = said.scopes[0] if said.scopes else ALL_SCOPES
    link = LinkToken(said.recipient, scope, said.issued, keys.newest_key_id())
    said_by_all = link_page_view(visit, link, record, catalogue, keys)
    return {
        **said_by_all,
        "brand": common_brand(named, catalogue).title if named else said_by_all["brand"],
        "intent": said.intent,
        "resume": bool(said.resume),
        "topics": tuple(topic_name(topic, catalogue, visit.language) for topic in named),
    }
