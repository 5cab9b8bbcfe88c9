"""POST /v1/recipients/lookup: the request body and the response."""

from __future__ import annotations

import json
from typing import NamedTuple

from heed.domain import rfc3339
from heed.domain.preferences.catalogue import Catalogue
from heed.domain.preferences.register import ALL_SCOPES, Change, change_sort_key
from heed.domain.privacy.disclosure import DisclosurePurpose, parse_purpose
from heed.entrypoints.http.api import decisions, fields
from heed.entrypoints.http.api.json_body import JsonReader
from heed.use_cases.identify import Mention
from heed.use_cases.ports.ledger import StoredEntry
from heed.use_cases.privacy.lookup import LookupResult


class LookupRequest(NamedTuple):
    """The person to look up, and the purpose."""

    mention: Mention
    purpose: DisclosurePurpose


def parse_lookup_request(body: JsonReader) -> LookupRequest:
    """Returns the request in a body.

    Raises:
        PurposeRefused: The purpose is not one of the permitted purposes.
        InvalidRequest: A field is missing or not valid.
    """
    mention = fields.read_person(body)
    purpose = parse_purpose(body.read_optional_text("purpose") or DisclosurePurpose.DATA_SUBJECT)
    body.close()
    return LookupRequest(mention, purpose)


def lookup_to_json(recipient: str, result: LookupResult, catalogue: Catalogue) -> dict[str, object]:
    """Returns everything that Heed holds about a person and the caller may see, the oldest first.

    A caller who is limited to brands gets only registers of their scopes. The evidence of an opt-out from
    everything, or of a complaint, may be of another brand. So only the decisions tell of these.
    """
    record = result.record
    shown = [item for item in record.registers.items() if catalogue.may_show(item[0].scope)]
    registers = sorted(shown, key=lambda item: (item[1].at, change_sort_key(item)))
    bounces = sorted(record.soft_bounce_days) if catalogue.may_show(ALL_SCOPES) else []
    return {
        "recipient": recipient,
        "registers": [_register_to_json(Change(*item), catalogue) for item in registers],
        "soft_bounces": [rfc3339.format_day(day) for day in bounces],
        "erased_at": None if record.erased_at is None else rfc3339.format_time(record.erased_at),
        "decisions": {
            name: decisions.decision_to_json(decision) for name, decision in result.decisions.items()
        },
        "history": [_entry_to_json(stored, catalogue) for stored in result.history],
        **({"history_left_out": result.left_out} if result.left_out else {}),
        **({"history_cut": True} if result.is_cut else {}),
    }


def _register_to_json(change: Change, catalogue: Catalogue) -> dict[str, object]:
    """Returns a register. A register that concerns the whole address has the scope `*`."""
    entry = change.entry
    return {
        "register": change.recorded_kind.value,
        "scope": catalogue.scope_name(change.register.scope),
        "at": rfc3339.format_time(entry.at),
        "source": entry.source.value,
        "evidence": _parse_evidence(entry.evidence),
        "policy_version": entry.policy or None,
        "until": None if entry.until is None else rfc3339.format_time(entry.until),
    }


def _entry_to_json(stored: StoredEntry, catalogue: Catalogue) -> dict[str, object]:
    """Returns an entry of the ledger, with the ids that `heed ledger prove` needs."""
    entry = stored.entry
    return {
        "id": entry.id,
        "subject": entry.subject,
        "seq": entry.seq,
        **({} if entry.first_seq is None else {"first_seq": entry.first_seq}),
        "register": entry.register,
        "scope": catalogue.scope_name(entry.scope),
        "outcome": entry.outcome.value,
        "at": rfc3339.format_time(entry.at),
        "recorded_at": rfc3339.format_time(entry.recorded_at),
        "source": entry.source,
        "policy_version": entry.policy_version or None,
        "until": None if entry.until is None else rfc3339.format_time(entry.until),
        "evidence": _parse_evidence(stored.evidence) if stored.evidence else None,
    }


def _parse_evidence(text: str) -> object:
    """Returns evidence as an object; as text if it is not JSON."""
    try:
        return json.loads(text)
    except ValueError:
        return text
