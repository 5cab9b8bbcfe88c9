"""POST /v1/check: its body, and its answer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from heed.domain import rfc3339
from heed.domain.preferences.catalogue import Catalogue, Topic
from heed.entrypoints.http.api import decisions, fields
from heed.entrypoints.http.api.json_body import JsonReader
from heed.use_cases.identify import Mention
from heed.use_cases.preferences.check import CheckResult, Unanswerable


class CheckRequest(NamedTuple):
    """May this topic be sent to these?"""

    topic: Topic
    mentions: list[Mention]


def parse_check_request(body: JsonReader, catalogue: Catalogue) -> CheckRequest:
    """What a body asks. Retired topics are answered for too: what was said about them still holds.

    Raises:
        InvalidRequest: it breaks the contract.
    """
    topic, mentions = fields.read_topic(body, catalogue), fields.read_people(body)
    body.close()
    return CheckRequest(catalogue.topic(topic), mentions)


def check_to_json(results: Iterable[CheckResult], at: int) -> dict[str, object]:
    """The answer as of `at`."""
    return {"as_of": rfc3339.format_time(at), "results": [_result(one) for one in results]}


def _result(one: CheckResult) -> dict[str, object]:
    named = {"address": one.person.address, "recipient": one.person.recipient}
    if isinstance(one.answer, Unanswerable):
        nothing = {"since": None, "source": None, "until": None}
        return {**named, "sendable": False, "reason": one.answer.value, **nothing}
    return {**named, **decisions.decision_to_json(one.answer)}
