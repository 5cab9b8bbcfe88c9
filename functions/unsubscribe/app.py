"""Unsubscribe links: GET asks, POST opts out, and so does a mail client's one-click (RFC 8058)."""

from __future__ import annotations

import heed.cold_start  # noqa: F401 - first, by what it does

from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

from heed import wiring
from heed.edge import request
from heed.edge.observability import observed
from heed.edge.recipient_pages import RecipientPages
from heed.edge.unsubscribe_link import UnsubscribeLink

app = APIGatewayHttpResolver(debug=False)  # whatever the environment says: it prints events
answers = RecipientPages(app, "/u/", wiring.catalogue, wiring.pages, wiring.has_form)
UnsubscribeLink(
    app,
    answers,
    wiring.unsubscribe,
    wiring.keys,
    wiring.catalogue,
    wiring.pages,
    wiring.note_signal,
)


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401
    """One HTTP request, in payload format 2.0 or 1.0."""
    return app.resolve(request.to_link(request.as_payload_2(event)), context)


wiring.warm_up(wiring.unsubscribe, wiring.unsubscribe_key)
