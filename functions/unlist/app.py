"""Takes addresses of erased people and minors off SES's own suppression list, where they stand in clear."""

from __future__ import annotations

import heed.cold_start  # noqa: F401 - first, by what it does

import json
from typing import Any

from heed import wiring
from heed.domain.errors import Malformed
from heed.edge import queues
from heed.edge.observability import count, observed


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401
    """A batch of SQS; what cannot be done now goes back alone."""
    suppressions = wiring.ses_suppressions()

    def unlist(body: str) -> None:
        suppressions.remove(_address(body))
        count("AddressUnlisted")

    return queues.each(event, context, unlist)


def _address(body: str) -> str:
    try:
        address = json.loads(body)["address"]
    except (ValueError, TypeError, KeyError) as error:
        raise Malformed(type(error).__name__) from error
    if not isinstance(address, str):
        raise Malformed("no text")
    return address
