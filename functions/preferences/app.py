"""The preference centre, and the documents that say how signals and the policy are kept."""

from __future__ import annotations

import heed.cold_start as _start  # noqa: F401 - first, by what it does

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from heed.bootstrap import Heed
from heed.domain.errors import UnreadForm
from heed.domain.links.link_token import Purpose, Token, verify
from heed.domain.preferences.decision import is_closed
from heed.domain.preferences.record import Record
from heed.entrypoints.http import request
from heed.entrypoints.http.pages import preference_post, site_documents, visits
from heed.entrypoints.http.pages.preference_view import preferences
from heed.entrypoints.http.pages.privacy_signal import noted
from heed.entrypoints.http.pages.recipient_pages import RecipientPages
from heed.entrypoints.http.pages.unsubscribe_link import UnsubscribeLink
from heed.entrypoints.http.pages.visit import Visit
from heed.entrypoints.observability import count, observed
from heed.use_cases.preferences.save_preferences import Visited

heed = Heed.from_environment()
app = APIGatewayHttpResolver(debug=False)  # whatever the environment says: it prints events
# Whatever no other route takes comes here (the template's `$default`): a link of any kind that is mangled.
LINKS = ("/p/", "/u/", "/c/", "/subscribe")
answers = RecipientPages(app, LINKS, lambda: heed)
# API Gateway has no route that ends in a slash: a link of theirs that one was glued to may come here.
unsubscribe = UnsubscribeLink(app, answers, lambda: heed)


@app.route("/p/<text>", method=["GET", "HEAD"])
def show(text: str) -> Response[str]:
    """The page with the true state of each topic; a privacy signal is written, and nothing else."""
    keys, visit = heed.link_keys, answers.visit()
    token = verify(text, Purpose.PREFERENCES, keys.link)
    record = heed.preferences.read(token.recipient)
    record = noted(answers.event, visit, token, record, heed.note_signal)
    if is_closed(record):
        return answers.neutral()
    saved = request.query(answers.event, "saved")
    undo = visits.offered_undo(saved, token, record, keys, visit.at)
    view = preferences(
        visit,
        token,
        record,
        heed.catalogue,
        keys,
        saved=saved == "1" or undo is not None,
        undo=undo,
    )
    return answers.page(heed.pages.preferences(view))


@app.post("/p/<text>")
def save(text: str) -> Response[str]:
    """Saves what the person changed, and goes back to the page; asks where a link is not enough."""
    visit = answers.visit()
    token = verify(text, Purpose.PREFERENCES, heed.link_keys.link)
    form, catalogue = answers.form(), heed.catalogue
    if preference_post.is_opt_out(form):
        return unsubscribe.one_click(token, form)
    visited = Visited(
        at=visit.at,
        campaign=visit.campaign,
        wording=heed.pages.wording(visit.language),
        press=request.id_of(answers.event),
        signal=visit.signal,
    )
    try:
        result = preference_post.submit(heed.save_preferences, heed.take_back, token, form, visited)
    except UnreadForm:
        return _unread(visit, token, heed.keep_signal(token, visited))
    count("PreferencesSaved")
    if is_closed(result.record):
        return answers.neutral()
    if result.consent or result.resume:
        view = visits.consent(visit, result.consent, result.resume, result.record, catalogue)
        return answers.page(heed.pages.subscribe(view))
    return answers.redirect(visits.saved_url(visit, token, result.undo, heed.link_keys))


def _unread(visit: Visit, token: Token, record: Record) -> Response[str]:
    """Nothing of the form was saved, and the page says so."""
    count("PreferencesUnread")
    if is_closed(record):
        return answers.neutral()
    view = preferences(visit, token, record, heed.catalogue, heed.link_keys, unread=True)
    return answers.page(heed.pages.preferences(view), HTTPStatus.UNPROCESSABLE_ENTITY)


app.get("/.well-known/gpc.json")(site_documents.gpc)
# An HTTP API has no route that ends in a slash: the template gives the two sides of it.
app.get("/.well-known/dnt")(site_documents.dnt)
app.get("/.well-known/dnt/")(site_documents.dnt)


@app.get("/policy.json")
def policy() -> Response[str]:
    """The versions of the privacy policy, for the brand's own banner."""
    return site_documents.policy(heed.catalogue)


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401
    """One HTTP request, in payload format 2.0 or 1.0."""
    return app.resolve(request.to_link(request.as_payload_2(event)), context)


heed.warm_up(
    lambda: (
        heed.save_preferences,
        heed.link_keys.link(Purpose.PREFERENCES, heed.link_keys.newest()),
    )
)
