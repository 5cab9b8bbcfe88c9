"""What a visitor with a link is shown: the views of heed.edge.views, from tokens and records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from heed.actions.ports import Applied, Keys
from heed.domain.catalogue import Catalogue, Kind
from heed.domain.decision import Reason, decide
from heed.domain.record import Record
from heed.domain.register import DAY
from heed.domain.token import Purpose, Token, mint
from heed.edge import request
from heed.edge.language import choose
from heed.edge.views import Done, Field, Landing, Page, Unavailable

UNDO_DAYS = 30
"""By a link younger than this a stop can be undone; an older one may long be in other hands."""

_CAMPAIGN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")


@dataclass(frozen=True, slots=True)
class Visit:
    """Who comes: the language to answer in, the campaign of the link, and when."""

    language: str
    campaign: str
    at: int

    @classmethod
    def of(cls, event: Mapping[str, Any], catalogue: Catalogue) -> Visit:
        """The visit that a request is."""
        return cls(
            choose(
                request.query(event, "lang"),
                request.header(event, "accept-language"),
                catalogue.languages,
                catalogue.default_language,
            ),
            campaign(request.query(event, "c")),
            request.at(event),
        )


def campaign(text: str) -> str:
    """The campaign of a link; "" for whatever /v1/links would not have made."""
    return text if 0 < len(text) <= 32 and _CAMPAIGN.issuperset(text) else ""


def is_neutral(record: Record, catalogue: Catalogue, at: int) -> bool:
    """Whether nothing is sent whatever the person chooses: a minor, or a held address."""
    topic = next(iter(catalogue.topics.values()))
    return decide(record, topic, at).reason in (Reason.MINOR, Reason.HOLD)


def page(visit: Visit, catalogue: Catalogue) -> Page:
    """The view of a page that knows nothing of the visitor."""
    return Page(**_page(visit, catalogue))


def unavailable(
    visit: Visit, catalogue: Catalogue, form: Mapping[str, str], *, kept: bool
) -> Unavailable:
    """The view of 503; the form again, as it was pressed."""
    retry = tuple(Field(name=n, value=v) for n, v in form.items() if (n, v) in _BUTTONS)
    return Unavailable(**_page(visit, catalogue), kept=kept, retry=retry)


_BUTTONS = (("scope", "this"), ("scope", "all"))


def landing(visit: Visit, token: Token, catalogue: Catalogue, keys: Keys) -> Landing:
    """The view before the press."""
    name, description = _wording(token.scope, catalogue, visit.language)
    return Landing(
        **_page(visit, catalogue),
        preferences_url=preferences_url(visit, token, keys),
        topic=name,
        description=description,
    )


def done(
    visit: Visit,
    token: Token,
    catalogue: Catalogue,
    keys: Keys,
    applied: Applied,
    *,
    everything: bool,
) -> Done:
    """The view after the press; undo is offered while the link is young, for what it did stop."""
    name, _ = ("", "") if everything else _wording(token.scope, catalogue, visit.language)
    young = visit.at - token.issued < UNDO_DAYS * DAY
    stopped = [
        topic.number
        for topic in catalogue.topics.values()
        if topic.kind is Kind.MARKETING
        and not topic.retired
        and decide(applied.before, topic, visit.at).sendable
        and not decide(applied.after, topic, visit.at).sendable
    ]
    undo = [f for n in stopped for f in _undo(catalogue.name(n))] if young else []
    return Done(
        **_page(visit, catalogue),
        preferences_url=preferences_url(visit, token, keys),
        topic=name,
        service=tuple(
            topic.names[visit.language]
            for topic in catalogue.topics.values()
            if topic.kind is Kind.SERVICE and not topic.retired
        ),
        undo=tuple(undo),
    )


def preferences_url(visit: Visit, token: Token, keys: Keys) -> str:
    """The preference centre of the same person; made from a link, it keeps the link's issue time."""
    made = Token(token.recipient, token.scope, token.issued, keys.newest())
    text = mint(made, Purpose.PREFERENCES, keys.link(Purpose.PREFERENCES, made.key_id))
    wanted = {"c": visit.campaign, "lang": visit.language}
    return f"/p/{text}?{urlencode({name: value for name, value in wanted.items() if value})}"


def _undo(name: str) -> tuple[Field, Field]:
    return Field(name=f"was.topic.{name}", value="out"), Field(name=f"topic.{name}", value="in")


def _page(visit: Visit, catalogue: Catalogue) -> dict[str, Any]:
    brand = catalogue.brands[catalogue.default_brand]
    return {"language": visit.language, "brand": brand.title, "campaign": visit.campaign}


def _wording(scope: int, catalogue: Catalogue, language: str) -> tuple[str, str]:
    """Name and description of the topic that a link stops; nothing where it is all marketing."""
    topic = catalogue.topics.get(scope)
    if topic is None or topic.retired or topic.kind is Kind.SERVICE:
        return "", ""
    return topic.names[language], topic.descriptions[language]
