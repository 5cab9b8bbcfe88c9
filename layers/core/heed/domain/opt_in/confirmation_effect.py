"""What a confirmation link has changed, as the record says it. So the page after a press needs no press."""

from __future__ import annotations

from heed.domain.milliseconds import Millis
from heed.domain.opt_in.confirmation_token import ConfirmationToken, Intent
from heed.domain.preferences.catalogue import Catalogue, Topic, TopicKind
from heed.domain.preferences.decision import (
    decide_by_choice,
    is_overridden,
    is_request_void,
)
from heed.domain.preferences.reasons import Reason
from heed.domain.preferences.record import Record
from heed.domain.preferences.register import (
    ALL_SCOPES,
    ScopeNumber,
    confirmed_register,
    opt_in_register,
    pause_register,
)

_OPT_OUTS = (Reason.COMPLAINED, Reason.UNSUBSCRIBED, Reason.TOPIC_UNSUBSCRIBED)


def requested_topics(token: ConfirmationToken, catalogue: Catalogue) -> tuple[Topic, ...]:
    """Returns the topics that a confirmation link names. Of an opt-out, none means all marketing."""
    known = (catalogue.topics.get(scope) for scope in (*token.scopes, *token.signals))
    return tuple(topic for topic in known if topic is not None)


def is_recorded(token: ConfirmationToken, record: Record, catalogue: Catalogue) -> bool:
    """Whether a press on the link is on record, or can change nothing any more.

    An opt-in is on record if its registers have the time of the request or a later one. An opt-out is on
    record if an opt-out from after the request is active.
    """
    if token.intent is Intent.OUT:
        scopes = token.scopes or (ALL_SCOPES,)
        return all(_is_opted_out(record, scope, token.requested_at, catalogue) for scope in scopes)
    registers = [
        *map(confirmed_register, token.scopes),
        *map(opt_in_register, token.signals),
        *map(pause_register, token.resume),
    ]
    is_void = is_request_void(record, token.requested_at)
    return is_void or all(record.time_of(register) >= token.requested_at for register in registers)


def effective_topics(
    token: ConfirmationToken, record: Record, catalogue: Catalogue, now: Millis
) -> tuple[Topic, ...]:
    """Returns the topics that the person gets by an opt-in, if the address can be reached.

    They are the topics that it names and no newer choice stops, and those that the end of a pause brings
    back. `now` is in milliseconds.
    """
    named = [t for t in requested_topics(token, catalogue) if decide_by_choice(record, t).sendable]
    resumed = (
        topic
        for topic in _paused_topics(token, catalogue)
        if topic not in named and decide_by_choice(record, topic, now).sendable
    )
    return (*named, *resumed)


def is_opted_out_since(token: ConfirmationToken, record: Record, catalogue: Catalogue) -> bool:
    """Whether the person has opted out of mail that an opt-in asks for, after the request for it.

    An erasure stops mail too, but it is no opt-out.
    """
    if is_request_void(record, token.requested_at):
        return False
    topics = [*requested_topics(token, catalogue), *_paused_topics(token, catalogue)]
    decisions = [decide_by_choice(record, topic) for topic in topics if topic.kind is not TopicKind.SIGNAL]
    return any(d.reason in _OPT_OUTS and (d.since or 0) >= token.requested_at for d in decisions)


def _paused_topics(token: ConfirmationToken, catalogue: Catalogue) -> list[Topic]:
    """Returns the topics in use whose pause the link ends, each once."""
    topics = {t.number: t for scope in token.resume for t in catalogue.offered_topics(scope)}
    return list(topics.values())


def _is_opted_out(record: Record, scope: ScopeNumber, since: Millis, catalogue: Catalogue) -> bool:
    """Whether an opt-out at a scope, not older than `since` (milliseconds), is active for all its topics."""
    return any(
        entry.at >= since
        and not any(is_overridden(record, topic, scope, entry) for topic in catalogue.governed_topics(scope))
        for entry in record.opt_outs(scope)
    )
