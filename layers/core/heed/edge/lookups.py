"""POST /v1/recipients/lookup: its body, and its answer."""

from __future__ import annotations

import json
from typing import NamedTuple

from heed.actions.identify import Mention
from heed.actions.lookup import Found
from heed.domain import times
from heed.domain.catalogue import Catalogue
from heed.domain.disclosure import Disclosure, permitted
from heed.domain.register import (
    ALL,
    COMPLAINT,
    HOLD,
    LIFT_HOLD,
    LIFT_UNDELIVERABLE,
    MINOR,
    UNDELIVERABLE,
    Entry,
)
from heed.edge import decisions, fields
from heed.edge.body import Reader

_CHOICES = {"o": "out", "i": "in", "p": "pause", "k": "confirmed"}
_OF_ADDRESS = {
    COMPLAINT: "complaint",
    UNDELIVERABLE: "undeliverable",
    HOLD: "hold",
    MINOR: "minor",
    LIFT_UNDELIVERABLE: "undeliverable-lifted",
    LIFT_HOLD: "hold-lifted",
}


class Asked(NamedTuple):
    """Who is looked up, and what for."""

    mention: Mention
    purpose: Disclosure


def asked(body: Reader) -> Asked:
    """What a body asks.

    Raises:
        PurposeRefused: it says what for, and that is none of the list.
        InvalidRequest: it breaks the contract.
    """
    mention = fields.person(body)
    purpose = permitted(body.optional_text("purpose") or Disclosure.DATA_SUBJECT)
    body.close()
    return Asked(mention, purpose)


def written(recipient: str, found: Found, catalogue: Catalogue) -> dict[str, object]:
    """The answer: all that is held, the oldest first, in words."""
    record = found.record
    registers = sorted(record.registers.items(), key=lambda held: (held[1].at, held[0]))
    return {
        "recipient": recipient,
        "registers": [_register(name, entry, catalogue) for name, entry in registers],
        "soft_bounces": [times.write_day(day) for day in sorted(record.soft)],
        "erased_at": None if record.floor is None else times.write(record.floor),
        "decisions": {
            name: decisions.written(decision) for name, decision in found.decisions.items()
        },
    }


def _register(name: str, entry: Entry, catalogue: Catalogue) -> dict[str, object]:
    """A register; what concerns the address as a whole has the scope `*`."""
    kind, _, scope = name.partition(":")
    number = int(scope) if kind in _CHOICES else ALL
    return {
        "register": _CHOICES.get(kind) or _OF_ADDRESS[name],
        "scope": catalogue.name(number),
        "at": times.write(entry.at),
        "source": entry.source.value,
        "evidence": _evidence(entry.evidence),
        "policy_version": entry.policy or None,
        "until": None if entry.until is None else times.write(entry.until),
    }


def _evidence(text: str) -> object:
    """The object that evidence is; as it stands, if it is none."""
    try:
        return json.loads(text)
    except ValueError:
        return text
