"""Records preference requests that reached the company by phone, by letter or through an agent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from heed.domain.errors import UnreadableRecord
from heed.domain.milliseconds import Millis
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
from heed.domain.preferences.register import ALL_SCOPES
from heed.use_cases.ports.preferences import Preferences, WriteResult


class RequestedChange(NamedTuple):
    """A preference request and the recipient id of its person."""

    recipient: str
    request: PreferenceRequest


class ChangeResult(NamedTuple):
    """The result of a preference request.

    Attributes:
        known: whether the recipient had a record before the request.
        outcome: applied, superseded or refused.
        blocked_by: the reason of a refusal; for an opt-in that was not refused, the reasons that still
            suppress topics of its scope.
        sendable: whether mail may be sent now, by the name of each topic in use.
    """

    known: bool
    outcome: RequestOutcome
    blocked_by: list[Reason]
    sendable: dict[str, bool]


def record_changes(
    requested: Sequence[RequestedChange], now: Millis, preferences: Preferences, catalogue: Catalogue
) -> list[ChangeResult]:
    """Writes the requests: all requests of one recipient in one write.

    When this returns, each request is stored durably. After a failure some requests may be stored and others
    not. A retry of all requests leads to the same records, so the caller repeats the whole call.

    Returns:
        The result of each request, in the same order.

    Raises:
        DependencyUnavailable: It is unknown whether the requests of one recipient were stored. The
            requests of the recipients after it were not tried.
        UnreadableRecord: The stored item of a recipient is not a valid record. All other requests are stored.
    """
    by_recipient: dict[str, list[PreferenceRequest]] = {}
    for recipient, request in requested:
        by_recipient.setdefault(recipient, []).append(request)
    failure: UnreadableRecord | None = None
    results: dict[str, dict[PreferenceRequest, ChangeResult]] = {}
    for recipient, requests in by_recipient.items():
        try:
            results[recipient] = _record_requests(recipient, requests, now, preferences, catalogue)
        except UnreadableRecord as error:
            failure = error
    if failure is not None:
        raise failure
    return [results[recipient][request] for recipient, request in requested]


def _record_requests(
    recipient: str,
    requests: list[PreferenceRequest],
    now: Millis,
    preferences: Preferences,
    catalogue: Catalogue,
) -> dict[PreferenceRequest, ChangeResult]:
    refusals, write = _write_requests(recipient, requests, now, preferences)
    after = write.after
    sendable = sendable_by_topic(after, catalogue, now)

    def result_of(request: PreferenceRequest) -> ChangeResult:
        if refusal := refusals.get(request):
            outcome, reasons = RequestOutcome.REFUSED, [refusal]
        else:
            superseded = is_superseded(request, after, catalogue, now)
            outcome = RequestOutcome.SUPERSEDED if superseded else RequestOutcome.APPLIED
            reasons = blocked_by(request, after, catalogue, now)
        return ChangeResult(_is_known(write.before, catalogue), outcome, reasons, sendable)

    return {request: result_of(request) for request in requests}


def _is_known(record: Record, catalogue: Catalogue) -> bool:
    """Whether a record existed; for a caller who is limited to brands, whether it has anything of them."""
    if catalogue.may_show(ALL_SCOPES):
        return record.revision > 0
    return any(catalogue.may_show(register.scope) for register in record.registers)


def _write_requests(
    recipient: str, requests: list[PreferenceRequest], now: Millis, preferences: Preferences
) -> tuple[dict[PreferenceRequest, Reason], WriteResult]:
    """Writes the requests of one recipient together. Returns the refusals and the write of the others.

    Only an opt-in needs a read before the write. An opt-out needs none, since the write rule itself accepts
    no change for a minor.
    """
    if any(request.state is RequestedState.IN for request in requests):
        record = preferences.read(recipient)
        refusals = _find_refusals(requests, record)
        changes = [request.to_change() for request in requests if request not in refusals]
        if not changes:
            return refusals, WriteResult(record, record)
        return refusals, preferences.apply(recipient, changes, now)
    write = preferences.apply(recipient, [request.to_change() for request in requests], now)
    return _find_refusals(requests, write.before), write


def _find_refusals(requests: list[PreferenceRequest], record: Record) -> dict[PreferenceRequest, Reason]:
    reasons = {request: refused_by(request, record) for request in requests}
    return {request: reason for request, reason in reasons.items() if reason is not None}
