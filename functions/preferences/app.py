"""The preference centre, and the documents that say how signals and the policy are kept."""

from __future__ import annotations

import heed.cold_start  # noqa: F401 - first, by what it does

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from heed import wiring
from heed.actions.manage_preferences import Visited
from heed.domain.decision import is_closed
from heed.domain.errors import UnreadForm
from heed.domain.record import Record
from heed.domain.token import Token
from heed.edge import preference_post, request, site_documents, visits
from heed.edge.observability import count, observed
from heed.edge.preference_view import preferences
from heed.edge.recipient_pages import RecipientPages
from heed.edge.signal_visit import noted
from heed.edge.unsubscribe_link import UnsubscribeLink
from heed.edge.visit import Visit

app = APIGatewayHttpResolver(debug=False)  # whatever the environment says: it prints events
# Whatever no other route takes comes here (the template's `$default`): a link of any kind that is mangled.
LINKS = ("/p/", "/u/", "/c/", "/subscribe")
answers = RecipientPages(app, LINKS, wiring.catalogue, wiring.pages, wiring.has_form)
# API Gateway has no route that ends in a slash: a link of theirs that one was glued to may come here.
unsubscribe = UnsubscribeLink(
    app,
    answers,
    wiring.unsubscribe,
    wiring.keys,
    wiring.catalogue,
    wiring.pages,
    wiring.note_signal,
)


@app.route("/p/<text>", method=["GET", "HEAD"])
def show(text: str) -> Response[str]:
    """The page with the true state of each topic; a privacy signal is written, and nothing else."""
    centre, visit = wiring.manage_preferences(), answers.visit()
    token = centre.token(text)
    record = noted(answers.event, visit, token, centre.record(token), wiring.note_signal)
    if is_closed(record):
        return answers.neutral()
    saved = request.query(answers.event, "saved")
    undo = visits.offered_undo(saved, token, record, wiring.keys(), visit.at)
    view = preferences(
        visit,
        token,
        record,
        wiring.catalogue(),
        wiring.keys(),
        saved=saved == "1" or undo is not None,
        undo=undo,
    )
    return answers.page(wiring.pages().preferences(view))


@app.post("/p/<text>")
def save(text: str) -> Response[str]:
    """Saves what the person changed, and goes back to the page; asks where a link is not enough."""
    centre, visit = wiring.manage_preferences(), answers.visit()
    token = centre.token(text)
    form, catalogue = answers.form(), wiring.catalogue()
    if preference_post.is_opt_out(form):
        return unsubscribe.one_click(token, form)
    visited = Visited(
        at=visit.at,
        campaign=visit.campaign,
        wording=wiring.pages().wording(visit.language),
        press=request.id_of(answers.event),
        signal=visit.signal,
    )
    try:
        result = preference_post.submit(centre, token, form, visited, catalogue)
    except UnreadForm:
        return _unread(visit, token, centre.note_signal(token, visited))
    count("PreferencesSaved")
    if is_closed(result.record):
        return answers.neutral()
    if result.consent or result.resume:
        view = visits.consent(visit, result.consent, result.resume, result.record, catalogue)
        return answers.page(wiring.pages().subscribe(view))
    return answers.redirect(visits.saved_url(visit, token, result.undo, wiring.keys()))


def _unread(visit: Visit, token: Token, record: Record) -> Response[str]:
    """Nothing of the form was saved, and the page says so."""
    count("PreferencesUnread")
    if is_closed(record):
        return answers.neutral()
    view = preferences(visit, token, record, wiring.catalogue(), wiring.keys(), unread=True)
    return answers.page(wiring.pages().preferences(view), HTTPStatus.UNPROCESSABLE_ENTITY)


app.get("/.well-known/gpc.json")(site_documents.gpc)
# An HTTP API has no route that ends in a slash: the template gives the two sides of it.
app.get("/.well-known/dnt")(site_documents.dnt)
app.get("/.well-known/dnt/")(site_documents.dnt)


@app.get("/policy.json")
def policy() -> Response[str]:
    """The versions of the privacy policy, for the brand's own banner."""
    return site_documents.policy(wiring.catalogue())


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401
    """One HTTP request, in payload format 2.0 or 1.0."""
    return app.resolve(request.to_link(request.as_payload_2(event)), context)


wiring.warm_up(wiring.manage_preferences, wiring.preferences_key)
