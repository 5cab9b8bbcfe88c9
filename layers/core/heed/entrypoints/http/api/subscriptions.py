"""POST /v1/subscriptions: the request body. The answer is the same for every address."""

from __future__ import annotations

from heed.domain.errors import UnknownScope
from heed.domain.opt_in.confirmation_request import ConfirmationRequest, other_spelling
from heed.domain.opt_in.confirmation_token import Intent
from heed.domain.preferences.catalogue import Catalogue
from heed.domain.preferences.register import ALL_SCOPES, ScopeNumber
from heed.domain.recipients.address import is_mailable
from heed.entrypoints.http import request
from heed.entrypoints.http.api import fields
from heed.entrypoints.http.api.json_body import JsonReader
from heed.entrypoints.http.api.routes import ApiRequest
from heed.entrypoints.http.language import choose_language
from heed.use_cases.opt_in.request_confirmation import selectable_topics

_MAX_TOPICS = 400  # in one request; a confirmation link has no room for more


def parse_subscription_request(
    call: ApiRequest, catalogue: Catalogue, public_url: str
) -> ConfirmationRequest:
    """Returns the request for a confirmation mail in a body.

    Args:
        call: The request.
        catalogue: The brands and topics.
        public_url: The public URL, or "".

    Raises:
        NotJson: The body is not JSON.
        InvalidRequest: A field is missing or not valid.
    """
    body = call.body()
    text, address = fields.read_address(body)
    if address and not is_mailable(address):
        body.add_fault("address", "cannot get mail: SES takes only ASCII before the @, and no encoded word")
    intent = body.read_choice("intent", list(Intent))
    scopes = _read_topics(body, intent, catalogue)
    language = body.read_optional_text("lang")
    body.close()
    return ConfirmationRequest(
        id=request.request_id(call.event),
        address=address,
        intent=Intent(intent),
        scopes=scopes,
        language=choose_language(language, None, catalogue.languages, catalogue.default_language),
        at=call.at,
        base_url=request.base_url(call.event, public_url),
        origin=f"key {call.key.id}",
        given=other_spelling(text, address),
    )


def _read_topics(body: JsonReader, intent: str, catalogue: Catalogue) -> tuple[ScopeNumber, ...]:
    """Returns the numbers of the topics, ascending; empty for an opt-out of everything."""
    names = body.read_texts("topics", _MAX_TOPICS, minimum=0) if body.has("topics") else []
    if intent == Intent.IN and not names:
        body.add_fault("topics", "must name at least one topic for an opt-in")
    elif not names and not catalogue.may_show(ALL_SCOPES):
        body.add_fault("topics", "must name the topics of your brands", is_brand_refused=True)
    selectable, numbers = selectable_topics(catalogue), set()
    for index, name in enumerate(names):
        try:
            number = catalogue.topic_by_name(name).number
        except UnknownScope as error:
            fields.add_unknown_name(body, "topics", error, name, catalogue, index, topics_only=True)
            continue
        if number not in selectable:
            body.add_fault("topics", "is service mail or retired, so nobody can choose it", index)
        numbers.add(number)
    return tuple(sorted(numbers))
