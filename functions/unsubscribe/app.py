"""Unsubscribe links: GET shows a page with a button; the button and one-click (RFC 8058) opt out by POST."""

from __future__ import annotations

import heed.cold_start as _start  # noqa: F401 - first: it pauses the garbage collector

from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

from heed.bootstrap import Heed
from heed.domain.links.link_token import TokenPurpose
from heed.entrypoints.http import request
from heed.entrypoints.http.pages.recipient_pages import PageResponder
from heed.entrypoints.http.pages.unsubscribe_link import UnsubscribeLink
from heed.entrypoints.observability import observed

heed = Heed.from_environment()
app = APIGatewayHttpResolver(debug=False)  # debug mode prints events, with addresses and tokens
responder = PageResponder(app, "/u/", lambda: heed)
UnsubscribeLink(app, responder, lambda: heed)


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401
    """Answers one HTTP request, in payload format 2.0 or 1.0."""
    return app.resolve(request.strip_token_suffix(request.to_payload_2(event)), context)


heed.warm_up(
    lambda: (
        heed.unsubscribe,
        heed.link_keys.link_key(TokenPurpose.UNSUBSCRIBE, heed.link_keys.newest_key_id()),
    )
)
