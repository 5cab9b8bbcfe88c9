"""POST /v1/changes: its body, and its answer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from heed.domain import rfc3339
from heed.domain.errors import InvalidTime
from heed.domain.preferences.catalogue import Catalogue, TopicKind
from heed.domain.preferences.evidence import MAX_EVIDENCE_TEXT, evidence
from heed.domain.preferences.preference_request import PreferenceRequest, RequestedState
from heed.domain.preferences.register import ScopeNumber, Source
from heed.domain.rfc3339 import TimeSpan
from heed.entrypoints.http.api import fields
from heed.entrypoints.http.api.json_body import JsonReader
from heed.use_cases.identify import Mention
from heed.use_cases.preferences.record_changes import ChangeResult

MAX_CHANGES = 100  # changes a request
_AGENT = 100  # characters


class ChangeRequest(NamedTuple):
    """A wish, and whose it is."""

    mention: Mention
    wish: PreferenceRequest


def parse_change_requests(body: JsonReader, catalogue: Catalogue, key: str, at: int) -> list[ChangeRequest]:
    """The wishes of a request that arrived at `at` with the API key of that id: one, or `changes`.

    Raises:
        InvalidRequest: something breaks the contract, so that nothing is done.
    """
    changes = body.objects("changes", MAX_CHANGES) if body.has("changes") else [body]
    found = [ChangeRequest(fields.read_person(one), _wish(one, catalogue, key, at)) for one in changes]
    body.close()
    return found


def _wish(body: JsonReader, catalogue: Catalogue, key: str, now: int) -> PreferenceRequest:
    scope = _scope(body, catalogue)
    state = RequestedState(
        body.one_of("state", [state.value for state in RequestedState]) or RequestedState.OUT
    )
    source = Source(body.one_of("source", Source.reportable()) or Source.API)
    occurred = _span(body, "occurred_at") or TimeSpan(now, now)
    # A day without a time is its last instant for a stop, its first for a yes; nothing is of tomorrow.
    at = min(now, occurred.first if state is RequestedState.IN else occurred.last)
    return PreferenceRequest(
        scope=scope,
        state=state,
        at=at,
        source=source,
        evidence=evidence(
            key=key,
            reference=_reference(body, state),
            agent=body.optional_text("agent", longest=_AGENT) or None,
        ),
        policy=catalogue.policy(at),
        until=_until(body, state, at),
    )


def _scope(body: JsonReader, catalogue: Catalogue) -> ScopeNumber:
    """What a person may choose: `*`, a brand, a topic; of service mail there is no choice."""
    number = fields.read_scope(body, catalogue)
    topic = catalogue.topics.get(number)
    if topic is not None and topic.kind is TopicKind.SERVICE:
        body.fault("scope", "is service mail, which nobody's choice stops or starts")
    return number


def _reference(body: JsonReader, state: RequestedState) -> str | None:
    """Where the letter lies, which call it was: without one nobody could prove a yes."""
    if state is not RequestedState.IN:
        return body.optional_text("reference", longest=MAX_EVIDENCE_TEXT) or None
    reference = body.text("reference", longest=MAX_EVIDENCE_TEXT)
    if reference and not reference.strip():
        body.fault("reference", "must not be blank")
    return reference


def _until(body: JsonReader, state: RequestedState, at: int) -> int | None:
    """The end of a pause; of a date the end of that day where it ends last, so that none of it is missed."""
    if state is not RequestedState.PAUSED:
        if body.has("until"):
            body.optional_text("until")
            body.fault("until", "belongs to a pause alone")
        return None
    if not body.has("until"):
        body.fault("until", "is required for a pause")
        return None
    until = _span(body, "until")
    if until is None:
        return None
    if until.end <= at:
        body.fault("until", "must be later than the pause was asked for")
    return until.end


def _span(body: JsonReader, name: str) -> TimeSpan | None:
    text = body.optional_text(name)
    try:
        return rfc3339.parse_time(text) if text else None
    except InvalidTime as error:
        body.fault(name, f"is {error}")
        return None


def changes_to_json(
    asked: Iterable[ChangeRequest], recipients: Iterable[str], results: Iterable[ChangeResult]
) -> dict[str, object]:
    """The answer, in the order of the request."""
    return {"results": [_result(*three) for three in zip(asked, recipients, results, strict=True)]}


def _result(asked: ChangeRequest, recipient: str, recorded: ChangeResult) -> dict[str, object]:
    address = asked.mention.address
    return {
        "recipient": recipient,
        **({} if address is None else {"address": address}),
        "record": "existing" if recorded.known else "new",
        "outcome": recorded.outcome.value,
        "blocked_by": [reason.value for reason in recorded.blocked_by],
        "sendable": recorded.sendable,
    }
