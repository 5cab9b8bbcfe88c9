"""POST /v1/check: its body, and its answer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from heed.domain import rfc3339
from heed.domain.preferences.catalogue import Catalogue, Topic
from heed.entrypoints.http.api import decisions, fields
from heed.entrypoints.http.api.json_body import Reader
from heed.use_cases.identify import Mention
from heed.use_cases.preferences.check import Checked, Doubt


class Asked(NamedTuple):
    """May this topic be sent to these?"""

    topic: Topic
    mentions: list[Mention]


def asked(body: Reader, catalogue: Catalogue) -> Asked:
    """What a body asks. Retired topics are answered for too: what was said about them still holds.

    Raises:
        InvalidRequest: it breaks the contract.
    """
    topic, mentions = fields.topic(body, catalogue), fields.mentions(body)
    body.close()
    return Asked(catalogue.topic(topic), mentions)


def written(results: Iterable[Checked], at: int) -> dict[str, object]:
    """The answer as of `at`."""
    return {"as_of": rfc3339.write(at), "results": [_result(one) for one in results]}


def _result(one: Checked) -> dict[str, object]:
    named = {"address": one.person.address, "recipient": one.person.recipient}
    if isinstance(one.answer, Doubt):
        nothing = {"since": None, "source": None, "until": None}
        return {**named, "sendable": False, "reason": one.answer.value, **nothing}
    return {**named, **decisions.written(one.answer)}
