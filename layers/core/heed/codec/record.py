"""Converts a record to a DynamoDB item and back."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import lru_cache
from typing import Any

from heed.codec.attributes import (
    MAX_COUNT,
    Item,
    read_number,
    read_numbers,
    read_optional_instant,
    read_text,
    read_texts,
    strict_reader,
)
from heed.domain.links.entry_mode import HOUR, LinkTally
from heed.domain.milliseconds import Millis
from heed.domain.preferences.evidence import MAX_EVIDENCE
from heed.domain.preferences.kinds import KINDS
from heed.domain.preferences.record import EMPTY_RECORD, Record
from heed.domain.preferences.register import (
    DAY_MS,
    MAX_SCOPES,
    SOFT_BOUNCE,
    Change,
    Entry,
    Register,
    ScopeNumber,
    Source,
)
from heed.domain.rfc3339 import END_OF_TIME

SALT_SIZE = 16  # bytes
LINK_HOUR_ATTRIBUTE, OMITTED_AFTER_ATTRIBUTE = "link_hour", "omitted_after"
TALLY_ATTRIBUTES = tuple(f"link{number}" for number in range(32))
"""The attributes of the tally of a person's links, which heed.adapters.dynamodb.link_tally describes."""

_MAX_TIE_BREAKER_LENGTH = MAX_EVIDENCE + 1_000  # characters: the evidence and the other parts

_KINDS = {Register(kind).code.removesuffix("0"): kind for kind in KINDS}  # `o:`, `x:hold`


def encode_entry(entry: Entry) -> dict[str, Any]:
    """Returns the value of a register's attribute."""
    attribute: dict[str, Any] = {
        "t": {"N": str(entry.at)},
        "by": {"S": entry.source.value},
        "ev": {"S": entry.tie_breaker},
        "pv": {"S": entry.policy},
    }
    if entry.until is not None:
        attribute["u"] = {"N": str(entry.until)}
    return {"M": attribute}


@strict_reader
def decode_record(item: Item | None) -> Record:
    """Returns the record of an item; the empty record if there is no item.

    Raises:
        UnreadableRecord: an attribute does not have Heed's format, or a register is unknown. A later version
            of Heed may use an unknown register for a suppression.
    """
    if not item:
        return EMPTY_RECORD
    return Record(
        registers=dict(_decode_entry(name, value["M"]) for name, value in item.items() if ":" in name),
        soft_bounce_days=decode_soft_bounce_days(item),
        erased_at=read_optional_instant(item, "f"),
        revision=read_number(item, "n", MAX_COUNT),
        salt=_decode_salt(item),
        tally=_decode_tally(item),
    )


def decode_soft_bounce_days(item: Item) -> frozenset[int]:
    """Returns the soft-bounce days of an item, as numbers of days since the Unix epoch."""
    return read_numbers(item, SOFT_BOUNCE.code, END_OF_TIME // DAY_MS)


def _decode_tally(item: Item) -> LinkTally:
    if LINK_HOUR_ATTRIBUTE not in item and OMITTED_AFTER_ATTRIBUTE not in item:
        return LinkTally()
    hour = read_number(item, LINK_HOUR_ATTRIBUTE, END_OF_TIME // HOUR)
    name = tally_attribute(hour)
    return LinkTally(
        hour=hour,
        counted=read_number(item, name, MAX_COUNT) if name in item else 0,
        omitted_after=read_number(item, OMITTED_AFTER_ATTRIBUTE, MAX_COUNT)
        if OMITTED_AFTER_ATTRIBUTE in item
        else None,
    )


def _decode_salt(item: Item) -> bytes:
    if "salt" not in item:
        return b""
    salt = item["salt"]["B"]
    if not isinstance(salt, bytes) or len(salt) != SALT_SIZE:
        raise TypeError("not a salt")
    return salt


@lru_cache(maxsize=4096)
def decode_register(name: str) -> Register:
    """Returns the register of the attribute with this name.

    Raises:
        KeyError: no register has this name.
        ValueError: no register has this name. A scope number has only one spelling.
    """
    kind, scope = (_KINDS[name], "0") if name in _KINDS else (_KINDS[name[:2]], name[2:])
    register = Register(kind, ScopeNumber(int(scope)))
    if register.code != name or register == SOFT_BOUNCE or not 0 <= register.scope < MAX_SCOPES:
        raise ValueError("not a register")
    return register


def _decode_entry(name: str, attribute: Item) -> tuple[Register, Entry]:
    register = decode_register(name)
    if register.may_end not in (None, "u" in attribute):
        raise ValueError("a pause must have an end, and only an undoable choice may also have one")
    source, tie_breaker = Source(attribute["by"]["S"]), read_text(attribute, "ev")
    if len(tie_breaker) > _MAX_TIE_BREAKER_LENGTH:
        raise ValueError("the text is too long")
    until = Millis(read_number(attribute, "u")) if "u" in attribute else None
    without_evidence = Entry(
        Millis(read_number(attribute, "t")), source, "", read_text(attribute, "pv"), until
    )
    # The tie-breaker is `source evidence[ policy][ until]`. The evidence is between the other parts.
    other_parts = without_evidence.tie_breaker
    start = len(source) + 1
    end = len(tie_breaker) - len(other_parts) + start
    if tie_breaker[:start] + tie_breaker[max(start, end) :] != other_parts:
        raise ValueError("evidence of another source")
    return register, replace(without_evidence, evidence=tie_breaker[start:end])


def tally_attribute(hour: int) -> str:
    """Returns the attribute that counts on the day of an hour. The hour is counted since the Unix epoch."""
    return TALLY_ATTRIBUTES[hour * HOUR // DAY_MS % len(TALLY_ATTRIBUTES)]


def encode_late_change(change: Change) -> str:
    """Returns the text of a late change. It waits in the set `late` of the item for its ledger entry."""
    entry = change.entry
    parts = [
        change.register.code,
        entry.at,
        entry.source.value,
        entry.evidence,
        entry.policy,
        entry.until,
    ]
    return json.dumps(parts, separators=(",", ":"), ensure_ascii=False)


@strict_reader
def decode_late_changes(item: Item | None) -> frozenset[Change]:
    """Returns the late changes that wait in an item.

    Raises:
        UnreadableRecord: one of them does not have Heed's format.
    """
    return frozenset(map(_decode_late_change, read_texts(item, "late"))) if item else frozenset()


def _decode_late_change(text: str) -> Change:
    name, at, source, evidence, policy, until = json.loads(text)
    entry = Entry(at, Source(source), evidence, policy, until)
    # Encoding and decoding the entry as a register must not change it.
    register, decoded = _decode_entry(name, encode_entry(entry)["M"])
    if decoded != entry:
        raise ValueError("not a late change")
    return Change(register, entry)
