"""Fields that several requests of the API have in common."""

from __future__ import annotations

from heed.domain.errors import (
    InvalidAddress,
    InvalidRecipient,
    RequestFault,
    ScopeNotAllowed,
    UnknownScope,
)
from heed.domain.preferences.catalogue import Catalogue, TopicKind
from heed.domain.preferences.evidence import MAX_EVIDENCE_TEXT, scrub_text
from heed.domain.preferences.register import ALL_SCOPES, ScopeNumber
from heed.domain.recipients.address import normalise_address
from heed.domain.recipients.recipient import parse_recipient
from heed.entrypoints.http.api.json_body import JsonReader
from heed.use_cases.identify import Mention

MAX_PEOPLE = 1_000


def read_people(body: JsonReader) -> list[Mention]:
    """Reads `addresses` or `recipients`, with 1 to 1,000 items.

    An item that is not a string is a fault. A string that is not an address is not a fault: the answer
    reports it as invalid at the same position.
    """
    if not body.has("recipients"):
        return [Mention(address=text) for text in body.read_texts("addresses", MAX_PEOPLE)]
    if body.has("addresses"):
        body.add_fault("recipients", "must not be used together with addresses")
        body.read_texts("addresses", MAX_PEOPLE)
    return [Mention(id=text) for text in body.read_texts("recipients", MAX_PEOPLE)]


def read_person(body: JsonReader) -> Mention:
    """Reads `address` or `recipient`, normalised. An invalid address or id is a fault."""
    if body.has("recipient"):
        if body.has("address"):
            body.add_fault("recipient", "must not be used together with address")
            body.read_text("address")
        text = body.read_text("recipient")
        try:
            return Mention(id=parse_recipient(text))
        except InvalidRecipient as error:
            body.add_fault("recipient", f"is {error}")
        return Mention()
    return Mention(address=read_address(body)[1] or None)


def read_address(body: JsonReader) -> tuple[str, str]:
    """Reads `address`: as it was sent, and normalised. An invalid one adds a fault, and gives ("", "")."""
    text = body.read_text("address")
    try:
        return text, normalise_address(text) if text else ""
    except InvalidAddress as error:
        body.add_fault("address", f"is not a valid address: {error}")
    return "", ""


def read_topic(body: JsonReader, catalogue: Catalogue) -> str:
    """Reads `topic`: a topic of the default brand, or `brand/topic`. An unknown one adds a fault."""
    name = body.read_text("topic")
    if not name:
        return ""
    try:
        catalogue.topic_by_name(name)
    except UnknownScope as error:
        add_unknown_name(body, "topic", error, name, catalogue, topics_only=True)
        return ""
    return name


def read_scope(body: JsonReader, catalogue: Catalogue) -> ScopeNumber:
    """Reads `scope`: `*`, a brand or a topic. An unknown one adds a fault."""
    name = body.read_text("scope")
    if not name:
        return ALL_SCOPES
    try:
        return catalogue.scope_number(name)
    except UnknownScope as error:
        add_unknown_name(body, "scope", error, name, catalogue)
        return ALL_SCOPES


def read_choice_scope(body: JsonReader, catalogue: Catalogue) -> ScopeNumber:
    """Reads the `scope` of a choice: `*`, a brand or a topic. Service mail cannot be chosen."""
    number = read_scope(body, catalogue)
    topic = catalogue.topics.get(number)
    if topic is not None and topic.kind is TopicKind.SERVICE:
        body.add_fault("scope", "is service mail; a preference cannot stop or start it")
    return number


def read_words(body: JsonReader, name: str) -> str:
    """Reads a required text that is not blank, and removes what the record must not contain."""
    text = body.read_text(name, longest=MAX_EVIDENCE_TEXT)
    if text and not text.strip():
        body.add_fault(name, "must not be blank")
    return scrub_text(text)


def add_unknown_name(
    body: JsonReader,
    field: str,
    error: UnknownScope,
    name: str,
    catalogue: Catalogue,
    item: int | None = None,
    *,
    topics_only: bool = False,
) -> None:
    """Adds the fault of a field, or of an item of its list, that names an unknown scope."""
    fault = unknown_name_fault("", error, name, catalogue, topics_only=topics_only)
    body.add_fault(field, fault.detail, item, is_brand_refused=fault.is_brand_refused)


def unknown_name_fault(
    pointer: str, error: UnknownScope, name: str, catalogue: Catalogue, *, topics_only: bool = False
) -> RequestFault:
    """Returns the fault of an unknown name. It suggests the nearest name and never repeats the input."""
    if isinstance(error, ScopeNotAllowed):
        return RequestFault(pointer, f"is {error}; GET /v1/topics lists all that are", is_brand_refused=True)
    nearest = catalogue.similar_name(name, topics_only=topics_only)
    suggestion = "" if nearest is None else f"; the most similar name is {nearest}"
    return RequestFault(pointer, f"is {error}{suggestion}; GET /v1/topics lists all names")
