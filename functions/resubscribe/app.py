"""The way back, and the way out without an old mail: the form, and the link in the mail that it sends."""

from __future__ import annotations

import heed.cold_start as _start  # noqa: F401 - first, by what it does

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from heed.bootstrap import Heed
from heed.domain.errors import NoRoom
from heed.domain.links.link_token import Token
from heed.domain.opt_in.confirmation_token import Confirmation, verify
from heed.domain.preferences.decision import is_closed
from heed.domain.preferences.register import ALL
from heed.entrypoints.http import request
from heed.entrypoints.http.pages import subscribe_form, subscribe_view, visits
from heed.entrypoints.http.pages.privacy_signal import noted
from heed.entrypoints.http.pages.recipient_pages import RecipientPages
from heed.entrypoints.http.pages.visit import Visit
from heed.entrypoints.observability import count, observed
from heed.use_cases.opt_in.confirm import Press, topics_of

_LATER = {"Retry-After": "3600"}  # seconds; within about that a network has some room again
heed = Heed.from_environment()
app = APIGatewayHttpResolver(debug=False)  # whatever the environment says: it prints events
answers = RecipientPages(app, ("/c/", "/subscribe"), lambda: heed)


@app.route("/subscribe", method=["GET", "HEAD"])
def form() -> Response[str]:
    """The form; where no mail can be sent, the ways that need none."""
    intent = subscribe_form.intent(request.query(answers.event, "intent"))
    view = subscribe_view.form(answers.visit(), intent, heed.catalogue)
    status = HTTPStatus.OK if heed.has_form else HTTPStatus.NOT_FOUND
    return answers.page(heed.pages.subscribe(view), status)


@app.post("/subscribe")
def ask() -> Response[str]:
    """Queues one message, whoever it is about, and says so; nothing is read about anybody."""
    if not heed.has_form:
        return form()
    visit, catalogue = answers.visit(), heed.catalogue
    entered = subscribe_form.entered(answers.form(), catalogue)
    if entered.mistake:
        again = subscribe_view.form(visit, entered.intent, catalogue, entered)
        return answers.page(heed.pages.subscribe(again), HTTPStatus.UNPROCESSABLE_ENTITY)
    url = heed.config.public_url
    asked = subscribe_form.mail_request(entered, answers.event, visit, url, heed.proxies)
    try:
        heed.ask_confirmation(asked)
    except NoRoom:
        count("ConfirmationTurnedAway")
        view = visits.full(visit, catalogue)
        return answers.page(heed.pages.unavailable(view), HTTPStatus.SERVICE_UNAVAILABLE, **_LATER)
    count("ConfirmationAsked")
    return answers.page(heed.pages.accepted(visits.page(visit, catalogue)), HTTPStatus.ACCEPTED)


@app.route("/c/<text>", method=["GET", "HEAD"])
def show(text: str) -> Response[str]:
    """The page with the button; a privacy signal is written, unless it is about what is confirmed here."""
    visit = answers.visit()
    said = verify(text, heed.confirm_keys.confirm)
    if said.is_over(visit.at):
        return _expired(said, visit)
    token = Token(said.recipient, ALL, said.issued, said.key_id)
    record = heed.preferences.read(said.recipient)
    record = noted(answers.event, visit, token, record, heed.note_signal, said.signals)
    if is_closed(record):
        return answers.neutral()
    view = subscribe_view.confirm(
        visit, said, topics_of(said, heed.catalogue), record, heed.catalogue, heed.link_keys
    )
    return answers.page(heed.pages.confirm(view))


@app.post("/c/<text>")
def confirm(text: str) -> Response[str]:
    """Makes it so, as of the time it was asked for."""
    visit, catalogue = answers.visit(), heed.catalogue
    said = verify(text, heed.confirm_keys.confirm)
    if said.is_over(visit.at):
        return _expired(said, visit)
    wording = heed.pages.wording(visit.language)
    press = Press(request.id_of(answers.event), visit.at, wording, visit.signal)
    result = heed.confirm(said, press)
    count("Confirmed")
    if is_closed(result.record):
        return answers.neutral()
    view = subscribe_view.confirmed(visit, said, result, catalogue, heed.link_keys)
    return answers.page(heed.pages.confirmed(view))


def _expired(said: Confirmation, visit: Visit) -> Response[str]:
    view = subscribe_view.expired(visit, said, heed.catalogue)
    return answers.page(heed.pages.confirmed(view), HTTPStatus.GONE)


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401
    """One HTTP request, in payload format 2.0 or 1.0."""
    return app.resolve(request.to_link(request.as_payload_2(event)), context)


heed.warm_up(lambda: (heed.ask_confirmation, heed.confirm, heed.confirm_keys.confirm(1)))
