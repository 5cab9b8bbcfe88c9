"""Unsubscribe links: GET asks, POST opts out, and so does a mail client's one-click (RFC 8058)."""

from __future__ import annotations

import heed.cold_start  # noqa: F401 - first, by what it does

from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from heed import wiring
from heed.domain.decision import is_closed
from heed.domain.register import Source
from heed.edge import request
from heed.edge.observability import count, observed
from heed.edge.recipient_pages import RecipientPages

app = APIGatewayHttpResolver(debug=False)  # whatever the environment says: it prints events
answers = RecipientPages(app, "/u/", wiring.catalogue, wiring.pages, wiring.has_form)


@app.route("/u/<text>", method=["GET", "HEAD"])
def ask(text: str) -> Response[str]:
    """The page with the button, or what came of pressing it. Changes nothing: scanners open every link."""
    links, visit = wiring.unsubscribe(), answers.visit()
    token = links.token(text)
    record = links.record(token)
    if is_closed(record):
        return answers.neutral()
    from heed.edge import visits

    catalogue, keys = wiring.catalogue(), wiring.keys()
    done = request.query(answers.event, "done")
    undo = visits.offered_undo(done, token, record, keys, visit.at)
    if (done == "1" or undo) and visits.is_stopped(token, record, catalogue, visit.at):
        page = visits.done(visit, token, record, catalogue, keys, undo=visits.undo_text(undo, keys))
        return answers.page(wiring.pages().done(page))
    view = visits.landing(visit, token, record, catalogue, keys)
    return answers.page(wiring.pages().landing(view))


@app.post("/u/<text>")
def opt_out(text: str) -> Response[str]:
    """Opts out, whatever the form looks like: that the holder of the link pressed is enough."""
    links, visit = wiring.unsubscribe(), answers.visit()
    token = links.token(text)  # first: nothing is read for who has no link
    form = answers.form()
    everything = form.asks("scope", "all")
    by_hand = not form.asks("List-Unsubscribe", "One-Click") and (
        everything or any(name == "scope" for name, _ in form.fields)
    )
    source = Source.LINK if by_hand else Source.ONE_CLICK
    asked = links.asked(
        token,
        visit.at,
        source,
        visit.campaign,
        everything=everything,
        signal=visit.signal,
        wording=wiring.pages().wording(visit.language) if by_hand else None,
        press=request.id_of(answers.event) if by_hand else None,
    )
    pressed = links.opt_out(asked)
    count("OptedOut")
    if not by_hand:
        return answers.text("Unsubscribed.\n")
    if is_closed(pressed.record):
        return answers.neutral()
    from heed.edge import visits  # not before: the one-click path shows no page

    return answers.redirect(
        visits.done_url(visit, text, visits.undo_text(pressed.undo, wiring.keys()))
    )


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401
    """One HTTP request, in payload format 2.0 or 1.0."""
    return app.resolve(request.as_payload_2(event), context)


wiring.warm_up(wiring.unsubscribe, wiring.unsubscribe_key)
