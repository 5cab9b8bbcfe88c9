"""The view of the preference centre: the state of each topic, and only data that the link permits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from heed.domain.links.link_token import LinkToken
from heed.domain.links.undo import UndoToken
from heed.domain.preferences.catalogue import Catalogue, Topic
from heed.domain.preferences.decision import Decision, active_pause, decide_by_choice, is_all_marketing_off
from heed.domain.preferences.kinds import ChoiceKind
from heed.domain.preferences.reasons import Reason
from heed.domain.preferences.record import Record
from heed.domain.preferences.register import ALL_SCOPES, Change, ScopeNumber
from heed.entrypoints.http import request
from heed.entrypoints.http.pages import link_views, views
from heed.entrypoints.http.pages.visit import PageVisit
from heed.use_cases.ports.keys import LinkKeys

_STATE_NOTES = {
    Reason.COMPLAINED: views.StateNote.REPORTED,
    Reason.UNSUBSCRIBED: views.StateNote.STOPPED,
    Reason.TOPIC_UNSUBSCRIBED: views.StateNote.STOPPED,
    Reason.NO_CONSENT: views.StateNote.NO_OPT_IN,
}


def preferences_view(
    visit: PageVisit,
    token: LinkToken,
    record: Record,
    catalogue: Catalogue,
    keys: LinkKeys,
    event: Mapping[str, Any] | None = None,
    *,
    form_incomplete: bool = False,
) -> views.PreferencesView:
    """Returns the view of the preference centre.

    Args:
        visit: The visit.
        token: The token of the link.
        record: The record of the person.
        catalogue: The brands and topics.
        keys: The keys that mint links.
        event: The event of the request, whose query tells what was saved (`link_views.saved_url`). None: the
            form was not saved.
        form_incomplete: Whether the form that the visitor has just sent could not be read.
    """
    brand = catalogue.brand_of(token.scope)
    topics = catalogue.offered_topics(brand)
    all_off = is_all_marketing_off(record, catalogue)
    brand_pauses = [
        entry.until
        for scope in (ALL_SCOPES, brand)
        for topic in topics
        if (entry := active_pause(record, topic, scope, visit.at))
    ]
    advertising = _make_advertising_line(visit, record, catalogue)
    return views.PreferencesView(
        **link_views.link_page_fields(visit, token, record, catalogue, keys),
        topics=tuple(_make_topic_line(visit, record, topic, catalogue) for topic in topics),
        checkboxes=str(len(topics) + (advertising is not None)),
        advertising=advertising,
        all_marketing_off=all_off,
        # While everything is off, the end of a pause changes nothing.
        paused_until=max((until for until in brand_pauses if until and not all_off), default=None),
        last=_make_last_change(visit, record, catalogue, brand),
        **(_saved_fields(visit, token, record, catalogue, keys, event) if event else {}),
        form_incomplete=form_incomplete,
    )


def _saved_fields(
    visit: PageVisit,
    token: LinkToken,
    record: Record,
    catalogue: Catalogue,
    keys: LinkKeys,
    event: Mapping[str, Any],
) -> dict[str, Any]:
    """Returns the fields about the last save, as the record has it now."""
    saved = request.read_query(event, "saved")
    is_all_off = request.read_query(event, "off") == "1" and is_all_marketing_off(record, catalogue)
    notice = views.SavedNotice.ALL_OFF if is_all_off else views.SavedNotice.SAVED
    shown = (*catalogue.offered_topics(catalogue.brand_of(token.scope)), *catalogue.signal_topics())
    if undo := link_views.offered_undo(saved, token, record, keys, visit.at):
        return {
            "saved": notice,
            "undo": link_views.undo_text(undo, keys),
            "undo_pause": any(
                press.until for scope in undo.scopes if (press := record.undoable_press(scope)) is not None
            ),
            "undo_topics": tuple(
                topic.names[visit.language] for topic in shown if topic.number in undo.scopes
            ),
        }
    if undo := link_views.used_undo(saved, token, record, keys, visit.at):
        return _undone_fields(undo, record, catalogue, shown, visit)
    if request.read_query(event, "unchanged") == "1":
        return {"saved": views.SavedNotice.UNCHANGED}
    # Anybody can write `saved=1` into a link, so the record has to know of a save.
    return {"saved": notice if saved == "1" and link_views.was_saved_lately(record, visit.at) else None}


def _undone_fields(
    undo: UndoToken, record: Record, catalogue: Catalogue, shown: Iterable[Topic], visit: PageVisit
) -> dict[str, Any]:
    """Returns the fields about an Undo that was used: the topics that are on because of it."""
    taken_back = {change.register for change in undo.changes()}
    before = replace(
        record, registers={r: entry for r, entry in record.registers.items() if r not in taken_back}
    )
    governed = {topic.number for scope in undo.scopes for topic in catalogue.governed_topics(scope)}
    on = [
        topic
        for topic in shown
        if topic.number in governed and decide_by_choice(record, topic, visit.at).sendable
    ]
    restored = tuple(
        topic.names[visit.language] for topic in on if not decide_by_choice(before, topic, visit.at).sendable
    )
    if on and not restored:
        return {}  # a later opt-in has turned them on
    notice = views.SavedNotice.UNDONE if restored else views.SavedNotice.STILL_OFF
    return {"saved": notice, "restored": restored}


def _make_topic_line(visit: PageVisit, record: Record, topic: Topic, catalogue: Catalogue) -> views.TopicLine:
    by_choice = decide_by_choice(record, topic)
    own_pause = active_pause(record, topic, topic.number, visit.at)
    paused = by_choice.sendable and own_pause is not None
    return views.TopicLine(
        topic=catalogue.scope_name(topic.number),
        name=topic.names[visit.language],
        description=topic.descriptions[visit.language],
        state=_to_topic_state(by_choice),
        why=views.StateNote.PAUSED if paused else _STATE_NOTES.get(by_choice.reason),
        since=by_choice.since,
        until=own_pause.until if own_pause else None,
    )


def _make_advertising_line(
    visit: PageVisit, record: Record, catalogue: Catalogue
) -> views.AdvertisingLine | None:
    topic = next(iter(catalogue.signal_topics()), None)
    if topic is None:
        return None
    by_choice = decide_by_choice(record, topic)
    return views.AdvertisingLine(
        name=topic.names[visit.language],
        description=topic.descriptions[visit.language],
        state=_to_topic_state(by_choice),
        since=None if by_choice.sendable else by_choice.since,
    )


def _to_topic_state(decision: Decision) -> views.TopicState:
    return views.TopicState.IN if decision.sendable else views.TopicState.OUT


def _make_last_change(
    visit: PageVisit, record: Record, catalogue: Catalogue, brand: ScopeNumber
) -> views.LastChange | None:
    """Returns the newest choice about what the page shows. Bounces and complaints are not choices.

    The holder of a link of one brand does not learn what the person chose at another.
    """
    topics = (*catalogue.marketing_topics(brand), *catalogue.signal_topics())
    choice = record.latest_choice({ALL_SCOPES, brand, *(topic.number for topic in topics)})
    if choice is None:
        return None
    topic = catalogue.topics.get(choice.register.scope)
    return views.LastChange(
        topic=topic.names[visit.language] if topic else "",
        change=_to_change_kind(choice),
        at=choice.entry.at,
        source=choice.entry.source,
    )


def _to_change_kind(choice: Change) -> views.LastChangeKind:
    if choice.recorded_kind is ChoiceKind.OUT:
        return views.LastChangeKind.OUT
    entry = choice.entry
    return views.LastChangeKind.PAUSED if (entry.until or 0) > entry.at else views.LastChangeKind.IN
