"""POST /v1/recipients/lookup: its body, and its answer."""

from __future__ import annotations

import json
from typing import NamedTuple

from heed.domain import rfc3339
from heed.domain.preferences.catalogue import Catalogue
from heed.domain.preferences.register import Change, sort_by_code
from heed.domain.privacy.disclosure import DisclosurePurpose, permitted_purpose
from heed.entrypoints.http.api import decisions, fields
from heed.entrypoints.http.api.json_body import JsonReader
from heed.use_cases.identify import Mention
from heed.use_cases.ports.ledger import StoredEntry
from heed.use_cases.privacy.lookup import LookupResult


class LookupRequest(NamedTuple):
    """Who is looked up, and what for."""

    mention: Mention
    purpose: DisclosurePurpose


def parse_lookup_request(body: JsonReader) -> LookupRequest:
    """What a body asks.

    Raises:
        PurposeRefused: it says what for, and that is none of the list.
        InvalidRequest: it breaks the contract.
    """
    mention = fields.read_person(body)
    purpose = permitted_purpose(body.optional_text("purpose") or DisclosurePurpose.DATA_SUBJECT)
    body.close()
    return LookupRequest(mention, purpose)


def lookup_to_json(recipient: str, found: LookupResult, catalogue: Catalogue) -> dict[str, object]:
    """The answer: all that is held, the oldest first, in words."""
    record = found.record
    registers = sorted(record.registers.items(), key=lambda held: (held[1].at, sort_by_code(held)))
    return {
        "recipient": recipient,
        "registers": [_register(Change(*held), catalogue) for held in registers],
        "soft_bounces": [rfc3339.format_day(day) for day in sorted(record.soft_bounce_days)],
        "erased_at": None if record.erased_at is None else rfc3339.format_time(record.erased_at),
        "decisions": {
            name: decisions.decision_to_json(decision) for name, decision in found.decisions.items()
        },
        "history": [_entry(kept, catalogue) for kept in found.history],
        **({"history_left_out": found.left_out} if found.left_out else {}),
        **({"history_cut": True} if found.is_cut else {}),
    }


def _register(held: Change, catalogue: Catalogue) -> dict[str, object]:
    """A register; what concerns the address as a whole has the scope `*`."""
    entry = held.entry
    return {
        "register": held.kind.value,
        "scope": catalogue.name(held.register.scope),
        "at": rfc3339.format_time(entry.at),
        "source": entry.source.value,
        "evidence": _evidence(entry.evidence),
        "policy_version": entry.policy or None,
        "until": None if entry.until is None else rfc3339.format_time(entry.until),
    }


def _entry(kept: StoredEntry, catalogue: Catalogue) -> dict[str, object]:
    """An entry of the ledger, by the names under which it can be proved."""
    entry = kept.entry
    return {
        "id": entry.id,
        "subject": entry.subject,
        "seq": entry.seq,
        **({} if entry.first_seq is None else {"first_seq": entry.first_seq}),
        "register": entry.register,
        "scope": catalogue.name(entry.scope),
        "outcome": entry.outcome.value,
        "at": rfc3339.format_time(entry.at),
        "recorded_at": rfc3339.format_time(entry.recorded_at),
        "source": entry.source,
        "policy_version": entry.policy_version or None,
        "until": None if entry.until is None else rfc3339.format_time(entry.until),
        "evidence": _evidence(kept.evidence) if kept.evidence else None,
    }


def _evidence(text: str) -> object:
    """The object that evidence is; as it stands, if it is none."""
    try:
        return json.loads(text)
    except ValueError:
        return text
