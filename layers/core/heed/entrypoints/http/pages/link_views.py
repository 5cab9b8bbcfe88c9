"""What a visitor with a link is shown: its views, from tokens and records."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from heed.domain.errors import InvalidToken, KeysUnavailable
from heed.domain.links.link_token import LinkToken, TokenPurpose, mint_link_token
from heed.domain.links.undo import UndoToken
from heed.domain.links.undo import mint_undo_token as mint_undo
from heed.domain.links.undo import verify_undo_token as verify_undo
from heed.domain.opt_in.confirmation_token import Intent
from heed.domain.preferences.catalogue import Brand, Catalogue, PolicyVersion, Topic, TopicKind
from heed.domain.preferences.decision import active_opt_out, decide, decide_by_choice
from heed.domain.preferences.privacy_signal import has_signal_exception, is_signal_honoured
from heed.domain.preferences.record import Record
from heed.domain.preferences.register import ALL_SCOPES, ScopeNumber
from heed.entrypoints.http.pages import views
from heed.entrypoints.http.pages.visit import PageVisit
from heed.use_cases.ports.keys import LinkKeys

_FORM = ("scope", "all", "undo", "pause", "policy")
"""Fields of our pages' forms beside those of the topics and signals."""


def page_view(visit: PageVisit, catalogue: Catalogue) -> views.PageView:
    """The view of a page that knows nothing of the visitor."""
    return views.PageView(**_page(visit, catalogue))


def unavailable_view(
    visit: PageVisit, catalogue: Catalogue, form: Iterable[tuple[str, str]], *, kept: bool
) -> views.UnavailableView:
    """The view of 503; the form again, as it was pressed."""
    names = {*_FORM, *(signal.name for signal in catalogue.signals())}
    retry = tuple(
        views.HiddenField(name=name, value=value)
        for name, value in form
        if (bare := name.removeprefix("was.")) in names or bare.startswith("topic.")
    )
    return views.UnavailableView(**_page(visit, catalogue), kept=kept, retry=retry)


def queue_full_view(visit: PageVisit, catalogue: Catalogue) -> views.UnavailableView:
    """The view of 503 where no room is left for another mail."""
    return views.UnavailableView(**_page(visit, catalogue), full=True)


def landing_view(
    visit: PageVisit, token: LinkToken, record: Record, catalogue: Catalogue, keys: LinkKeys
) -> views.LandingView:
    """The view before the press."""
    name, description = _wording(token.scope, catalogue, visit.language)
    return views.LandingView(
        **link_page_view(visit, token, record, catalogue, keys), topic=name, description=description
    )


def done_view(
    visit: PageVisit,
    token: LinkToken,
    record: Record,
    catalogue: Catalogue,
    keys: LinkKeys,
    *,
    undo: str,
) -> views.DoneView:
    """The view after the press; `undo` is the token that takes it back, or "" where there is none."""
    is_all_off = not any(
        decide_by_choice(record, topic).sendable for topic in catalogue.marketing(ALL_SCOPES)
    )
    name, _ = _wording(token.scope, catalogue, visit.language)
    service = (t for t in catalogue.topics.values() if t.kind is TopicKind.SERVICE and not t.retired)
    return views.DoneView(
        **link_page_view(visit, token, record, catalogue, keys),
        topic="" if is_all_off else name,
        service=tuple(topic.names[visit.language] for topic in service),
        undo=undo,
    )


def is_scope_stopped(token: LinkToken, record: Record, catalogue: Catalogue, now: int) -> bool:
    """Whether everything that a link stops is stopped."""
    topics = [t for s in catalogue.opt_out_scopes(token.scope) for t in catalogue.governed(s)]
    return not any(decide(record, topic, now).sendable for topic in topics)


def undo_text(undo: UndoToken | None, keys: LinkKeys) -> str:
    """The token of an Undo; "" where there is none, or where no key can be had now: the stop stands."""
    if undo is None:
        return ""
    try:
        return mint_undo(undo, keys.newest_key_id(), keys.link_key(TokenPurpose.UNDO, keys.newest_key_id()))
    except KeysUnavailable:
        return ""


def offered_undo(text: str, token: LinkToken, record: Record, keys: LinkKeys, now: int) -> UndoToken | None:
    """The Undo whose token an address of ours shows back; None for any other text.

    It is shown to whoever holds a link of the same recipient, for its hour, until it is used.
    """
    try:
        undo = verify_undo(text, keys.link_key)
    except InvalidToken:
        return None
    is_usable = undo.recipient == token.recipient and not undo.is_expired(now)
    return undo if is_usable and undo.is_current(record) else None


def consent_view(
    visit: PageVisit,
    topics: Iterable[Topic],
    resume: Iterable[ScopeNumber],
    record: Record,
    catalogue: Catalogue,
) -> views.SubscribeView:
    """The form that sends a confirmation: for what a link alone cannot do, chosen already."""
    wanted = list(topics)
    return views.SubscribeView(
        **{
            **_page(visit, catalogue),
            "brand": common_brand(wanted, catalogue).title,
            "subscribe_url": form_url(visit),
        },
        intent=Intent.IN,
        other_url="",
        topics=tuple(topic_option(visit, topic, catalogue, chosen=True) for topic in wanted),
        resume=",".join(map(catalogue.name, resume)),
        consent=True,
        signal=_signal(visit, record, catalogue) is views.SignalNotice.APPLIED,
    )


def topic_option(visit: PageVisit, topic: Topic, catalogue: Catalogue, *, chosen: bool) -> views.TopicOption:
    """A topic of the form for those without a link."""
    return views.TopicOption(
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


def common_brand(topics: Iterable[Topic], catalogue: Catalogue) -> Brand:
    """The brand that these topics are of; the default one if they are not all of one."""
    brands = {catalogue.brand_of(topic.number) for topic in topics}
    return catalogue.brands[brands.pop() if len(brands) == 1 else catalogue.default_brand]


def link_page_view(
    visit: PageVisit, token: LinkToken, record: Record, catalogue: Catalogue, keys: LinkKeys
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


def _policy(version: PolicyVersion | None, language: str) -> views.PolicyNotice | None:
    if version is None:
        return None
    return views.PolicyNotice(
        version=version.version, effective=version.effective, summary=version.summary[language]
    )


def preferences_url(visit: PageVisit, token: LinkToken, keys: LinkKeys) -> str:
    """The preference centre of the same person; made from a link, it keeps the link's issue time."""
    made = LinkToken(token.recipient, token.scope, token.issued, keys.newest_key_id())
    text = mint_link_token(
        made, TokenPurpose.PREFERENCES, keys.link_key(TokenPurpose.PREFERENCES, made.key_id)
    )
    wanted = {"c": visit.campaign, "lang": visit.language}
    return f"/p/{text}?{urlencode({name: value for name, value in wanted.items() if value})}"


def done_url(visit: PageVisit, text: str, undo: str) -> str:
    """The page that tells what came of a press, safe to reload; `text` is the link's token."""
    wanted = {"done": undo or "1", "c": visit.campaign, "lang": visit.language}
    return f"/u/{text}?{urlencode({name: value for name, value in wanted.items() if value})}"


def saved_url(visit: PageVisit, token: LinkToken, undo: UndoToken | None, keys: LinkKeys) -> str:
    """The preference centre after a save: with what takes it back, if anything was stopped."""
    return f"{preferences_url(visit, token, keys)}&saved={undo_text(undo, keys) or 1}"


def form_url(visit: PageVisit, intent: Intent = Intent.IN) -> str:
    """The form for those without a link, in the visitor's language; "" where there is none."""
    if not visit.has_form:
        return ""
    wanted = {"intent": "out"} if intent is Intent.OUT else {}
    return f"/subscribe?{urlencode({**wanted, 'lang': visit.language})}"


def _signal(visit: PageVisit, record: Record, catalogue: Catalogue) -> views.SignalNotice:
    if not visit.signal:
        return views.SignalNotice.NONE
    if is_signal_honoured(record, catalogue):
        return views.SignalNotice.APPLIED
    topics = [t for t in catalogue.signals() if not active_opt_out(record, t, t.number)]
    is_all_kept = all(has_signal_exception(record, topic) for topic in topics)
    return views.SignalNotice.KEPT if is_all_kept else views.SignalNotice.SEEN


def _page(visit: PageVisit, catalogue: Catalogue) -> dict[str, Any]:
    brand = catalogue.brands[catalogue.default_brand]
    return {
        "language": visit.language,
        "brand": brand.title,
        "campaign": visit.campaign,
        "subscribe_url": form_url(visit, intent=Intent.OUT),
    }


def _wording(scope: ScopeNumber, catalogue: Catalogue, language: str) -> tuple[str, str]:
    """Name and description of the topic that a link stops; nothing where it is all marketing."""
    topic = catalogue.topics.get(scope)
    if topic is None or topic.retired or topic.kind is TopicKind.SERVICE:
        return "", ""
    return topic.names[language], topic.descriptions[language]
