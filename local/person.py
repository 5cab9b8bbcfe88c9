"""Explains a person step by step: from the address to the recipient id, the record and the decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heed.codec.record import decode_register
from heed.domain.errors import HeedError
from heed.domain.mailbox.case import CaseKind
from heed.domain.preferences.reasons import Reason
from heed.domain.preferences.register import DAY_MS
from heed.domain.recipients.address import normalise_address
from heed.domain.recipients.recipient import parse_recipient

if TYPE_CHECKING:
    from heed.domain.preferences.catalogue import Catalogue
    from local.listing import Item

CHANGES = {
    "out": "Opted out of {}",
    "in": "Opted in to {}",
    "pause": "Paused {}",
    "confirmed": "Confirmed an opt-in to {} by mail",
    "undoable": "Stopped {} in a browser, with an Undo",
    "undone": "Took back the stop of {}",
    "minor": "Was reported as a child",
    "hold": "A legal hold was placed",
    "hold-lifted": "The legal hold was lifted",
    "undeliverable": "A mail bounced: the mailbox does not exist",
    "undeliverable-lifted": "The bounce was lifted",
    "complaint": "Marked a mail as spam",
    "imported-out": "Had opted out of {} elsewhere, says an import",
    "imported-complaint": "Had complained elsewhere, says an import",
    "imported-undeliverable": "Had a bounce elsewhere, says an import",
    "out-taken-back": "An import that had stopped {} was taken back",
    "complaint-taken-back": "An imported complaint was taken back",
    "undeliverable-taken-back": "An imported bounce was taken back",
    "policy-acknowledged": "Noted the privacy policy",
    "soft-bounce": "A mail bounced for now: the mailbox was full or slow",
    "erased": "Was erased",
}
"""What happened, by the name of a register. The braces are for the scope."""

CASES = {
    CaseKind.OPT_OUT_DOUBTFUL: "Perhaps an opt-out",
    CaseKind.OPT_IN: "An opt-in",
    CaseKind.CHILD_REPORT: "A report of a child",
    CaseKind.ERASURE: "A request for erasure",
    CaseKind.ACCESS: "A request for access",
    CaseKind.COMPLAINT: "A complaint about the company",
    CaseKind.OTHER: "A question, or something else",
}
"""What the sender of a mail probably requests."""

REASONS = {
    Reason.OK: "Nothing on record stops it.",
    Reason.NO_CONSENT: "This topic needs an opt-in of its own, and there is none.",
    Reason.PAUSED: "The person paused it.",
    Reason.TOPIC_UNSUBSCRIBED: "The person opted out of this topic.",
    Reason.UNSUBSCRIBED: "The person opted out of everything.",
    Reason.COMPLAINED: "The person marked a mail as spam.",
    Reason.UNDELIVERABLE: "The mailbox does not exist, or was full on too many days.",
    Reason.HOLD: "A legal hold stops all mail.",
    Reason.MINOR: "The person was reported as a child.",
}
"""Why a topic may be sent or not."""


def parse_person(text: str) -> dict[str, str] | None:
    """Returns the person in a search as the API expects a person, or None if the text names nobody."""
    for field, parse in (("recipient", parse_recipient), ("address", normalise_address)):
        try:
            return {field: parse(text)}
        except HeedError:
            continue
    return None


def describe_change(register: str, scope: str) -> str:
    """Returns what happened as a sentence. A register without a sentence is described by its name."""
    return CHANGES.get(register, register).format("everything" if scope == "*" else scope)


def last_change(record: Item) -> int:
    """Returns the time of the newest fact of a record, in milliseconds since 1970."""
    times = [int(value["t"]) for name, value in record.items() if ":" in name]
    days: list[int] = [day * DAY_MS for day in record.get("soft", ())]
    return max([*times, *days, int(record.get("f", 0))])


def describe_record(record: Item, catalogue: Catalogue) -> list[tuple[int, str]]:
    """Returns each fact of a record with its time in milliseconds since 1970, the newest first."""
    facts = [
        (value["t"], describe_change(register.kind, catalogue.scope_name(register.scope)))
        for name, value in record.items()
        if ":" in name and (register := decode_register(name))
    ]
    facts += [(day * DAY_MS, describe_change("soft-bounce", "*")) for day in record.get("soft", ())]
    facts += [(record["f"], describe_change("erased", "*"))] if "f" in record else []
    return sorted(facts, reverse=True)
