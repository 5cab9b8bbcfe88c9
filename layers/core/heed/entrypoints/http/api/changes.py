"""POST /v1/changes: the request body and the response."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from heed.domain import rfc3339
from heed.domain.errors import InvalidTime
from heed.domain.milliseconds import Millis
from heed.domain.preferences.catalogue import Catalogue
from heed.domain.preferences.evidence import MAX_EVIDENCE_TEXT, make_evidence
from heed.domain.preferences.preference_request import PreferenceRequest, RequestedState
from heed.domain.preferences.register import Source
from heed.domain.rfc3339 import TimeSpan
from heed.entrypoints.http.api import fields
from heed.entrypoints.http.api.json_body import JsonReader
from heed.use_cases.identify import Mention
from heed.use_cases.preferences.record_changes import ChangeResult

MAX_CHANGES = 100  # in one request
_MAX_AGENT = 100  # characters


class ChangeRequest(NamedTuple):
    """A preference request of one person."""

    mention: Mention
    preference_request: PreferenceRequest


def parse_change_requests(
    body: JsonReader, catalogue: Catalogue, key: str, at: Millis
) -> list[ChangeRequest]:
    """Returns the preference requests of a body: the body itself, or each item of `changes`.

    Args:
        body: The body.
        catalogue: The brands and topics.
        key: The id of the API key. It becomes part of the evidence.
        at: When the request arrived, in milliseconds.

    Raises:
        InvalidRequest: A field is missing or not valid. No change is then recorded.
    """
    changes = body.read_objects("changes", MAX_CHANGES) if body.has("changes") else [body]
    requests = [
        ChangeRequest(fields.read_person(change), _read_preference_request(change, catalogue, key, at))
        for change in changes
    ]
    body.close()
    return requests


def _read_preference_request(
    body: JsonReader, catalogue: Catalogue, key: str, now: Millis
) -> PreferenceRequest:
    scope = fields.read_choice_scope(body, catalogue)
    state = RequestedState(
        body.read_choice("state", [state.value for state in RequestedState]) or RequestedState.OUT
    )
    source = Source(body.read_choice("source", Source.reportable()) or Source.API)
    occurred = _read_time_span(body, "occurred_at") or TimeSpan(now, now)
    # For a date without a time, an opt-out counts from the last instant of the day and an opt-in from the
    # first. No change may lie in the future.
    at = min(now, occurred.first if state is RequestedState.IN else occurred.last)
    return PreferenceRequest(
        scope=scope,
        state=state,
        at=at,
        source=source,
        evidence=make_evidence(
            key=key,
            reference=_read_reference(body, state),
            agent=body.read_optional_text("agent", longest=_MAX_AGENT) or None,
        ),
        policy=catalogue.policy_version_at(at),
        until=_read_until(body, state, at),
    )


def _read_reference(body: JsonReader, state: RequestedState) -> str | None:
    """Returns the reference, such as a case number. An opt-in needs one as its proof."""
    if state is not RequestedState.IN:
        return body.read_optional_text("reference", longest=MAX_EVIDENCE_TEXT) or None
    reference = body.read_text("reference", longest=MAX_EVIDENCE_TEXT)
    if reference and not reference.strip():
        body.add_fault("reference", "must not be blank")
    return reference


def _read_until(body: JsonReader, state: RequestedState, at: Millis) -> Millis | None:
    """Returns the end of a pause, in milliseconds.

    If `until` is a date, the pause lasts until that day has ended in every time zone.
    """
    if state is not RequestedState.PAUSED:
        if body.has("until"):
            body.read_optional_text("until")
            body.add_fault("until", "is valid only for a pause")
        return None
    if not body.has("until"):
        body.add_fault("until", "is required for a pause")
        return None
    until = _read_time_span(body, "until")
    if until is None:
        return None
    if until.end <= at:
        body.add_fault("until", "must be later than the time of the request")
    return until.end


def _read_time_span(body: JsonReader, name: str) -> TimeSpan | None:
    text = body.read_optional_text(name)
    try:
        return rfc3339.parse_time(text) if text else None
    except InvalidTime as error:
        body.add_fault(name, f"is {error}")
        return None


def changes_to_json(
    requests: Iterable[ChangeRequest], recipients: Iterable[str], results: Iterable[ChangeResult]
) -> dict[str, object]:
    """Returns the results, in the order of the requests."""
    rows = zip(requests, recipients, results, strict=True)
    return {"results": [_result_to_json(*row) for row in rows]}


def _result_to_json(request: ChangeRequest, recipient: str, result: ChangeResult) -> dict[str, object]:
    address = request.mention.address
    return {
        "recipient": recipient,
        **({} if address is None else {"address": address}),
        "record": "existing" if result.known else "new",
        "outcome": result.outcome.value,
        "blocked_by": [reason.value for reason in result.blocked_by],
        "sendable": result.sendable,
    }
