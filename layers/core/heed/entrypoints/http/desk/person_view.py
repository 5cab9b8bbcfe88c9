"""Makes the view of a person's page of all that Heed knows about the person."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace

from heed.domain import rfc3339
from heed.domain.milliseconds import Millis
from heed.domain.preferences.catalogue import Catalogue, Topic, TopicKind
from heed.domain.preferences.decision import Decision, decide
from heed.domain.preferences.reasons import Reason
from heed.domain.preferences.record import Record
from heed.domain.preferences.register import ALL_SCOPES, Source
from heed.domain.preferences.suppressions import suppressions_of
from heed.domain.recipients.mistyped_domains import correct_domain
from heed.entrypoints.http.desk.change_form import DeskChangeForm
from heed.entrypoints.http.desk.change_views import change_form_view
from heed.entrypoints.http.desk.people_views import (
    ActiveReason,
    ActiveRow,
    HistoryRow,
    LedgerRegister,
    MaySend,
    Saying,
    TopicReason,
    TopicRow,
)
from heed.entrypoints.http.desk.person_cookie import PersonCookie
from heed.entrypoints.http.desk.person_page_view import PersonView
from heed.entrypoints.http.desk.person_visit import person_heading
from heed.entrypoints.http.desk.titles import scope_title, topic_title
from heed.entrypoints.http.desk.views import DeskFrame
from heed.use_cases.ports.ledger import StoredEntry
from heed.use_cases.privacy.lookup import LookupResult

MAX_SHOWN_ENTRIES = 200
_SAME_TIME = 60_000  # milliseconds
_LINK_TIME = "issued"  # the part of evidence that says when a link was made, in milliseconds
_SOURCES = {source.value: source for source in Source}
_SAYINGS = {
    Reason.MINOR: Saying.NOTHING,
    Reason.HOLD: Saying.NOTHING,
    Reason.UNDELIVERABLE: Saying.UNDELIVERABLE,
    Reason.COMPLAINED: Saying.COMPLAINED,
    Reason.UNSUBSCRIBED: Saying.STOPPED,
    Reason.TOPIC_UNSUBSCRIBED: Saying.STOPPED,
    Reason.PAUSED: Saying.PAUSED,
    Reason.NO_CONSENT: Saying.NO_CONSENT,
}


def person_view(
    frame: DeskFrame, person: PersonCookie, result: LookupResult, catalogue: Catalogue, now: Millis
) -> PersonView:
    """Returns the view of a person's page. `now` is in milliseconds."""
    record = result.record
    topics = [topic for topic in catalogue.topics.values() if not topic.retired]
    decided = [(topic, decide(record, topic, now)) for topic in topics]
    marketing = [each for each in decided if each[0].kind is TopicKind.MARKETING]
    service = [each for each in decided if each[0].kind is TopicKind.SERVICE]
    strongest = _strongest(record, catalogue, now)
    names = {topic.number: topic_title(topic, catalogue, frame.language) for topic in topics}
    shown = result.history[-MAX_SHOWN_ENTRIES:]
    left_out = result.left_out + len(result.history) - len(shown)
    may_send = _may_send(decided)
    heading, known = person_heading(person), _is_known(record, catalogue, now) or bool(shown)
    return PersonView(
        frame=frame,
        person=heading,
        form=change_form_view(DeskChangeForm.empty(catalogue), heading, catalogue, frame.language, now),
        known=known,
        meant="" if known else correct_domain(person.address),
        purpose=person.purpose,
        may_send=may_send,
        saying=_saying(strongest, may_send),
        since=strongest.since if strongest else None,
        until=strongest.until if strongest else None,
        source=strongest.source if strongest else None,
        allowed=tuple(names[topic.number] for topic, decision in marketing if decision.sendable),
        stopped=tuple(names[topic.number] for topic, decision in marketing if not decision.sendable),
        service=tuple(names[topic.number] for topic, decision in service if decision.sendable),
        topics=tuple(_topic_row(names[topic.number], topic, decision) for topic, decision in decided),
        active=tuple(_active_rows(record, catalogue, frame.language, now)),
        history=tuple(_history_row(stored, catalogue, frame.language) for stored in reversed(shown)),
        left_out=f"{left_out}{'+' if result.is_cut else ''}" if left_out or result.is_cut else "",
    )


def _is_known(record: Record, catalogue: Catalogue, now: Millis) -> bool:
    """Returns whether anything is on record that the agent may see, or that stops mail of the brands."""
    if catalogue.may_show(ALL_SCOPES):
        return bool(record.registers or record.soft_bounce_days or record.erased_at)
    is_shown = any(catalogue.may_show(register.scope) for register in record.registers)
    return is_shown or bool(suppressions_of(record, catalogue, now))


def _may_send(decided: list[tuple[Topic, Decision]]) -> MaySend:
    mails = [(topic, decision) for topic, decision in decided if topic.kind is not TopicKind.SIGNAL]
    if mails and all(decision.sendable for _, decision in mails):
        return MaySend.ALL
    if any(decision.sendable for topic, decision in mails if topic.kind is TopicKind.MARKETING):
        return MaySend.SOME
    return MaySend.SERVICE if any(decision.sendable for _, decision in mails) else MaySend.NOTHING


def _strongest(record: Record, catalogue: Catalogue, now: Millis) -> Decision | None:
    """Returns the strongest reason if no marketing topic may be sent, otherwise None.

    If no marketing topic is in use, the other topics are decided as if they were. What stops all marketing is
    then still found.
    """
    topics = catalogue.offered_topics(ALL_SCOPES) or [
        replace(topic, kind=TopicKind.MARKETING)
        for topic in catalogue.topics.values()
        if topic.kind is not TopicKind.SIGNAL
    ]
    decisions = [decide(record, topic, now) for topic in topics]
    if any(decision.sendable for decision in decisions):
        return None
    order = tuple(Reason)
    return min(decisions, key=lambda decision: order.index(decision.reason), default=None)


def _saying(strongest: Decision | None, may_send: MaySend) -> Saying:
    if strongest is not None:
        return _SAYINGS[strongest.reason]
    return Saying.NOTHING if may_send is MaySend.NOTHING else Saying.ALLOWED


def _topic_row(name: str, topic: Topic, decision: Decision) -> TopicRow:
    if decision.sendable:
        by_default = TopicReason.SERVICE if topic.kind is TopicKind.SERVICE else TopicReason.DEFAULT
        reason = by_default if decision.since is None else TopicReason.OPTED_IN
    else:
        reason = TopicReason(decision.reason.value)
    return TopicRow(
        name=name,
        sendable=decision.sendable,
        reason=reason,
        since=decision.since,
        source=decision.source,
        until=decision.until,
    )


def _active_rows(record: Record, catalogue: Catalogue, language: str, now: Millis) -> Iterable[ActiveRow]:
    for suppression in suppressions_of(record, catalogue, now):
        if suppression.active:
            yield ActiveRow(
                reason=ActiveReason(suppression.reason.value),
                scope=scope_title(suppression.scope, catalogue, language),
                since=suppression.since,
                source=suppression.source,
                until=suppression.until,
            )


def _history_row(stored: StoredEntry, catalogue: Catalogue, language: str) -> HistoryRow:
    entry = stored.entry
    is_late = abs(entry.recorded_at - entry.at) > _SAME_TIME
    return HistoryRow(
        register=LedgerRegister(entry.register),
        scope=scope_title(entry.scope, catalogue, language),
        at=entry.at,
        recorded_at=entry.recorded_at if is_late else None,
        source=_SOURCES.get(entry.source),
        superseded=entry.outcome.value == "superseded",
        until=entry.until,
        evidence=tuple(_evidence_parts(stored.evidence)),
    )


def _evidence_parts(text: str | None) -> Iterable[str]:
    """Returns the parts of evidence with their names; one part without a name if it is not a JSON object."""
    try:
        evidence = json.loads(text) if text else {}
    except ValueError:
        evidence = None
    if not isinstance(evidence, dict):
        return [text or ""]
    return [f"{name}: {_to_text(name, value)}" for name, value in evidence.items()]


def _to_text(name: str, value: object) -> str:
    if name == _LINK_TIME and isinstance(value, int):
        return rfc3339.format_time(Millis(value))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
