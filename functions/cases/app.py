"""The API for cases: mails about which a privacy officer decides. Once an hour it checks which are due."""

from __future__ import annotations

import heed.cold_start as _start  # noqa: F401 - first: it pauses the garbage collector

from collections.abc import Mapping
from typing import Any

from heed import clock
from heed.bootstrap import Heed
from heed.domain.api_key import KeyScope
from heed.domain.mailbox.case import MAX_OPEN_CASES
from heed.entrypoints.http import request
from heed.entrypoints.http.api import cases
from heed.entrypoints.http.api.routes import ApiRequest, ApiRoutes
from heed.entrypoints.observability import count_metric, logger, observed

heed = Heed.from_environment()
api = ApiRoutes(lambda: heed)


@api.route("GET", "/v1/cases", KeyScope.CASES, KeyScope.PRIVACY)
def list_cases(call: ApiRequest) -> Mapping[str, object]:
    """Lists the cases that are not decided, those that are due first."""
    return cases.cases_to_json(heed.cases.open_cases(cases.parse_cases_query(call.event)))


@api.route("GET", "/v1/cases/{id}", KeyScope.CASES, KeyScope.PRIVACY)
def show_case(call: ApiRequest) -> Mapping[str, object]:
    """Shows a case with the text of its mail. The register of disclosures gets an entry."""
    shown = heed.show_case(cases.parse_case_id(call.parts["id"]), call.key.id, call.at)
    return cases.shown_case_to_json(shown, call.catalogue)


@api.route("POST", "/v1/cases/{id}", KeyScope.PRIVACY)
def decide_case(call: ApiRequest) -> Mapping[str, object]:
    """Decides a case. The decision is carried out before the answer is sent."""
    case_id, ruling = cases.parse_case_id(call.parts["id"]), cases.parse_ruling(call, call.catalogue)
    case = heed.decide_case(case_id, ruling, request.base_url(call.event, heed.config.public_url))
    count_metric("CaseDecided")
    return cases.decided_case_to_json(case, call.catalogue)


def check_cases() -> dict[str, int]:
    """Reports the cases that wait: as metrics, and as log lines for alarms."""
    check = heed.check_cases(clock.now())
    count_metric("CaseWaiting", check.waiting)
    count_metric("UnreadableRecordFound", check.unreadable)
    # An alarm fires when this message is missing (template.yaml, CasesCheckedFilter).
    logger.info("cases checked", waiting=check.waiting, due=check.due_soon)
    if check.due_soon:
        # An alarm fires on this message (template.yaml, CasesDueFilter).
        logger.warning("cases are due", due=check.due_soon)
    if check.waiting >= MAX_OPEN_CASES // 2:
        # An alarm fires on this message (template.yaml, ManyCasesFilter).
        logger.warning("many cases wait", waiting=check.waiting)
    return {"waiting": check.waiting, "due_soon": check.due_soon, "unreadable": check.unreadable}


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401
    """Answers one HTTP request, in payload format 2.0 or 1.0. Any other event checks all cases."""
    return api(event, context) if "requestContext" in event else check_cases()


heed.warm_up(lambda: (heed.authenticator, heed.cases))
