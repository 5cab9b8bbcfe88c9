"""Takes addresses of erased people and minors off SES's own suppression list, where they stand in clear."""

from __future__ import annotations

import heed.cold_start  # noqa: F401 - first, by what it does

from typing import Any

from heed import wiring
from heed.domain import messages
from heed.domain.address import normalise
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
    """The address in a message; raises Malformed."""
    return messages.read(body, lambda data: _same(messages.text(data["address"])))


def _same(address: str) -> str:
    """The address as it was given, which SES may have on its list in that spelling."""
    normalise(address)
    return address
