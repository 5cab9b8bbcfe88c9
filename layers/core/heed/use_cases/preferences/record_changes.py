"""What people said by phone, by letter, to an agent: written, and what came of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from heed.domain.errors import UnreadableRecord
from heed.domain.preferences.catalogue import Catalogue
from heed.domain.preferences.decision import sendable_by_topic
from heed.domain.preferences.preference_request import (
    PreferenceRequest,
    RequestedState,
    RequestOutcome,
    blocked_by,
    is_superseded,
    refused_by,
)
from heed.domain.preferences.reasons import Reason
from heed.domain.preferences.record import Record
from heed.use_cases.ports.preferences import Preferences, WriteResult


class RequestedChange(NamedTuple):
    """A wish, and the recipient id of whose it is."""

    recipient: str
    wish: PreferenceRequest


class ChangeResult(NamedTuple):
    """What came of a wish.

    Attributes:
        known: whether anything was on record of the recipient before the request.
        outcome: applied, superseded or refused.
        blocked_by: why it was refused; of an *in*, what stops topics of its scope all the same.
        sendable: what may be sent now, by the name of each topic in use.
    """

    known: bool
    outcome: RequestOutcome
    blocked_by: list[Reason]
    sendable: dict[str, bool]


def record_changes(
    voiced: Sequence[RequestedChange], now: int, preferences: Preferences, catalogue: Catalogue
) -> list[ChangeResult]:
    """Write the wishes, those of one recipient together; what came of each, in order.

    Each is durable when this returns. It may fail with some written and others not; doing all of it
    again leaves the same record, so that whoever is told of a failure repeats the whole.

    Raises:
        Unavailable: not all is known to be written; the rest was not tried.
        UnreadableRecord: what is stored of some recipient is not of our form; all others were written.
    """
    wishes: dict[str, list[PreferenceRequest]] = {}
    for recipient, wish in voiced:
        wishes.setdefault(recipient, []).append(wish)
    broken: UnreadableRecord | None = None
    recorded: dict[str, dict[PreferenceRequest, ChangeResult]] = {}
    for recipient, wanted in wishes.items():
        try:
            recorded[recipient] = _record(recipient, wanted, now, preferences, catalogue)
        except UnreadableRecord as error:
            broken = error
    if broken is not None:
        raise broken
    return [recorded[recipient][wish] for recipient, wish in voiced]


def _record(
    recipient: str,
    wishes: list[PreferenceRequest],
    now: int,
    preferences: Preferences,
    catalogue: Catalogue,
) -> dict[PreferenceRequest, ChangeResult]:
    refusals, applied = _write(recipient, wishes, now, preferences)
    after = applied.after
    sendable = sendable_by_topic(after, catalogue, now)

    def recorded(wish: PreferenceRequest) -> ChangeResult:
        if refusal := refusals.get(wish):
            outcome, reasons = RequestOutcome.REFUSED, [refusal]
        else:
            superseded = is_superseded(wish, after, catalogue, now)
            outcome = RequestOutcome.SUPERSEDED if superseded else RequestOutcome.APPLIED
            reasons = blocked_by(wish, after, catalogue, now)
        return ChangeResult(applied.before.revision > 0, outcome, reasons, sendable)

    return {wish: recorded(wish) for wish in wishes}


def _write(
    recipient: str, wishes: list[PreferenceRequest], now: int, preferences: Preferences
) -> tuple[dict[PreferenceRequest, Reason], WriteResult]:
    """Why some are refused, and the one write of the others.

    Only a yes must be read for beforehand. A stop is written at once: the write rule itself takes
    nothing about a minor.
    """
    if any(wish.state is RequestedState.IN for wish in wishes):
        record = preferences.read(recipient)
        refusals = _refusals(wishes, record)
        changes = [wish.to_change() for wish in wishes if wish not in refusals]
        if not changes:
            return refusals, WriteResult(record, record)
        return refusals, preferences.apply(recipient, changes, now)
    applied = preferences.apply(recipient, [wish.to_change() for wish in wishes], now)
    return _refusals(wishes, applied.before), applied


def _refusals(wishes: list[PreferenceRequest], record: Record) -> dict[PreferenceRequest, Reason]:
    reasons = {wish: refused_by(wish, record) for wish in wishes}
    return {wish: reason for wish, reason in reasons.items() if reason is not None}
