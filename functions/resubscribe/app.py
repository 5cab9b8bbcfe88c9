"""The way back, and the way out without an old mail: the form, and the link in the mail that it sends."""

from __future__ import annotations

import heed.cold_start as _start  # noqa: F401 - first, by what it does

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from heed.bootstrap import Heed
from heed.domain.errors import WaitingQueueFull
from heed.domain.links.link_token import LinkToken
from heed.domain.opt_in.confirmation_token import ConfirmationToken, verify_confirmation_token
from heed.domain.preferences.decision import is_closed
from heed.domain.preferences.register import ALL_SCOPES
from heed.entrypoints.http import request
from heed.entrypoints.http.pages import link_views, subscribe_form, subscribe_view
from heed.entrypoints.http.pages.privacy_signal import record_signal
from heed.entrypoints.http.pages.recipient_pages import RecipientPages
from heed.entrypoints.http.pages.visit import PageVisit
from heed.entrypoints.observability import count_metric, observed
from heed.use_cases.opt_in.confirm import ConfirmationPress, confirmed_topics

_LATER = {"Retry-After": "3600"}  # seconds; within about that a network has some room again
heed = Heed.from_environment()
app = APIGatewayHttpResolver(debug=False)  # whatever the environment says: it prints events
answers = RecipientPages(app, ("/c/", "/subscribe"), lambda: heed)


@app.route("/subscribe", method=["GET", "HEAD"])
def form() -> Response[str]:
    """The form; where no mail can be sent, the ways that need none."""
    intent = subscribe_form.parse_intent(request.read_query(answers.event, "intent"))
    view = subscribe_view.subscribe_view(answers.visit(), intent, heed.catalogue)
    status = HTTPStatus.OK if heed.has_form else HTTPStatus.NOT_FOUND
    return answers.page(heed.pages.subscribe(view), status)


@app.post("/subscribe")
def ask() -> Response[str]:
    """Queues one message, whoever it is about, and says so; nothing is read about anybody."""
    if not heed.has_form:
        return form()
    visit, catalogue = answers.visit(), heed.catalogue
    entered = subscribe_form.parse_subscribe_form(answers.form(), catalogue)
    if entered.mistake:
        again = subscribe_view.subscribe_view(visit, entered.intent, catalogue, entered)
        return answers.page(heed.pages.subscribe(again), HTTPStatus.UNPROCESSABLE_ENTITY)
    url = heed.config.public_url
    asked = subscribe_form.confirmation_request(entered, answers.event, visit, url, heed.proxies)
    try:
        heed.request_confirmation(asked)
    except WaitingQueueFull:
        count_metric("ConfirmationRejected")
        view = link_views.queue_full_view(visit, catalogue)
        return answers.page(heed.pages.unavailable(view), HTTPStatus.SERVICE_UNAVAILABLE, **_LATER)
    count_metric("ConfirmationRequested")
    return answers.page(heed.pages.accepted(link_views.page_view(visit, catalogue)), HTTPStatus.ACCEPTED)


@app.route("/c/<text>", method=["GET", "HEAD"])
def show(text: str) -> Response[str]:
    """The page with the button; a privacy signal is written, unless it is about what is confirmed here."""
    visit = answers.visit()
    said = verify_confirmation_token(text, heed.confirmation_keys.confirmation_key)
    if said.is_expired(visit.at):
        return _expired(said, visit)
    token = LinkToken(said.recipient, ALL_SCOPES, said.issued, said.key_id)
    record = heed.preferences.read(said.recipient)
    record = record_signal(answers.event, visit, token, record, heed.apply_privacy_signal, said.signals)
    if is_closed(record):
        return answers.neutral()
    view = subscribe_view.confirm_view(
        visit, said, confirmed_topics(said, heed.catalogue), record, heed.catalogue, heed.link_keys
    )
    return answers.page(heed.pages.confirm(view))


@app.post("/c/<text>")
def confirm(text: str) -> Response[str]:
    """Makes it so, as of the time it was asked for."""
    visit, catalogue = answers.visit(), heed.catalogue
    said = verify_confirmation_token(text, heed.confirmation_keys.confirmation_key)
    if said.is_expired(visit.at):
        return _expired(said, visit)
    wording = heed.pages.wording(visit.language)
    press = ConfirmationPress(request.request_id(answers.event), visit.at, wording, visit.signal)
    result = heed.confirm_opt_in(said, press)
    count_metric("ConfirmationPressed")
    if is_closed(result.record):
        return answers.neutral()
    view = subscribe_view.confirmed_view(visit, said, result, catalogue, heed.link_keys)
    return answers.page(heed.pages.confirmed(view))


def _expired(said: ConfirmationToken, visit: PageVisit) -> Response[str]:
    view = subscribe_view.expired_view(visit, said, heed.catalogue)
    return answers.page(heed.pages.confirmed(view), HTTPStatus.GONE)


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401
    """One HTTP request, in payload format 2.0 or 1.0."""
    return app.resolve(request.without_token_suffix(request.as_payload_2(event)), context)


heed.warm_up(
    lambda: (
        heed.request_confirmation,
        heed.confirm_opt_in,
        heed.confirmation_keys.confirmation_key(1),
    )
)
