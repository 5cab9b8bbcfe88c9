"""A record as a DynamoDB item, and back."""

from __future__ import annotations

import json
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
from heed.domain.links.entry_rate import HOUR, LinkTally
from heed.domain.preferences.evidence import MAX_EVIDENCE
from heed.domain.preferences.record import EMPTY_RECORD, Record
from heed.domain.preferences.register import (
    DAY_MS,
    KINDS,
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
TOLD_HOUR, SPARED = "told_hour", "spared"
TALLY_ATTRIBUTES = tuple(f"told{number}" for number in range(32))
"""The attributes of the tally of a person's links: heed.adapters.dynamodb.link_tally describes them."""

_LONGEST_TIE = MAX_EVIDENCE + 1_000  # characters: the evidence, and what stands around it

_KINDS = {Register(kind).code.removesuffix("0"): kind for kind in KINDS}  # `o:`, `x:hold`


def encode_entry(entry: Entry) -> dict[str, Any]:
    """What a register's attribute holds."""
    held: dict[str, Any] = {
        "t": {"N": str(entry.at)},
        "by": {"S": entry.source.value},
        "ev": {"S": entry.tie},
        "pv": {"S": entry.policy},
    }
    if entry.until is not None:
        held["u"] = {"N": str(entry.until)}
    return {"M": held}


@strict_reader
def decode_record(item: Item | None) -> Record:
    """The record of an item; nothing, if there is none.

    Raises:
        UnreadableRecord: a register, the floor or the counter is not of our form, or there is a
            register never heard of: a later version may stop somebody by it.
    """
    if not item:
        return EMPTY_RECORD
    return Record(
        registers=dict(_held(name, value["M"]) for name, value in item.items() if ":" in name),
        soft_bounce_days=decode_soft_bounce_days(item),
        erased_at=read_optional_instant(item, "f"),
        revision=read_number(item, "n", MAX_COUNT),
        salt=_salt(item),
        tally=_tally(item),
    )


def decode_soft_bounce_days(item: Item) -> frozenset[int]:
    """The days of soft bounces of an item, counted from the epoch."""
    return read_numbers(item, SOFT_BOUNCE.code, END_OF_TIME // DAY_MS)


def _tally(item: Item) -> LinkTally:
    if TOLD_HOUR not in item and SPARED not in item:
        return LinkTally()
    hour = read_number(item, TOLD_HOUR, END_OF_TIME // HOUR)
    name = tally_attribute(hour)
    return LinkTally(
        hour=hour,
        told=read_number(item, name, MAX_COUNT) if name in item else 0,
        spared=read_number(item, SPARED, MAX_COUNT) if SPARED in item else None,
    )


def _salt(item: Item) -> bytes:
    if "salt" not in item:
        return b""
    salt = item["salt"]["B"]
    if not isinstance(salt, bytes) or len(salt) != SALT_SIZE:
        raise TypeError("no salt")
    return salt


@lru_cache(maxsize=4096)
def decode_register(name: str) -> Register:
    """The register that an attribute of this name holds.

    Raises:
        KeyError, ValueError: it holds none. A scope is spelt in one way alone.
    """
    kind, scope = (_KINDS[name], "0") if name in _KINDS else (_KINDS[name[:2]], name[2:])
    register = Register(kind, ScopeNumber(int(scope)))
    if register.code != name or register == SOFT_BOUNCE or not 0 <= register.scope < MAX_SCOPES:
        raise ValueError("no register of ours")
    return register


def _held(name: str, held: Item) -> tuple[Register, Entry]:
    register = decode_register(name)
    if register.may_end not in (None, "u" in held):
        raise ValueError("a pause without an end, or an end of what has none")
    source, tie = Source(held["by"]["S"]), read_text(held, "ev")
    if len(tie) > _LONGEST_TIE:
        raise ValueError("more than was ever said of an event")
    until = read_number(held, "u") if "u" in held else None
    bare = Entry(read_number(held, "t"), source, "", read_text(held, "pv"), until)
    # The tie is `source evidence[ policy][ until]`; the evidence is what stands between.
    around = bare.tie
    begins = len(source) + 1
    ends = len(tie) - len(around) + begins
    if tie[:begins] + tie[max(begins, ends) :] != around:
        raise ValueError("evidence of another source")
    return register, Entry(bare.at, source, tie[begins:ends], bare.policy, until)


def tally_attribute(hour: int) -> str:
    """The attribute that counts on the day of an hour."""
    return TALLY_ATTRIBUTES[hour * HOUR // DAY_MS % len(TALLY_ATTRIBUTES)]


def encode_late_change(change: Change) -> str:
    """A wish that came late, as it waits in the set `late` of the item to be entered in the ledger."""
    said = change.entry
    parts = [
        change.register.code,
        said.at,
        said.source.value,
        said.evidence,
        said.policy,
        said.until,
    ]
    return json.dumps(parts, separators=(",", ":"), ensure_ascii=False)


@strict_reader
def decode_late_changes(item: Item | None) -> frozenset[Change]:
    """The wishes that wait in an item.

    Raises:
        UnreadableRecord: one is not of our form.
    """
    return frozenset(map(_late, read_texts(item, "late"))) if item else frozenset()


def _late(waiting: str) -> Change:
    name, at, source, evidence, policy, until = json.loads(waiting)
    said = Entry(at, Source(source), evidence, policy, until)
    # What the table would give back of it as a register is what it must be to wait for one.
    register, read = _held(name, encode_entry(said)["M"])
    if read != said:
        raise ValueError("no wish of ours")
    return Change(register, said)
