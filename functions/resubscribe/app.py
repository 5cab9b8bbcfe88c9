"""The way back, and the way out without an old mail: the form, and the link in the mail that it sends."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from heed import wiring
from heed.actions.ask_confirmation import wanted
from heed.actions.confirm import Press
from heed.domain.address import normalise
from heed.domain.confirm_token import Intent
from heed.domain.errors import InvalidAddress
from heed.domain.mail_request import MailRequest
from heed.edge import request, subscribe_view, visits
from heed.edge.observability import count, observed
from heed.edge.recipient_pages import RecipientPages
from heed.edge.views import Mistake
from heed.edge.visit import is_neutral

app = APIGatewayHttpResolver()
answers = RecipientPages(
    app, ("/c/", "/subscribe"), wiring.catalogue, wiring.pages, wiring.has_form
)


@app.route("/subscribe", method=["GET", "HEAD"])
def form() -> Response[str]:
    """The form; where no mail can be sent, the ways that need none."""
    intent = _intent(request.query(answers.event, "intent"))
    view = subscribe_view.form(answers.visit(), intent, wiring.catalogue())
    status = HTTPStatus.OK if wiring.has_form() else HTTPStatus.NOT_FOUND
    return answers.page(wiring.pages().subscribe(view), status)


@app.post("/subscribe")
def ask() -> Response[str]:
    """Queues one message, whoever it is about, and says so; nothing is read."""
    if not wiring.has_form():
        return form()
    visit, catalogue = answers.visit(), wiring.catalogue()
    fields = request.fields(answers.event)
    entered = dict(fields)
    intent = _intent(entered.get("intent", ""))
    scopes: tuple[int, ...] = ()
    if intent is Intent.IN:
        scopes = wanted((value for name, value in fields if name == "topics"), catalogue)
    address, mistake = entered.get("address", ""), None
    try:
        normalised = normalise(address)
    except InvalidAddress:
        mistake = Mistake.ADDRESS
    else:
        mistake = Mistake.TOPICS if intent is Intent.IN and not scopes else None
    if mistake:
        view = subscribe_view.form(
            visit, intent, catalogue, address=address, chosen=scopes, error=mistake
        )
        return answers.page(wiring.pages().subscribe(view), HTTPStatus.UNPROCESSABLE_ENTITY)
    wiring.ask_confirmation()(
        MailRequest(
            id=answers.event["requestContext"]["requestId"],
            address=normalised,
            intent=intent,
            scopes=scopes,
            language=visit.language,
            at=visit.at,
            base_url=request.base_url(answers.event, wiring.settings().public_url),
            network=request.network(answers.event),
        )
    )
    count("ConfirmationAsked")
    view_of_all = visits.page(visit, catalogue)
    return answers.page(wiring.pages().accepted(view_of_all), HTTPStatus.ACCEPTED)


@app.route("/c/<text>", method=["GET", "HEAD"])
def show(text: str) -> Response[str]:
    """The page with the button. Changes nothing, ever: link scanners open every link."""
    links, visit = wiring.confirm(), answers.visit()
    said = links.token(text)
    if said.is_over(visit.at):
        return _expired(text)
    record = links.record(said)
    if is_neutral(record, wiring.catalogue(), visit.at):
        return answers.neutral()
    view = subscribe_view.confirm(
        visit, said, links.topics(said), record, wiring.catalogue(), wiring.confirm_keys()
    )
    return answers.page(wiring.pages().confirm(view))


@app.post("/c/<text>")
def confirm(text: str) -> Response[str]:
    """Makes it so, as of the time it was asked for."""
    links, visit = wiring.confirm(), answers.visit()
    said = links.token(text)
    if said.is_over(visit.at):
        return _expired(text)
    if is_neutral(links.record(said), wiring.catalogue(), visit.at):
        return answers.neutral()
    press = Press(
        id=answers.event["requestContext"]["requestId"],
        at=visit.at,
        wording=wiring.pages().wording(visit.language),
        signal=visit.signal,
    )
    result = links.confirm(said, press)
    count("Confirmed")
    if is_neutral(result.record, wiring.catalogue(), visit.at):
        return answers.neutral()
    view = subscribe_view.confirmed(visit, said, result, wiring.catalogue(), wiring.confirm_keys())
    return answers.page(wiring.pages().confirmed(view))


def _intent(text: str) -> Intent:
    """What is asked for; whatever is not a way out asks to be asked once more, by mail."""
    return Intent.OUT if text.strip().lower() == "out" else Intent.IN


def _expired(text: str) -> Response[str]:
    visit, said = answers.visit(), wiring.confirm().token(text)
    view = subscribe_view.expired(visit, said, wiring.catalogue())
    return answers.page(wiring.pages().confirmed(view), HTTPStatus.GONE)


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401
    """One HTTP request, in payload format 2.0 or 1.0."""
    return app.resolve(request.as_payload_2(event), context)


wiring.warm_up(wiring.ask_confirmation, wiring.confirm)
