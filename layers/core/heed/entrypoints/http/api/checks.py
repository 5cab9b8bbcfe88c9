"""POST /v1/check: the request body and the response."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from heed.domain import rfc3339
from heed.domain.milliseconds import Millis
from heed.domain.preferences.catalogue import Catalogue, Topic
from heed.entrypoints.http.api import decisions, fields
from heed.entrypoints.http.api.json_body import JsonReader
from heed.use_cases.identify import Mention
from heed.use_cases.preferences.check import CheckResult, Unanswerable


class CheckRequest(NamedTuple):
    """Asks whether a topic may be sent to each of these people."""

    topic: Topic
    mentions: list[Mention]


def parse_check_request(body: JsonReader, catalogue: Catalogue) -> CheckRequest:
    """Returns the request in a body. A retired topic is valid too, because earlier choices still count.

    Raises:
        InvalidRequest: A field is missing or not valid.
    """
    topic, mentions = fields.read_topic(body, catalogue), fields.read_people(body)
    body.close()
    return CheckRequest(catalogue.topic_by_name(topic), mentions)


def check_to_json(results: Iterable[CheckResult], at: Millis) -> dict[str, object]:
    """Returns the results in order. `at` is the time of the request, in milliseconds."""
    return {"as_of": rfc3339.format_time(at), "results": [_result_to_json(result) for result in results]}


def _result_to_json(result: CheckResult) -> dict[str, object]:
    person = {"address": result.person.address, "recipient": result.person.recipient}
    if isinstance(result.answer, Unanswerable):
        unknown = {"since": None, "source": None, "until": None}
        return {**person, "sendable": False, "reason": result.answer.value, **unknown}
    return {**person, **decisions.decision_to_json(result.answer)}
