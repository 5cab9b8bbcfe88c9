"""Fields that several requests under /v1 have in common."""

from __future__ import annotations

from heed.domain.errors import InvalidAddress, InvalidRecipient, UnknownScope
from heed.domain.preferences.catalogue import Catalogue
from heed.domain.preferences.register import ALL_SCOPES, ScopeNumber
from heed.domain.recipients.address import normalise_address
from heed.domain.recipients.recipient import parse_recipient
from heed.entrypoints.http.api.json_body import JsonReader
from heed.use_cases.identify import Mention

MAX_PEOPLE = 1_000


def read_people(body: JsonReader) -> list[Mention]:
    """`addresses`, or `recipients` in their place: 1 to 1,000.

    An item that is no address is answered for in its place; one that is no string is a fault.
    """
    if not body.has("recipients"):
        return [Mention(address=text) for text in body.texts("addresses", MAX_PEOPLE)]
    if body.has("addresses"):
        body.fault("recipients", "must not stand beside addresses")
        body.texts("addresses", MAX_PEOPLE)
    return [Mention(id=text) for text in body.texts("recipients", MAX_PEOPLE)]


def read_person(body: JsonReader) -> Mention:
    """`address`, or `recipient` in its place; one that can be nobody's is a fault. Normalised."""
    if body.has("recipient"):
        if body.has("address"):
            body.fault("recipient", "must not stand beside address")
            body.text("address")
        text = body.text("recipient")
        try:
            return Mention(id=parse_recipient(text))
        except InvalidRecipient as error:
            body.fault("recipient", f"is {error}")
        return Mention()
    text = body.text("address")
    try:
        return Mention(address=normalise_address(text) if text else None)
    except InvalidAddress as error:
        body.fault("address", f"is no address: {error}")
    return Mention()


def read_topic(body: JsonReader, catalogue: Catalogue) -> str:
    """`topic`, of the default brand or as `brand/topic`: its name; "", and a fault, if there is none."""
    name = body.text("topic")
    if not name:
        return ""
    try:
        catalogue.topic(name)
    except UnknownScope as error:
        body.fault("topic", unknown_name(error, name, catalogue, topics_only=True))
        return ""
    return name


def read_scope(body: JsonReader, catalogue: Catalogue) -> ScopeNumber:
    """`scope`: `*`, a brand or a topic: its number; ALL, and a fault, if there is none."""
    name = body.text("scope")
    if not name:
        return ALL_SCOPES
    try:
        return catalogue.number(name)
    except UnknownScope as error:
        body.fault("scope", unknown_name(error, name, catalogue))
        return ALL_SCOPES


def unknown_name(error: UnknownScope, name: str, catalogue: Catalogue, *, topics_only: bool = False) -> str:
    """What is said of a name that is unknown: a name of the catalogue's, never what was given."""
    nearest = catalogue.nearest(name, topics_only=topics_only)
    meant = "" if nearest is None else f"; the nearest is {nearest}"
    return f"is {error}{meant}; GET /v1/topics lists what there is"
