"""The way back, and the way out without an old mail: the form, and the link in the mail that it sends."""

from __future__ import annotations

import heed.cold_start  # noqa: F401 - first, by what it does

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from heed import bootstrap
from heed.domain.errors import NoRoom
from heed.domain.links.link_token import Token
from heed.domain.opt_in.confirmation_token import Confirmation
from heed.domain.preferences.decision import is_closed
from heed.domain.preferences.register import ALL
from heed.entrypoints.http import request
from heed.entrypoints.http.pages import subscribe_form, subscribe_view, visits
from heed.entrypoints.http.pages.privacy_signal import noted
from heed.entrypoints.http.pages.recipient_pages import RecipientPages
from heed.entrypoints.http.pages.visit import Visit
from heed.entrypoints.observability import count, observed
from heed.use_cases.opt_in.confirm import Press

_LATER = {"Retry-After": "3600"}  # seconds; within about that a network has some room again
app = APIGatewayHttpResolver(debug=False)  # whatever the environment says: it prints events
answers = RecipientPages(
    app, ("/c/", "/subscribe"), bootstrap.catalogue, bootstrap.pages, bootstrap.has_form
)


@app.route("/subscribe", method=["GET", "HEAD"])
def form() -> Response[str]:
    """The form; where no mail can be sent, the ways that need none."""
    intent = subscribe_form.intent(request.query(answers.event, "intent"))
    view = subscribe_view.form(answers.visit(), intent, bootstrap.catalogue())
    status = HTTPStatus.OK if bootstrap.has_form() else HTTPStatus.NOT_FOUND
    return answers.page(bootstrap.pages().subscribe(view), status)


@app.post("/subscribe")
def ask() -> Response[str]:
    """Queues one message, whoever it is about, and says so; nothing is read about anybody."""
    if not bootstrap.has_form():
        return form()
    visit, catalogue = answers.visit(), bootstrap.catalogue()
    entered = subscribe_form.entered(answers.form(), catalogue)
    if entered.mistake:
        again = subscribe_view.form(visit, entered.intent, catalogue, entered)
        return answers.page(bootstrap.pages().subscribe(again), HTTPStatus.UNPROCESSABLE_ENTITY)
    url = bootstrap.settings().public_url
    asked = subscribe_form.mail_request(entered, answers.event, visit, url, bootstrap.proxies())
    try:
        bootstrap.ask_confirmation()(asked)
    except NoRoom:
        count("ConfirmationTurnedAway")
        view = visits.full(visit, catalogue)
        return answers.page(
            bootstrap.pages().unavailable(view), HTTPStatus.SERVICE_UNAVAILABLE, **_LATER
        )
    count("ConfirmationAsked")
    return answers.page(
        bootstrap.pages().accepted(visits.page(visit, catalogue)), HTTPStatus.ACCEPTED
    )


@app.route("/c/<text>", method=["GET", "HEAD"])
def show(text: str) -> Response[str]:
    """The page with the button; a privacy signal is written, unless it is about what is confirmed here."""
    links, visit = bootstrap.confirm(), answers.visit()
    said = links.token(text)
    if said.is_over(visit.at):
        return _expired(said, visit)
    token = Token(said.recipient, ALL, said.issued, said.key_id)
    record = noted(
        answers.event, visit, token, links.record(said), bootstrap.note_signal, said.signals
    )
    if is_closed(record):
        return answers.neutral()
    view = subscribe_view.confirm(
        visit, said, links.topics(said), record, bootstrap.catalogue(), bootstrap.confirm_keys()
    )
    return answers.page(bootstrap.pages().confirm(view))


@app.post("/c/<text>")
def confirm(text: str) -> Response[str]:
    """Makes it so, as of the time it was asked for."""
    links, visit, catalogue = bootstrap.confirm(), answers.visit(), bootstrap.catalogue()
    said = links.token(text)
    if said.is_over(visit.at):
        return _expired(said, visit)
    wording = bootstrap.pages().wording(visit.language)
    press = Press(request.id_of(answers.event), visit.at, wording, visit.signal)
    result = links.confirm(said, press)
    count("Confirmed")
    if is_closed(result.record):
        return answers.neutral()
    view = subscribe_view.confirmed(visit, said, result, catalogue, bootstrap.confirm_keys())
    return answers.page(bootstrap.pages().confirmed(view))


def _expired(said: Confirmation, visit: Visit) -> Response[str]:
    view = subscribe_view.expired(visit, said, bootstrap.catalogue())
    return answers.page(bootstrap.pages().confirmed(view), HTTPStatus.GONE)


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401
    """One HTTP request, in payload format 2.0 or 1.0."""
    return app.resolve(request.to_link(request.as_payload_2(event)), context)


bootstrap.warm_up(
    bootstrap.ask_confirmation,
    bootstrap.confirm,
    lambda: bootstrap.confirm_keys().confirm(1),
)
