"""The views of the way back: the form for those without a link, and what its mail leads to."""

from __future__ import annotations

from collections.abc import Iterable

from heed.actions.ask_confirmation import offered
from heed.actions.confirm import Confirmed
from heed.actions.ports import Keys
from heed.domain.catalogue import Catalogue, Topic
from heed.domain.confirm_token import Confirmation, Intent
from heed.domain.record import Record
from heed.domain.register import ALL
from heed.domain.token import Token
from heed.edge import views
from heed.edge.subscribe_form import Entered
from heed.edge.visit import Visit
from heed.edge.visits import form_url, known, page


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
            views.Option(
                topic=catalogue.name(topic.number),
                name=topic.names[visit.language],
                description=topic.descriptions[visit.language],
                chosen=entered is not None and topic.number in entered.scopes,
            )
            for topic in (offered(catalogue) if intent is Intent.IN else ())
        ),
        error=entered.mistake if entered else None,
    )


def confirm(
    visit: Visit,
    said: Confirmation,
    topics: Iterable[Topic],
    record: Record,
    catalogue: Catalogue,
    keys: Keys,
) -> views.Confirm:
    """The page before the press."""
    return views.Confirm(
        **known(visit, _link(said, keys), record, catalogue, keys),
        intent=said.intent,
        topics=_names(topics, visit.language),
    )


def confirmed(
    visit: Visit, said: Confirmation, result: Confirmed, catalogue: Catalogue, keys: Keys
) -> views.Confirmed:
    """The page after the press."""
    is_done = bool(result.topics) or said.intent is Intent.OUT
    return views.Confirmed(
        **known(visit, _link(said, keys), result.record, catalogue, keys),
        intent=said.intent,
        topics=_names(result.topics, visit.language),
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


def _link(said: Confirmation, keys: Keys) -> Token:
    """The link that the preference centre's is made from: it keeps the time of the request."""
    scope = said.scopes[0] if said.scopes else ALL
    return Token(said.recipient, scope, said.issued, keys.newest())


def _names(topics: Iterable[Topic], language: str) -> tuple[str, ...]:
    return tuple(topic.names[language] for topic in topics)
