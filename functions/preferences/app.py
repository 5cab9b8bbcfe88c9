"""The preference centre, and the documents about privacy signals and the privacy policy."""

from __future__ import annotations

import heed.cold_start as _start  # noqa: F401 - first: it pauses the garbage collector

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from heed.bootstrap import Heed
from heed.domain.errors import IncompleteForm
from heed.domain.links.link_token import LinkToken, TokenPurpose, verify_link_token
from heed.domain.preferences.decision import refuses_opt_ins
from heed.domain.preferences.record import Record
from heed.entrypoints.http import request
from heed.entrypoints.http.pages import consent, link_views, preference_post, site_documents
from heed.entrypoints.http.pages.preference_view import preferences_view
from heed.entrypoints.http.pages.privacy_signal import record_signal
from heed.entrypoints.http.pages.recipient_pages import PageResponder
from heed.entrypoints.http.pages.unsubscribe_link import UnsubscribeLink
from heed.entrypoints.http.pages.visit import PageVisit
from heed.entrypoints.observability import count_metric, observed
from heed.use_cases.preferences.save_preferences import FormSubmission

heed = Heed.from_environment()
app = APIGatewayHttpResolver(debug=False)  # debug mode prints events, with addresses and tokens
# The template sends every request without a route of its own here (`$default`), such as a damaged link.
LINKS = ("/p/", "/u/", "/c/", "/subscribe")
responder = PageResponder(app, LINKS, lambda: heed)
# API Gateway has no route that ends in a slash, so an unsubscribe link with text after it may arrive here.
unsubscribe = UnsubscribeLink(app, responder, lambda: heed)


@app.route("/p/<text>", method=["GET", "HEAD"])
def show(text: str) -> Response[str]:
    """Shows the current state of each topic. It writes nothing except a privacy signal."""
    keys, visit = heed.link_keys, responder.visit()
    token = verify_link_token(text, TokenPurpose.PREFERENCES, keys.link_key)
    record = heed.preferences.read(token.recipient)
    record = record_signal(responder.event, visit, token, record, heed.apply_privacy_signal)
    if refuses_opt_ins(record):
        return responder.neutral()
    if pending := consent.PendingConsent.from_event(responder.event, record, heed.catalogue, visit.at):
        return _show_consent(visit, token, record, pending)
    view = preferences_view(visit, token, record, heed.catalogue, keys, responder.event)
    return responder.page(heed.pages.preferences(view))


@app.post("/p/<text>")
def save(text: str) -> Response[str]:
    """Saves the changes and redirects to the page; a change that needs a confirmation mail gets a form."""
    visit = responder.visit()
    token = verify_link_token(text, TokenPurpose.PREFERENCES, heed.link_keys.link_key)
    form = responder.form()
    if preference_post.is_opt_out_form(form):
        return unsubscribe.one_click(visit, token, form)
    wording, press_id = heed.pages.wording(visit.language), request.request_id(responder.event)
    submission = FormSubmission(visit.at, visit.hints, wording, press_id, visit.signal)
    try:
        result = preference_post.submit_preference_form(
            heed.save_preferences, heed.undo_press, token, form, submission
        )
    except IncompleteForm:
        return _answer_incomplete_form(visit, token, heed.record_form_signal(token, submission))
    count_metric("PreferencesSaved")
    if refuses_opt_ins(result.record):
        return responder.neutral()
    if pending := consent.PendingConsent.from_result(result):
        if request.is_browser_request(responder.event):
            return responder.redirect(consent.consent_url(visit, token, heed.link_keys, pending))
        return _show_consent(visit, token, result.record, pending)
    return responder.redirect(link_views.saved_url(visit, token, result, heed.link_keys))


def _show_consent(
    visit: PageVisit, token: LinkToken, record: Record, pending: consent.PendingConsent
) -> Response[str]:
    view = consent.consent_view(visit, token, record, heed.catalogue, heed.link_keys, pending)
    return responder.page(heed.pages.subscribe(view))


def _answer_incomplete_form(visit: PageVisit, token: LinkToken, record: Record) -> Response[str]:
    """Shows the page again, with the message that the form was incomplete and nothing was saved."""
    count_metric("PreferencesFormIncomplete")
    if refuses_opt_ins(record):
        return responder.neutral()
    view = preferences_view(visit, token, record, heed.catalogue, heed.link_keys, form_incomplete=True)
    return responder.page(heed.pages.preferences(view), HTTPStatus.UNPROCESSABLE_ENTITY)


app.get("/.well-known/gpc.json")(site_documents.gpc_document)
# An HTTP API has no route that ends in a slash, so the template routes both spellings here.
app.get("/.well-known/dnt")(site_documents.dnt_document)
app.get("/.well-known/dnt/")(site_documents.dnt_document)


@app.get("/.well-known/heed-keys.json")
def public_keys() -> Response[str]:
    """Lists the public keys that verify snapshots."""
    return site_documents.keys_document(heed.snapshot_public_keys)


@app.get("/policy.json")
def policy() -> Response[str]:
    """Lists the versions of the privacy policy, for the brand's own banner."""
    return site_documents.policy_document(heed.catalogue)


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401
    """Answers one HTTP request, in payload format 2.0 or 1.0."""
    return app.resolve(request.strip_token_suffix(request.to_payload_2(event)), context)


heed.warm_up(
    lambda: (
        heed.save_preferences,
        heed.link_keys.link_key(TokenPurpose.PREFERENCES, heed.link_keys.newest_key_id()),
    )
)
