"""What a visitor with a link is shown: its views, from tokens and records."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from heed.domain.errors import InvalidToken, KeysUnavailable
from heed.domain.links.link_token import Purpose, Token, mint
from heed.domain.links.undo import Undo
from heed.domain.links.undo import mint as mint_undo
from heed.domain.links.undo import verify as verify_undo
from heed.domain.opt_in.confirmation_token import Intent
from heed.domain.preferences.catalogue import Brand, Catalogue, Kind, PolicyVersion, Topic
from heed.domain.preferences.decision import chosen, decide, out_stands
from heed.domain.preferences.privacy_signal import is_honoured, is_kept
from heed.domain.preferences.record import Record
from heed.domain.preferences.register import ALL
from heed.entrypoints.http.pages import views
from heed.entrypoints.http.pages.visit import Visit
from heed.use_cases.ports.keys import LinkKeys

_FORM = ("scope", "all", "undo", "pause", "policy")
"""Fields of our pages' forms beside those of the topics and signals."""


def page(visit: Visit, catalogue: Catalogue) -> views.Page:
    """The view of a page that knows nothing of the visitor."""
    return views.Page(**_page(visit, catalogue))


def unavailable(
    visit: Visit, catalogue: Catalogue, form: Iterable[tuple[str, str]], *, kept: bool
) -> views.Unavailable:
    """The view of 503; the form again, as it was pressed."""
    names = {*_FORM, *(signal.name for signal in catalogue.signals())}
    retry = tuple(
        views.Field(name=name, value=value)
        for name, value in form
        if (bare := name.removeprefix("was.")) in names or bare.startswith("topic.")
    )
    return views.Unavailable(**_page(visit, catalogue), kept=kept, retry=retry)


def full(visit: Visit, catalogue: Catalogue) -> views.Unavailable:
    """The view of 503 where no room is left for another mail."""
    return views.Unavailable(**_page(visit, catalogue), full=True)


def landing(
    visit: Visit, token: Token, record: Record, catalogue: Catalogue, keys: LinkKeys
) -> views.Landing:
    """The view before the press."""
    name, description = _wording(token.scope, catalogue, visit.language)
    return views.Landing(
        **known(visit, token, record, catalogue, keys), topic=name, description=description
    )


def done(
    visit: Visit, token: Token, record: Record, catalogue: Catalogue, keys: LinkKeys, *, undo: str
) -> views.Done:
    """The view after the press; `undo` is the token that takes it back, or "" where there is none."""
    is_all_off = not any(chosen(record, topic).sendable for topic in catalogue.marketing(ALL))
    name, _ = _wording(token.scope, catalogue, visit.language)
    service = (t for t in catalogue.topics.values() if t.kind is Kind.SERVICE and not t.retired)
    return views.Done(
        **known(visit, token, record, catalogue, keys),
        topic="" if is_all_off else name,
        service=tuple(topic.names[visit.language] for topic in service),
        undo=undo,
    )


def is_stopped(token: Token, record: Record, catalogue: Catalogue, now: int) -> bool:
    """Whether everything that a link stops is stopped."""
    topics = [t for s in catalogue.opt_out_scopes(token.scope) for t in catalogue.governed(s)]
    return not any(decide(record, topic, now).sendable for topic in topics)


def undo_text(undo: Undo | None, keys: LinkKeys) -> str:
    """The token of an Undo; "" where there is none, or where no key can be had now: the stop stands."""
    if undo is None:
        return ""
    try:
        return mint_undo(undo, keys.newest(), keys.link(Purpose.UNDO, keys.newest()))
    except KeysUnavailable:
        return ""


def offered_undo(text: str, token: Token, record: Record, keys: LinkKeys, now: int) -> Undo | None:
    """The Undo whose token an address of ours shows back; None for any other text.

    It is shown to whoever holds a link of the same recipient, for its hour, until it is used.
    """
    try:
        undo = verify_undo(text, keys.link)
    except InvalidToken:
        return None
    is_usable = undo.recipient == token.recipient and not undo.is_over(now)
    return undo if is_usable and undo.stands(record) else None


def consent(
    visit: Visit,
    topics: Iterable[Topic],
    resume: Iterable[int],
    record: Record,
    catalogue: Catalogue,
) -> views.Subscribe:
    """The form that sends a confirmation: for what a link alone cannot do, chosen already."""
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
        resume=",".join(map(catalogue.name, resume)),
        consent=True,
        signal=_signal(visit, record, catalogue) is views.Signal.APPLIED,
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
    visit: Visit, token: Token, record: Record, catalogue: Catalogue, keys: LinkKeys
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


def preferences_url(visit: Visit, token: Token, keys: LinkKeys) -> str:
    """The preference centre of the same person; made from a link, it keeps the link's issue time."""
    made = Token(token.recipient, token.scope, token.issued, keys.newest())
    text = mint(made, Purpose.PREFERENCES, keys.link(Purpose.PREFERENCES, made.key_id))
    wanted = {"c": visit.campaign, "lang": visit.language}
    return f"/p/{text}?{urlencode({name: value for name, value in wanted.items() if value})}"


def done_url(visit: Visit, text: str, undo: str) -> str:
    """The page that tells what came of a press, safe to reload; `text` is the link's token."""
    wanted = {"done": undo or "1", "c": visit.campaign, "lang": visit.language}
    return f"/u/{text}?{urlencode({name: value for name, value in wanted.items() if value})}"


def saved_url(visit: Visit, token: Token, undo: Undo | None, keys: LinkKeys) -> str:
    """The preference centre after a save: with what takes it back, if anything was stopped."""
    return f"{preferences_url(visit, token, keys)}&saved={undo_text(undo, keys) or 1}"


def form_url(visit: Visit, intent: Intent = Intent.IN) -> str:
    """The form for those without a link, in the visitor's language; "" where there is none."""
    if not visit.has_form:
        return ""
    wanted = {"intent": "out"} if intent is Intent.OUT else {}
    return f"/subscribe?{urlencode({**wanted, 'lang': visit.language})}"


def _signal(visit: Visit, record: Record, catalogue: Catalogue) -> views.Signal:
    if not visit.signal:
        return views.Signal.NONE
    if is_honoured(record, catalogue):
        return views.Signal.APPLIED
    topics = [t for t in catalogue.signals() if not out_stands(record, t, t.number)]
    is_all_kept = all(is_kept(record, topic) for topic in topics)
    return views.Signal.KEPT if is_all_kept else views.Signal.SEEN


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
