"""The views of an unsubscribe link: before a press, after it, and for a person who is out already."""

from __future__ import annotations

from heed.domain.links.link_token import LinkToken
from heed.domain.links.undo import UndoToken
from heed.domain.milliseconds import Millis
from heed.domain.preferences.catalogue import Catalogue, Topic, TopicKind
from heed.domain.preferences.decision import Decision, decide_by_choice, is_all_marketing_off
from heed.domain.preferences.reasons import Reason
from heed.domain.preferences.record import Record
from heed.domain.preferences.register import ALL_SCOPES, ScopeNumber
from heed.entrypoints.http.pages import views
from heed.entrypoints.http.pages.link_views import link_page_fields, undo_text
from heed.entrypoints.http.pages.visit import PageVisit
from heed.use_cases.ports.keys import LinkKeys


def landing_view(
    visit: PageVisit, token: LinkToken, record: Record, catalogue: Catalogue, keys: LinkKeys
) -> views.LandingView:
    """Returns the view of the page before an opt-out."""
    name, description = _find_topic_texts(token.scope, catalogue, visit.language)
    pause = _find_pause(token, record, catalogue, visit.at)
    return views.LandingView(
        **link_page_fields(visit, token, record, catalogue, keys),
        topic=name,
        description=description,
        paused_until=pause.until if pause else None,
        since=pause.since if pause else None,
    )


def done_view(
    visit: PageVisit,
    token: LinkToken,
    record: Record,
    catalogue: Catalogue,
    keys: LinkKeys,
    undo: UndoToken | None,
) -> views.DoneView:
    """Returns the view of the page after an opt-out. `undo` takes it back."""
    name, _ = _find_topic_texts(token.scope, catalogue, visit.language)
    topics = catalogue.topics.values()
    service = (topic for topic in topics if topic.kind is TopicKind.SERVICE and not topic.retired)
    return views.DoneView(
        **link_page_fields(visit, token, record, catalogue, keys),
        topic="" if is_all_marketing_off(record, catalogue) else name,
        service=tuple(topic.names[visit.language] for topic in service),
        undo=undo_text(undo, keys),
    )


def unsubscribed_view(
    visit: PageVisit, token: LinkToken, record: Record, catalogue: Catalogue, keys: LinkKeys
) -> views.UnsubscribedView | None:
    """Returns the view for a person who is out of all that the link stops; None if something is left.

    Pauses and bounces do not count: behind them the person still gets these emails.
    """
    decisions = [decide_by_choice(record, topic) for topic in _linked_topics(token, catalogue)]
    if any(decision.sendable for decision in decisions):
        return None
    has_opt_out = any(decision.since is not None for decision in decisions)
    is_all_off = is_all_marketing_off(record, catalogue)
    if is_all_off:
        decisions = [decide_by_choice(record, topic) for topic in catalogue.marketing_topics(ALL_SCOPES)]
    name, _ = _find_topic_texts(token.scope, catalogue, visit.language)
    # The latest: before it, a part of these emails was still sent.
    last = max((d for d in decisions if d.since is not None), key=lambda d: d.since or 0, default=None)
    return views.UnsubscribedView(
        **link_page_fields(visit, token, record, catalogue, keys),
        topic=name,
        state=_unsubscribed_state(name, is_all_off=is_all_off, is_opt_out=last is not None),
        since=last.since if last else None,
        reported=last is not None and last.reason is Reason.COMPLAINED,
        can_stop_topic=bool(name) and not has_opt_out,
        can_stop_all=not is_all_off,
    )


def _unsubscribed_state(topic: str, *, is_all_off: bool, is_opt_out: bool) -> views.UnsubscribedState:
    if not is_opt_out:
        return views.UnsubscribedState.NO_TOPIC if topic else views.UnsubscribedState.NONE
    if is_all_off:
        return views.UnsubscribedState.ALL
    return views.UnsubscribedState.TOPIC if topic else views.UnsubscribedState.BRAND


def _find_pause(token: LinkToken, record: Record, catalogue: Catalogue, now: Millis) -> Decision | None:
    """Returns the pause that ends first, if pauses stop all that the person would get; otherwise None."""
    topics = [topic for topic in _linked_topics(token, catalogue) if decide_by_choice(record, topic).sendable]
    decisions = [decide_by_choice(record, topic, now) for topic in topics]
    if any(decision.sendable for decision in decisions):
        return None
    return min(decisions, key=lambda decision: decision.until or 0, default=None)


def _linked_topics(token: LinkToken, catalogue: Catalogue) -> list[Topic]:
    """Returns the topics that a press on the link stops."""
    scopes = catalogue.opt_out_scopes(token.scope)
    return [topic for scope in scopes for topic in catalogue.governed_topics(scope)]


def _find_topic_texts(scope: ScopeNumber, catalogue: Catalogue, language: str) -> tuple[str, str]:
    """Returns the name and description of the topic that a link stops; "" for all marketing."""
    topic = catalogue.topics.get(scope)
    if topic is None or topic.retired or topic.kind is TopicKind.SERVICE:
        return "", ""
    return topic.names[language], topic.descriptions[language]
