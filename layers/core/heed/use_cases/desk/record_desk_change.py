"""Records what a person requested at the desk, and takes it back within ten minutes.

A stop of mail that could be sent is recorded like a press in a browser that offers an Undo
(heed.domain.links.undo): in a register of its own, so that taking it back lifts that stop alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from heed.domain.links.undo import change_without_undo, changes_for_press
from heed.domain.milliseconds import Millis
from heed.domain.preferences.catalogue import Catalogue
from heed.domain.preferences.decision import decide, refuses_opt_ins
from heed.domain.preferences.evidence import make_evidence
from heed.domain.preferences.preference_request import (
    PreferenceRequest,
    RequestedState,
    RequestOutcome,
    blocked_by,
    is_superseded,
    refused_by,
)
from heed.domain.preferences.reasons import Reason
from heed.domain.preferences.record import Record, merge_changes
from heed.domain.preferences.register import (
    Change,
    Entry,
    ScopeNumber,
    Source,
    undoable_register,
    undone_register,
)
from heed.domain.preferences.suppressions import topics_in_use
from heed.use_cases.ports.preferences import Preferences


@dataclass(frozen=True, slots=True)
class DeskChangeResult:
    """The result of a change.

    Attributes:
        outcome: applied, superseded or refused.
        refusal: the reason of a refusal, or None.
        blocked_by: of an opt-in, the reasons that still stop topics of its scopes.
        record: the record after the write, or as it would be.
        entry: the entry that was recorded; None if the change was refused.
        undoable: numbers of the scopes at which the entry can be taken back: those at which it was not on
            record before.
    """

    outcome: RequestOutcome
    refusal: Reason | None
    blocked_by: tuple[Reason, ...]
    record: Record
    entry: Entry | None
    undoable: tuple[ScopeNumber, ...] = ()


def preview_desk_change(
    record: Record, requests: Sequence[PreferenceRequest], catalogue: Catalogue, now: Millis
) -> DeskChangeResult:
    """Returns what a change would do.

    Args:
        record: the record of the person.
        requests: the same request for each scope of the change.
        catalogue: the brands and topics.
        now: milliseconds.
    """
    after = merge_changes(record, _changes(record, requests, catalogue, now))
    return _result(record, after, requests, catalogue, now)


@dataclass(frozen=True, slots=True)
class RecordDeskChange:
    """Records a change."""

    preferences: Preferences
    catalogue: Catalogue

    def __call__(
        self, recipient: str, requests: Sequence[PreferenceRequest], now: Millis
    ) -> DeskChangeResult:
        """Writes the same request for each scope of the change, in one write.

        Raises:
            DependencyUnavailable, UnreadableRecord: It is unknown whether the change was stored. To repeat it
                does no harm.
        """
        write = self.preferences.update(
            recipient, lambda record: _changes(record, requests, self.catalogue, now), now
        )
        return _result(write.before, write.after, requests, self.catalogue, now)


@dataclass(frozen=True, slots=True)
class TakeBackDeskChange:
    """Takes back a stop that was recorded a few minutes ago. The caller checks whose it is and how old."""

    preferences: Preferences

    def __call__(
        self,
        recipient: str,
        scopes: Sequence[ScopeNumber],
        stop: tuple[Millis, str],
        who: tuple[str, str],
        now: Millis,
    ) -> bool:
        """Writes that the stop no longer counts. Everything else that stops mail stays.

        Args:
            recipient: recipient id.
            scopes: numbers of the scopes at which it can be taken back.
            stop: the time of the stop's entry, milliseconds, and its digest.
            who: the key and the name of the person who takes it back, for evidence.
            now: milliseconds.

        Returns:
            Whether the entry counts at none of the scopes now. It still does for a minor or a held address.

        Raises:
            DependencyUnavailable, UnreadableRecord: It is unknown whether the write was stored.
        """
        at, digest = stop
        key, agent = who
        entry = Entry(at, Source.AGENT, make_evidence(agent=agent, key=key, undone=digest))

        def changes(record: Record) -> list[Change]:
            if refuses_opt_ins(record):
                return []
            return [Change(undone_register(scope), entry) for scope in scopes]

        after = self.preferences.update(recipient, changes, now).after
        return all(_is_taken_back(after, scope, stop) for scope in scopes)


def _changes(
    record: Record, requests: Sequence[PreferenceRequest], catalogue: Catalogue, now: Millis
) -> list[Change]:
    if any(refused_by(request, record) for request in requests):
        return []
    if requests[0].state is RequestedState.IN:
        return [request.to_change() for request in requests]
    entries = {
        request.scope: request.to_change().entry
        for request in requests
        if not _ends_pause_sooner(request, record, now)
    }
    # The same letter, recorded again after its entry was taken back, makes the same entry. It must count.
    again = {
        scope: entry
        for scope, entry in entries.items()
        if _is_taken_back(record, scope, (entry.at, entry.digest))
    }
    first = {scope: entry for scope, entry in entries.items() if scope not in again}
    return [
        *changes_for_press(record, catalogue, first, now),
        *(change_without_undo(scope, entry) for scope, entry in again.items()),
    ]


def _ends_pause_sooner(request: PreferenceRequest, record: Record, now: Millis) -> bool:
    """Whether a pause would end another one that lasts longer. To bring mail back needs proof."""
    pause = record.pause(request.scope)
    return request.until is not None and pause is not None and max(request.until, now) < (pause.until or 0)


def _is_taken_back(record: Record, scope: ScopeNumber, stop: tuple[Millis, str]) -> bool:
    """Whether a stop with this time and digest is in the register of undoable stops, and no longer counts."""
    entry = record.get(undoable_register(scope))
    return entry is not None and (entry.at, entry.digest) == stop and record.undoable_press(scope) is None


def _result(
    before: Record,
    after: Record,
    requests: Sequence[PreferenceRequest],
    catalogue: Catalogue,
    now: Millis,
) -> DeskChangeResult:
    refusals = [reason for request in requests if (reason := refused_by(request, before))]
    if refusals:
        return DeskChangeResult(RequestOutcome.REFUSED, refusals[0], (), after, None)
    entry = requests[0].to_change().entry
    blocked = {reason for request in requests for reason in blocked_by(request, after, catalogue, now)}
    without_effect = all(_has_no_effect(request, after, catalogue, now) for request in requests)
    return DeskChangeResult(
        RequestOutcome.SUPERSEDED if without_effect else RequestOutcome.APPLIED,
        None,
        tuple(reason for reason in Reason if reason in blocked),
        after,
        entry,
        tuple(request.scope for request in requests if _is_new(entry, before, after, request.scope)),
    )


def _is_new(entry: Entry, before: Record, after: Record, scope: ScopeNumber) -> bool:
    """Whether the entry can be taken back at a scope.

    One that was on record before cannot: mail was stopped already, perhaps for weeks.
    """
    register = undoable_register(scope)
    return before.get(register) != entry and after.get(register) == entry


def _has_no_effect(request: PreferenceRequest, after: Record, catalogue: Catalogue, now: Millis) -> bool:
    """Whether something newer counts instead of a request.

    A stop may be in the register of a press, so what counts is whether its topics may be sent. A pause has
    none, too, if a later or a longer one counts.
    """
    if request.state is RequestedState.IN:
        return is_superseded(request, after, catalogue, now)
    if request.state is RequestedState.PAUSED and after.pause(request.scope) != request.to_change().entry:
        return True
    topics = topics_in_use(catalogue.governed_topics(request.scope))
    return bool(topics) and all(decide(after, topic, now).sendable for topic in topics)
