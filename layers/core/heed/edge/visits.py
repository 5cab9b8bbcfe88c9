"""What a visitor with a link is shown: the views of heed.edge.views, from tokens and records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from heed.actions.ports import Applied, Keys
from heed.domain.catalogue import Brand, Catalogue, Kind, PolicyVersion, Topic
from heed.domain.confirm_token import Intent
from heed.domain.decision import chosen, decide, out_stands
from heed.domain.preference_form import UNDO_DAYS, field_of
from heed.domain.record import Record
from heed.domain.register import ALL, DAY
from heed.domain.token import Purpose, Token, mint
from heed.edge import views
from heed.edge.visit import Visit

_BUTTONS = (("scope", "this"), ("scope", "all"), ("all", "out"))


def page(visit: Visit, catalogue: Catalogue) -> views.Page:
    """The view of a page that knows nothing of the visitor."""
    return views.Page(**_page(visit, catalogue))


def unavailable(
    visit: Visit, catalogue: Catalogue, form: Mapping[str, str], *, kept: bool
) -> views.Unavailable:
    """The view of 503; the form again, as it was pressed."""
    retry = tuple(views.Field(name=n, value=v) for n, v in form.items() if (n, v) in _BUTTONS)
    return views.Unavailable(**_page(visit, catalogue), kept=kept, retry=retry)


def landing(
    visit: Visit, token: Token, record: Record, catalogue: Catalogue, keys: Keys
) -> views.Landing:
    """The view before the press."""
    name, description = _wording(token.scope, catalogue, visit.language)
    return views.Landing(
        **known(visit, token, record, catalogue, keys), topic=name, description=description
    )


def done(
    visit: Visit,
    token: Token,
    applied: Applied,
    catalogue: Catalogue,
    keys: Keys,
    *,
    everything: bool,
) -> views.Done:
    """The view after the press; undo is offered while the link is young, for what it did stop."""
    name, _ = ("", "") if everything else _wording(token.scope, catalogue, visit.language)
    service = (t for t in catalogue.topics.values() if t.kind is Kind.SERVICE and not t.retired)
    return views.Done(
        **known(visit, token, applied.after, catalogue, keys),
        topic=name,
        service=tuple(topic.names[visit.language] for topic in service),
        undo=_undo(visit, token, applied, catalogue),
    )


def consent(visit: Visit, topics: Iterable[Topic], catalogue: Catalogue) -> views.Subscribe:
    """The form that sends a confirmation: for what a link alone cannot give, chosen already."""
    wanted = list(topics)
    return views.Subscribe(
        **{
            **_page(visit, catalogue),
            "brand": brand_of(wanted, catalogue).title,
            "subscribe_url": form_url(visit),
        },
        intent=Intent.IN,
        other_url="",
        topics=tuple(option(visit, topic, catalogue, chosen=True) for topic in wanted),
        consent=True,
        signal=visit.signal,
    )


def option(visit: Visit, topic: Topic, catalogue: Catalogue, *, chosen: bool) -> views.Option:
    """A topic of the form for those without a link."""
    return views.Option(
        topic=catalogue.name(topic.number),
        name=topic_name(topic, catalogue, visit.language),
        description=topic.descriptions[visit.language],
        chosen=chosen,
    )


def topic_name(topic: Topic, catalogue: Catalogue, language: str) -> str:
    """A topic's name where those of every brand stand together: with its brand's, if there are several."""
    name = topic.names[language]
    if len(catalogue.brands) == 1 or not topic.brand:
        return name
    return f"{name} ({catalogue.brands[topic.brand].title})"


def brand_of(topics: Iterable[Topic], catalogue: Catalogue) -> Brand:
    """The brand that these topics are of; the default one if they are not all of one."""
    brands = {catalogue.brand_of(topic.number) for topic in topics}
    return catalogue.brands[brands.pop() if len(brands) == 1 else catalogue.default_brand]


def known(
    visit: Visit, token: Token, record: Record, catalogue: Catalogue, keys: Keys
) -> dict[str, Any]:
    """What every page says to a visitor with a link: `views.Visit`."""
    seen = [entry.policy for entry in record.registers.values()]
    return {
        **_page(visit, catalogue),
        "brand": catalogue.brands[catalogue.brand_of(token.scope)].title,
        "preferences_url": preferences_url(visit, token, keys),
        "signal": _signal(visit, record, catalogue),
        "policy": _policy(catalogue.notice(seen, visit.at), visit.language),
        "update": _policy(catalogue.update(seen, visit.at), visit.language),
    }


def _policy(version: PolicyVersion | None, language: str) -> views.Policy | None:
    if version is None:
        return None
    return views.Policy(
        version=version.version, effective=version.effective, summary=version.summary[language]
    )


def preferences_url(visit: Visit, token: Token, keys: Keys) -> str:
    """The preference centre of the same person; made from a link, it keeps the link's issue time."""
    made = Token(token.recipient, token.scope, token.issued, keys.newest())
    text = mint(made, Purpose.PREFERENCES, keys.link(Purpose.PREFERENCES, made.key_id))
    wanted = {"c": visit.campaign, "lang": visit.language}
    return f"/p/{text}?{urlencode({name: value for name, value in wanted.items() if value})}"


def form_url(visit: Visit, intent: Intent = Intent.IN) -> str:
    """The form for those without a link, in the visitor's language; "" where there is none."""
    if not visit.has_form:
        return ""
    wanted = {"intent": "out"} if intent is Intent.OUT else {}
    return f"/subscribe?{urlencode({**wanted, 'lang': visit.language})}"


def _signal(visit: Visit, record: Record, catalogue: Catalogue) -> views.Signal:
    if not visit.signal:
        return views.Signal.NONE
    on = any(chosen(record, topic).sendable for topic in catalogue.signals())
    return views.Signal.SEEN if on else views.Signal.APPLIED


def _undo(
    visit: Visit, token: Token, applied: Applied, catalogue: Catalogue
) -> tuple[views.Field, ...]:
    """The preference centre's fields that bring back what this press stopped, and nothing else.

    Of everything, the stop itself too, unless an earlier one stood already: a topic that the brand begins
    later then comes as it would have come without the press.
    """
    if visit.at - token.issued >= UNDO_DAYS * DAY:
        return ()
    stopped = [
        field_of(topic, catalogue)
        for topic in catalogue.topics.values()
        if topic.kind is Kind.MARKETING
        and not topic.retired
        and decide(applied.before, topic, visit.at).sendable
        and not decide(applied.after, topic, visit.at).sendable
    ]
    if stopped and _stands_wide(applied.after, catalogue) > _stands_wide(applied.before, catalogue):
        stopped.insert(0, "all")
    return tuple(
        views.Field(name=name, value=value)
        for field in stopped
        for name, value in ((f"was.{field}", "out"), (field, "in"))
    )


def _stands_wide(record: Record, catalogue: Catalogue) -> bool:
    """Whether an *out* of everything stops anything."""
    return any(out_stands(record, topic, ALL) for topic in catalogue.marketing(ALL))


def _page(visit: Visit, catalogue: Catalogue) -> dict[str, Any]:
    brand = catalogue.brands[catalogue.default_brand]
    return {
        "language": visit.language,
        "brand": brand.title,
        "campaign": visit.campaign,
        "subscribe_url": form_url(visit, intent=Intent.OUT),
    }


def _wording(scope: int, catalogue: Catalogue, language: str) -> tuple[str, str]:
    """Name and description of the topic that a link stops; nothing where it is all marketing."""
    topic = catalogue.topics.get(scope)
    if topic is None or topic.retired or topic.kind is Kind.SERVICE:
        return "", ""
    return topic.names[language], topic.descriptions[language]
