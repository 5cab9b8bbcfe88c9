"""GET /v1/cases, GET and POST /v1/cases/{id}: the queries, the bodies and the responses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from heed.domain import rfc3339
from heed.domain.errors import InvalidQuery, NotFound, RequestFault
from heed.domain.mailbox.case import (
    Case,
    CaseDecision,
    CaseState,
    Ruling,
    UnreadableCase,
    is_case_id,
    suggested_decisions,
)
from heed.domain.milliseconds import Millis
from heed.domain.preferences.catalogue import Catalogue, TopicKind
from heed.domain.preferences.register import ALL_SCOPES, ScopeNumber
from heed.entrypoints.http.api import fields
from heed.entrypoints.http.api.json_body import JsonReader
from heed.entrypoints.http.api.routes import ApiRequest
from heed.use_cases.cases.show_case import CaseWithMail
from heed.use_cases.ports.cases import CasePosition

MAX_CASES = 100  # on a page
MAX_CASE_TEXT = 20_000  # characters of the text of a mail that are shown
_CURSOR = re.compile(r"([1-9][0-9]{0,13})-([0-9a-f]{32})", re.ASCII)
_PARAMETERS = ("state", "cursor")


class CasePage(NamedTuple):
    """A page of the open cases.

    Attributes:
        cases: The cases, those that are due first.
        unreadable: The ids of the cases that cannot be read.
        cursor: The position after which the next page begins, as a text; None on the last page.
    """

    cases: list[Case]
    unreadable: list[str]
    cursor: str | None


def parse_case_id(text: str) -> str:
    """Returns the id in a path.

    Raises:
        NotFound: No case can have this id.
    """
    if not is_case_id(text):
        raise NotFound("no case has this id")
    return text


def parse_cases_query(event: Mapping[str, Any]) -> CasePosition | None:
    """Returns the position after which the page begins, or None for the first page.

    Raises:
        InvalidQuery: A parameter is unknown or not valid.
    """
    query = event.get("queryStringParameters") or {}
    faults = [
        RequestFault(f"/{name}", f"is not a parameter; the parameters are {', '.join(_PARAMETERS)}")
        for name in query
        if name not in _PARAMETERS
    ]
    if query.get("state", CaseState.OPEN) != CaseState.OPEN:
        faults.append(RequestFault("/state", "must be open; decided cases are not listed"))
    position = parse_case_position(str(query["cursor"])) if "cursor" in query else None
    if "cursor" in query and position is None:
        faults.append(RequestFault("/cursor", "is not the cursor of an earlier answer"))
    if faults:
        raise InvalidQuery(faults)
    return position


def parse_case_position(cursor: str) -> CasePosition | None:
    """Returns the position that a cursor names, or None if it is not the cursor of a page."""
    match = _CURSOR.fullmatch(cursor)
    return CasePosition(Millis(int(match[1])), match[2]) if match else None


def first_page(cases: Iterable[Case | UnreadableCase], size: int = MAX_CASES) -> CasePage:
    """Returns the first page of the cases, with at most `size` of them."""
    listed: list[Case] = []
    unreadable: list[str] = []
    cursor = None
    for case in cases:
        if isinstance(case, UnreadableCase):
            unreadable.append(case.id)
        elif len(listed) == size:
            cursor = f"{listed[-1].due_at}-{listed[-1].id}"
            break
        else:
            listed.append(case)
    return CasePage(listed, unreadable, cursor)


def cases_to_json(cases: Iterable[Case | UnreadableCase]) -> dict[str, object]:
    """Returns a page of cases, those that are due first. `cursor` is null on the last page."""
    page = first_page(cases)
    return {
        "cases": [_summary_to_json(case) for case in page.cases],
        "unreadable": page.unreadable,
        "cursor": page.cursor,
    }


def shown_case_to_json(shown: CaseWithMail, catalogue: Catalogue) -> dict[str, object]:
    """Returns a case. A case whose mail is gone has an empty text."""
    case, mail = shown
    is_decided = case.state is CaseState.DECIDED
    return {
        **decided_case_to_json(case, catalogue),
        "text": "" if mail is None else mail.text[:MAX_CASE_TEXT],
        "attachments": [{"name": file.name, "bytes": file.size} for file in mail.attachments] if mail else [],
        "suggested": [] if is_decided else [decision.value for decision in suggested_decisions(case)],
    }


def decided_case_to_json(case: Case, catalogue: Catalogue) -> dict[str, object]:
    """Returns a case without its mail, and with its decision if it has one."""
    ruling = case.ruling
    if ruling is None:
        return _summary_to_json(case)
    return {
        **_summary_to_json(case),
        "decision": ruling.decision.value,
        "scope": catalogue.scope_name(ruling.scope) if ruling.decision.has_scope else None,
        "reason": ruling.reason,
        "decided_by": ruling.key,
        "decided_at": rfc3339.format_time(ruling.at),
    }


def parse_ruling(call: ApiRequest, catalogue: Catalogue) -> Ruling:
    """Returns the decision in a body.

    Raises:
        InvalidRequest: A field is missing or not valid.
    """
    body = call.body()
    choices = [decision.value for decision in CaseDecision]
    decision = CaseDecision(body.read_choice("decision", choices) or CaseDecision.NONE)
    scope = _read_decided_scope(body, decision, catalogue)
    reason = fields.read_words(body, "reason")
    body.close()
    return Ruling(decision, scope, reason, call.key.id, call.at)


def _read_decided_scope(body: JsonReader, decision: CaseDecision, catalogue: Catalogue) -> ScopeNumber:
    if not body.has("scope"):
        return ALL_SCOPES
    number = fields.read_scope(body, catalogue)
    topic = catalogue.topics.get(number)
    if not decision.has_scope:
        body.add_fault("scope", "is valid only for an opt-out or a confirmation")
    elif topic is not None and topic.kind is TopicKind.SERVICE:
        body.add_fault("scope", "is service mail; a preference cannot stop or start it")
    return number


def _summary_to_json(case: Case) -> dict[str, object]:
    return {
        "id": case.id,
        "kind": case.kind.value,
        "recipient": case.recipient or None,
        "received_at": rfc3339.format_time(case.received_at),
        "due_at": rfc3339.format_time(case.due_at),
        "state": case.state.value,
        "names_other_address": case.names_other,
    }
