"""The views of the way back: the form for those without a link, and what its mail leads to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from heed.domain.links.link_token import Token
from heed.domain.opt_in.confirmation_token import Confirmation, Intent
from heed.domain.preferences.catalogue import Catalogue, Topic
from heed.domain.preferences.record import Record
from heed.domain.preferences.register import ALL
from heed.entrypoints.http.pages import views
from heed.entrypoints.http.pages.subscribe_form import Entered
from heed.entrypoints.http.pages.visit import Visit
from heed.entrypoints.http.pages.visits import brand_of, form_url, known, option, page, topic_name
from heed.use_cases.opt_in.confirm import Confirmed
from heed.use_cases.opt_in.request_confirmation import offered
from heed.use_cases.ports.keys import LinkKeys


def form(
    visit: Visit, intent: Intent, catalogue: Catalogue, entered: Entered | None = None
) -> views.Subscribe:
    """The form; with a mistake it comes back as it was filled in."""
    plain = page(visit, catalogue)
    return views.Subscribe(
        language=plain.language,
        brand=plain.brand,
        campaign=plain.campaign,
        subscribe_url=form_url(visit),
        intent=intent,
        other_url=form_url(visit, Intent.IN if intent is Intent.OUT else Intent.OUT),
        address=entered.typed if entered else "",
        topics=tuple(
            option(visit, topic, catalogue, chosen=bool(entered and topic.number in entered.scopes))
            for topic in (_choice(catalogue, entered) if intent is Intent.IN else ())
        ),
        resume=",".join(map(catalogue.name, entered.resume)) if entered else "",
        error=entered.mistake if entered else None,
    )


def _choice(catalogue: Catalogue, entered: Entered | None) -> list[Topic]:
    """The topics to choose among; advertising too for who came to turn it on again."""
    asked = entered.scopes if entered else ()
    return [*offered(catalogue), *(t for t in catalogue.signals() if t.number in asked)]


def confirm(
    visit: Visit,
    said: Confirmation,
    topics: Iterable[Topic],
    record: Record,
    catalogue: Catalogue,
    keys: LinkKeys,
) -> views.Confirm:
    """The page before the press."""
    return views.Confirm(**_known(visit, said, topics, record, catalogue, keys))


def confirmed(
    visit: Visit, said: Confirmation, result: Confirmed, catalogue: Catalogue, keys: LinkKeys
) -> views.Confirmed:
    """The page after the press."""
    is_done = bool(result.topics) or said.intent is Intent.OUT
    return views.Confirmed(
        **_known(visit, said, result.topics, result.record, catalogue, keys),
        outcome=views.Outcome.DONE if is_done else views.Outcome.SUPERSEDED,
    )


def expired(visit: Visit, said: Confirmation, catalogue: Catalogue) -> views.Confirmed:
    """The page of a link whose time is over: ask for another."""
    plain = page(visit, catalogue)
    return views.Confirmed(
        language=plain.language,
        brand=plain.brand,
        campaign=plain.campaign,
        subscribe_url=form_url(visit, said.intent),
        intent=said.intent,
        outcome=views.Outcome.EXPIRED,
    )


def _known(
    visit: Visit,
    said: Confirmation,
    topics: Iterable[Topic],
    record: Record,
    catalogue: Catalogue,
    keys: LinkKeys,
) -> dict[str, Any]:
    """What both pages of a link say: of whom, and which topics, of whichever brand they are."""
    named = list(topics)
    # The preference centre's link is made from this one: it keeps the time of the request.
    scope = said.scopes[0] if said.scopes else ALL
    link = Token(said.recipient, scope, said.issued, keys.newest())
    said_by_all = known(visit, link, record, catalogue, keys)
    return {
        **said_by_all,
        "brand": brand_of(named, catalogue).title if named else said_by_all["brand"],
        "intent": said.intent,
        "resume": bool(said.resume),
        "topics": tuple(topic_name(topic, catalogue, visit.language) for topic in named),
    }
