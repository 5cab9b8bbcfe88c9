"""Double opt-in, and opt-out without an old mail: the form, and the link in the confirmation mail."""

from __future__ import annotations

import heed.cold_start as _start  # noqa: F401 - first: it pauses the garbage collector

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from heed.bootstrap import Heed
from heed.domain.errors import WaitingQueueFull
from heed.domain.links.link_token import LinkToken
from heed.domain.opt_in.confirmation_token import ConfirmationToken, verify_confirmation_token
from heed.domain.preferences.decision import refuses_opt_ins
from heed.domain.preferences.register import ALL_SCOPES
from heed.entrypoints.http import request
from heed.entrypoints.http.pages import link_views, subscribe_form, subscribe_view
from heed.entrypoints.http.pages.privacy_signal import record_signal
from heed.entrypoints.http.pages.recipient_pages import PageResponder
from heed.entrypoints.http.pages.visit import PageVisit
from heed.entrypoints.observability import count_metric, observed
from heed.use_cases.opt_in.confirm import ConfirmationPress, is_confirmed

_RETRY_LATER = {"Retry-After": "3600"}  # seconds; after about an hour a network has room again
heed = Heed.from_environment()
app = APIGatewayHttpResolver(debug=False)  # debug mode prints events, with addresses and tokens
responder = PageResponder(app, ("/c/", "/subscribe"), lambda: heed)


@app.route("/subscribe", method=["GET", "HEAD"])
def show_form() -> Response[str]:
    """Shows the form; if the deployment sends no mail, it shows the other ways instead."""
    intent = subscribe_form.parse_intent(request.read_query(responder.event, "intent"))
    view = subscribe_view.subscribe_view(responder.visit(), intent, heed.catalogue)
    status = HTTPStatus.OK if heed.has_form else HTTPStatus.NOT_FOUND
    return responder.page(heed.pages.subscribe(view), status)


@app.post("/subscribe")
def submit_form() -> Response[str]:
    """Queues one confirmation request and answers 202.

    No record is read, so the answer does not reveal whether the address is known.
    """
    if not heed.has_form:
        return show_form()
    visit, catalogue = responder.visit(), heed.catalogue
    form = subscribe_form.parse_subscribe_form(responder.form(), catalogue)
    if not form.is_ready:
        form_view = subscribe_view.entered_view(visit, form, catalogue, heed.link_keys)
        status = HTTPStatus.OK if form.is_edited else HTTPStatus.UNPROCESSABLE_ENTITY
        return responder.page(heed.pages.subscribe(form_view), status)
    sender = responder.event, visit, heed.config.public_url, heed.trusted_proxies
    try:
        heed.request_confirmation(subscribe_form.confirmation_request(form, *sender))
    except WaitingQueueFull:
        count_metric("ConfirmationRejected")
        html = heed.pages.queue_full(visit.language)
        return responder.page(html, HTTPStatus.SERVICE_UNAVAILABLE, **_RETRY_LATER)
    count_metric("ConfirmationRequested")
    html = subscribe_view.accepted_page(heed.pages, visit, form, catalogue, heed.link_keys)
    return responder.page(html, HTTPStatus.ACCEPTED)


@app.route("/c/<text>", method=["GET", "HEAD"])
def show_confirmation(text: str) -> Response[str]:
    """Shows the page with the button, or the result of a press.

    A privacy signal is recorded, except for the topics that this link confirms.
    """
    visit = responder.visit()
    link = verify_confirmation_token(text, heed.confirmation_keys.confirmation_key)
    is_expired = link.is_expired(visit.at)
    if is_expired and request.read_query(responder.event, "done") != "1":
        return _answer_expired(visit, link)
    token = LinkToken(link.recipient, ALL_SCOPES, link.requested_at, link.key_id)
    record = heed.preferences.read(link.recipient)
    record = record_signal(responder.event, visit, token, record, heed.apply_privacy_signal, link.signals)
    if refuses_opt_ins(record):
        return responder.neutral()
    page = visit, link, record, heed.catalogue, heed.link_keys
    if is_confirmed(link, record, heed.catalogue, heed.opt_in_notifications):
        return responder.page(heed.pages.confirmed(subscribe_view.confirmed_view(*page)))
    if is_expired:
        return _answer_expired(visit, link)
    return responder.page(heed.pages.confirm(subscribe_view.confirm_view(*page)))


def _answer_expired(visit: PageVisit, link: ConfirmationToken) -> Response[str]:
    view = subscribe_view.expired_view(visit, link, heed.catalogue)
    return responder.page(heed.pages.confirmed(view), HTTPStatus.GONE)


@app.post("/c/<text>")
def confirm(text: str) -> Response[str]:
    """Records the confirmed choice as of the request for the mail, and redirects to the page."""
    visit = responder.visit()
    link = verify_confirmation_token(text, heed.confirmation_keys.confirmation_key)
    if not link.is_expired(visit.at):
        wording, press_id = heed.pages.wording(visit.language), request.request_id(responder.event)
        heed.process_confirmation_press(link, ConfirmationPress(press_id, visit.at, wording, visit.signal))
        count_metric("ConfirmationPressed")
    return responder.redirect(link_views.confirmed_url(visit, text))


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401
    """Answers one HTTP request, in payload format 2.0 or 1.0."""
    return app.resolve(request.strip_token_suffix(request.to_payload_2(event)), context)


heed.warm_up(
    lambda: (
        heed.request_confirmation,
        heed.process_confirmation_press,
        heed.confirmation_keys.confirmation_key(1),
    )
)
