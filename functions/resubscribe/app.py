"""The way back, and the way out without an old mail: the form, and the link in the mail that it sends."""

from __future__ import annotations

import heed.cold_start  # noqa: F401 - first, by what it does

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from heed import wiring
from heed.actions.confirm import Press
from heed.domain.confirm_token import Confirmation
from heed.domain.decision import is_closed
from heed.domain.errors import NoRoom
from heed.domain.register import ALL
from heed.domain.token import Token
from heed.edge import request, subscribe_form, subscribe_view, visits
from heed.edge.observability import count, observed
from heed.edge.recipient_pages import RecipientPages
from heed.edge.signal_visit import noted
from heed.edge.visit import Visit

_LATER = {"Retry-After": "3600"}  # seconds; within about that a network has some room again
app = APIGatewayHttpResolver(debug=False)  # whatever the environment says: it prints events
answers = RecipientPages(
    app, ("/c/", "/subscribe"), wiring.catalogue, wiring.pages, wiring.has_form
)


@app.route("/subscribe", method=["GET", "HEAD"])
def form() -> Response[str]:
    """The form; where no mail can be sent, the ways that need none."""
    intent = subscribe_form.intent(request.query(answers.event, "intent"))
    view = subscribe_view.form(answers.visit(), intent, wiring.catalogue())
    status = HTTPStatus.OK if wiring.has_form() else HTTPStatus.NOT_FOUND
    return answers.page(wiring.pages().subscribe(view), status)


@app.post("/subscribe")
def ask() -> Response[str]:
    """Queues one message, whoever it is about, and says so; nothing is read about anybody."""
    if not wiring.has_form():
        return form()
    visit, catalogue = answers.visit(), wiring.catalogue()
    entered = subscribe_form.entered(answers.form(), catalogue)
    if entered.mistake:
        again = subscribe_view.form(visit, entered.intent, catalogue, entered)
        return answers.page(wiring.pages().subscribe(again), HTTPStatus.UNPROCESSABLE_ENTITY)
    public_url = wiring.settings().public_url
    asked = subscribe_form.mail_request(entered, answers.event, visit, public_url, wiring.proxies())
    try:
        wiring.ask_confirmation()(asked)
    except NoRoom:
        count("ConfirmationTurnedAway")
        view = visits.full(visit, catalogue)
        return answers.page(
            wiring.pages().unavailable(view), HTTPStatus.SERVICE_UNAVAILABLE, **_LATER
        )
    count("ConfirmationAsked")
    return answers.page(wiring.pages().accepted(visits.page(visit, catalogue)), HTTPStatus.ACCEPTED)


@app.route("/c/<text>", method=["GET", "HEAD"])
def show(text: str) -> Response[str]:
    """The page with the button; a privacy signal is written, unless it is about what is confirmed here."""
    links, visit = wiring.confirm(), answers.visit()
    said = links.token(text)
    if said.is_over(visit.at):
        return _expired(said, visit)
    token = Token(said.recipient, ALL, said.issued, said.key_id)
    record = noted(
        answers.event, visit, token, links.record(said), wiring.note_signal, said.signals
    )
    if is_closed(record):
        return answers.neutral()
    view = subscribe_view.confirm(
        visit, said, links.topics(said), record, wiring.catalogue(), wiring.confirm_keys()
    )
    return answers.page(wiring.pages().confirm(view))


@app.post("/c/<text>")
def confirm(text: str) -> Response[str]:
    """Makes it so, as of the time it was asked for."""
    links, visit, catalogue = wiring.confirm(), answers.visit(), wiring.catalogue()
    said = links.token(text)
    if said.is_over(visit.at):
        return _expired(said, visit)
    wording = wiring.pages().wording(visit.language)
    press = Press(request.id_of(answers.event), visit.at, wording, visit.signal)
    result = links.confirm(said, press)
    count("Confirmed")
    if is_closed(result.record):
        return answers.neutral()
    view = subscribe_view.confirmed(visit, said, result, catalogue, wiring.confirm_keys())
    return answers.page(wiring.pages().confirmed(view))


def _expired(said: Confirmation, visit: Visit) -> Response[str]:
    view = subscribe_view.expired(visit, said, wiring.catalogue())
    return answers.page(wiring.pages().confirmed(view), HTTPStatus.GONE)


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401
    """One HTTP request, in payload format 2.0 or 1.0."""
    return app.resolve(request.to_link(request.as_payload_2(event)), context)


wiring.warm_up(
    wiring.ask_confirmation,
    wiring.confirm,
    lambda: wiring.confirm_keys().confirm(1),
)
