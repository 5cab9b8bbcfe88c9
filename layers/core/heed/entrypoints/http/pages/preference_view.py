"""The preference centre's view: each topic with its true state, nothing that the link does not imply."""

from __future__ import annotations

from heed.domain.links.link_token import Token
from heed.domain.links.undo import Undo
from heed.domain.preferences.catalogue import Catalogue, Topic
from heed.domain.preferences.decision import Decision, Reason, chosen, decide, pause_stands
from heed.domain.preferences.preference_form import offered
from heed.domain.preferences.record import Record
from heed.domain.preferences.register import ALL, Entry, scope_of, undoable
from heed.entrypoints.http.pages import views
from heed.entrypoints.http.pages.visit import Visit
from heed.entrypoints.http.pages.visits import known, undo_text
from heed.use_cases.ports.keys import LinkKeys

_WHY = {
    Reason.COMPLAINED: views.Why.REPORTED,
    Reason.UNSUBSCRIBED: views.Why.STOPPED,
    Reason.TOPIC_UNSUBSCRIBED: views.Why.STOPPED,
    Reason.NO_CONSENT: views.Why.NOT_ASKED,
}


def preferences(
    visit: Visit,
    token: Token,
    record: Record,
    catalogue: Catalogue,
    keys: LinkKeys,
    *,
    saved: bool = False,
    undo: Undo | None = None,
    unread: bool = False,
) -> views.Preferences:
    """The view of what is on record.

    Args:
        visit: who comes.
        token: of the link.
        record: what is on record.
        catalogue: of the brand.
        keys: that make links.
        saved: whether a form was saved just now.
        undo: what takes back what it stopped, or a part of that.
        unread: whether a form could not be read just now.
    """
    brand = catalogue.brand_of(token.scope)
    topics, undone = offered(catalogue, brand), undo.scopes if undo else ()
    wide = [
        entry.until
        for scope in (ALL, brand)
        for topic in topics
        if (entry := pause_stands(record, topic, scope, visit.at))
    ]
    return views.Preferences(
        **known(visit, token, record, catalogue, keys),
        topics=tuple(_line(visit, record, topic, catalogue) for topic in topics),
        advertising=_advertising(visit, record, catalogue),
        everything_off=not any(chosen(record, t).sendable for t in catalogue.marketing(ALL)),
        paused_until=max((until for until in wide if until), default=None),
        undeliverable=_is_undeliverable(visit, record, catalogue),
        last=_last(visit, record, catalogue),
        saved=saved,
        undo=undo_text(undo, keys),
        undone=", ".join(topic.names[visit.language] for topic in topics if topic.number in undone),
        unread=unread,
    )


def _is_undeliverable(visit: Visit, record: Record, catalogue: Catalogue) -> bool:
    """Whether mail comes back; that stops every topic, and any of them tells."""
    topic = next(iter(catalogue.topics.values()))
    return decide(record, topic, visit.at).reason is Reason.UNDELIVERABLE


def _line(visit: Visit, record: Record, topic: Topic, catalogue: Catalogue) -> views.Line:
    by_choice = chosen(record, topic)
    own_pause = pause_stands(record, topic, topic.number, visit.at)
    paused = by_choice.sendable and own_pause is not None
    return views.Line(
        topic=catalogue.name(topic.number),
        name=topic.names[visit.language],
        description=topic.descriptions[visit.language],
        state=_state(by_choice),
        why=views.Why.PAUSED if paused else _WHY.get(by_choice.reason),
        since=by_choice.since,
        until=own_pause.until if own_pause else None,
    )


def _advertising(visit: Visit, record: Record, catalogue: Catalogue) -> views.Advertising | None:
    topic = next(iter(catalogue.signals()), None)
    if topic is None:
        return None
    by_choice = chosen(record, topic)
    return views.Advertising(
        name=topic.names[visit.language],
        description=topic.descriptions[visit.language],
        state=_state(by_choice),
        since=None if by_choice.sendable else by_choice.since,
    )


def _state(decision: Decision) -> views.State:
    return views.State.IN if decision.sendable else views.State.OUT


def _last(visit: Visit, record: Record, catalogue: Catalogue) -> views.Last | None:
    """The newest choice on record; what the address itself did (bounces, complaints) is none."""
    choices = [(r, e) for r, e in record.registers.items() if r[:2] in ("o:", "i:", "p:", "k:")]
    scopes = (scope_of(r) for r in record.registers if r.startswith("c:"))
    presses = ((undoable(scope), record.pressed(scope)) for scope in scopes)
    choices += [(register, entry) for register, entry in presses if entry is not None]
    if not choices:
        return None
    register, entry = max(choices, key=lambda choice: choice[1].rank)
    topic = catalogue.topics.get(scope_of(register))
    return views.Last(
        topic=topic.names[visit.language] if topic else "",
        change=_change(register, entry),
        at=entry.at,
        source=entry.source,
    )


def _change(register: str, entry: Entry) -> views.Change:
    if register.startswith(("o:", "c:")) and entry.until is None:
        return views.Change.OUT
    return views.Change.PAUSED if (entry.until or 0) > entry.at else views.Change.IN
